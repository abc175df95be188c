"""The process of the admin port, which owns the store; `plait serve` starts it, and it ends with its line to that."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

from plait.cli.fail import failing
from plait.cli.logs import to_stderr

if TYPE_CHECKING:
    from plait.control.settings import Settings


def control(arguments: list[str]) -> int:
    """Serve the admin port until the line to the main process ends; the exit code."""
    parser = ArgumentParser("plait control")
    parser.add_argument("--line", type=int, required=True)
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--file", type=Path)
    chosen = parser.parse_args(arguments)
    to_stderr(as_json=os.environ.get("MODE") == "production")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process hears it, and ends its others in order

    from plait.control.settings import Settings  # noqa: PLC0415 - a wrong option needs none of it

    line, listener = socket(fileno=chosen.line), socket(fileno=chosen.socket)
    for sock in (line, listener):
        sock.set_inheritable(False)
    return asyncio.run(_until_told(Settings(chosen.state, chosen.file, os.environ, line, listener)))


async def _until_told(settings: Settings) -> int:
    from plait.control.process import control as process  # noqa: PLC0415 - as above

    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    return await process(settings, ended)


if __name__ == "__main__":
    with failing():
        sys.exit(control(sys.argv[1:]))
