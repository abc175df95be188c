"""What a predictor server is started with: flags, else variables of the environment, else defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from plait.errors import StartError

Mode = Literal["development", "production"]

HOST = "127.0.0.1"
PORT = 8000

_HIGHEST_PORT = 65535


class Settings(msgspec.Struct, frozen=True):
    """How one model is served.

    Args:
        model: The model's file.
        name: What the predictor is called; by default the model's own name, else its file's.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        mode: Of whom the log is for: people in development, machines in production.
        version: What it says of its version; by default the model's own.
    """

    model: str
    name: str | None = None
    host: str = HOST
    port: int = PORT
    mode: Mode = "development"
    version: str | None = None

    @property
    def log_level(self) -> str:
        """The least of what the log takes."""
        return "DEBUG" if self.mode == "development" else "INFO"

    @property
    def log_json(self) -> bool:
        """Whether the log is one JSON object a line."""
        return self.mode == "production"


def settings(
    environment: Mapping[str, str],
    model: str | None = None,
    name: str | None = None,
    host: str | None = None,
    port: int | None = None,
    version: str | None = None,
) -> Settings:
    """Settings from flags (None: not given), else MODEL_FILEPATH, NAME, HOST, PORT, MODEL_VERSION and MODE.

    An empty variable counts as missing.

    Raises:
        StartError: If no model is named, or a variable's value is none that it can have.
    """
    path = model or environment.get("MODEL_FILEPATH")
    if not path:
        raise StartError("no model is named; give its file, or set MODEL_FILEPATH")
    return Settings(
        model=path,
        name=name or environment.get("NAME") or None,
        host=host or environment.get("HOST") or HOST,
        port=_port(environment.get("PORT") or str(PORT)) if port is None else port,
        mode=_mode(environment.get("MODE") or "development"),
        version=version or environment.get("MODEL_VERSION") or None,
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST_PORT)) and int(text) <= _HIGHEST_PORT):
        raise StartError(f"PORT must be a number from 0 to {_HIGHEST_PORT}, not {text!r}")
    return int(text)


def _mode(text: str) -> Mode:
    if text == "development":
        return "development"
    if text == "production":
        return "production"
    raise StartError(f"MODE must be development or production, not {text!r}")
