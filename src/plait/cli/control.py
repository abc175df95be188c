"""The process of the admin port, which owns the store; `plait serve` starts it, and it ends with its line to that."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from socket import recv_fds, socket
from typing import TYPE_CHECKING

from plait.cli.fail import failing
from plait.cli.logs import to_stderr

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from plait.control.settings import Settings

_ORDERS = 1 << 16
"""Bytes of what it is told: two paths, and what the file says of the server."""


def control(arguments: list[str]) -> int:
    """Import everything, wait for what is to be controlled, and serve the admin port until the line ends; the exit code."""
    parser = ArgumentParser("plait control")
    parser.add_argument("--line", type=int, required=True)
    line = socket(fileno=parser.parse_args(arguments).line)
    line.set_inheritable(False)
    to_stderr(as_json=os.environ.get("MODE") == "production")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process hears it, and ends its others in order

    from plait.control.process import control as process  # noqa: PLC0415 - a wrong option needs none of it

    settings = _told(line)
    return 0 if settings is None else asyncio.run(_until_told(process, settings))


def _told(line: socket) -> Settings | None:
    """What is to be controlled, as soon as the main process has read the file; None if it ended over that."""
    from plait.control.settings import Settings  # noqa: PLC0415 - as above
    from plait.graph.spec import Server  # noqa: PLC0415

    try:
        orders, descriptors, _, _ = recv_fds(line, _ORDERS, 1)
    except ConnectionResetError:
        return None
    if not orders:
        return None
    said = json.loads(orders)
    listener = socket(fileno=descriptors[0])
    listener.set_inheritable(False)
    server = Server.model_validate(said["server"])
    return Settings(Path(said["state"]), said["file"] and Path(said["file"]), os.environ, line, listener, server)


async def _until_told(process: Callable[[Settings, asyncio.Event], Awaitable[int]], settings: Settings) -> int:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    return await process(settings, ended)


if __name__ == "__main__":
    with failing():
        sys.exit(control(sys.argv[1:]))
