"""What the control process is told when it starts, and what the file says of how it works."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from plait.control.current import kept
from plait.errors import ConfigError, StartError
from plait.graph.load import load, load_text
from plait.graph.spec import Server


@dataclass(frozen=True, slots=True)
class Settings:
    """What the control process is told.

    Args:
        state: The state folder.
        file: The file, if there is one.
        environ: The environment's variables.
        line: Our end of the line to the main process.
        listener: Where the admin port listens.
        said: What the file says of the server, where the main process has read it already.
    """

    state: Path
    file: Path | None
    environ: Mapping[str, str] = field(repr=False)
    line: socket.socket
    listener: socket.socket
    said: Server | None = None

    @property
    def folder(self) -> Path:
        """Where relative paths begin."""
        return Path.cwd() if self.file is None else self.file.absolute().parent

    @property
    def source(self) -> str:
        """What the configuration is called in problems."""
        return "SERVICE_<NAME>" if self.file is None else str(self.file)

    @property
    def address(self) -> str:
        """The address that the admin port listens on."""
        return str(self.listener.getsockname()[0])

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return ipaddress.ip_address(self.address).is_loopback

    def server(self) -> Server:
        """What the file says of the server; while it is invalid or gone, what ran last says so."""
        if self.said is not None:
            return self.said
        try:
            return load(self.file, self.environ).config.server
        except (ConfigError, StartError):
            return self._last()

    def _last(self) -> Server:
        last = kept(self.state)
        if last is None:
            return Server()
        try:
            text = msgspec.json.encode(last.data)
            return load_text(text, self.environ, "json", folder=self.folder).config.server
        except ConfigError:
            return Server()
