"""One of several processes that serve together; `plait serve` starts it, past the command line, which takes its time to load."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from socket import socket

from plait.cli.fail import failing
from plait.cli.logs import to_stderr


def worker(arguments: list[str]) -> None:
    """Import everything, wait for a place among the workers, and serve until told to end; what to serve comes with the place."""
    parser = ArgumentParser("plait worker")
    parser.add_argument("--channel", type=int)
    parser.add_argument("--file", type=Path)
    chosen = parser.parse_args(arguments)
    _serve(chosen.file, socket(fileno=chosen.channel))


def _serve(file: Path | None, parent: socket) -> None:
    from plait.graph.load import load_checked, load_text  # noqa: PLC0415 - a wrong option needs none of it
    from plait.graph.text import kind_of  # noqa: PLC0415
    from plait.server.channel import Channel  # noqa: PLC0415
    from plait.server.serve import serve_proxy  # noqa: PLC0415

    channel = Channel(parent)
    place = channel.place()
    if place is None:
        return
    to_stderr(as_json=os.environ.get("MODE") == "production", worker=place.number)
    if file is None:
        loaded = load_checked(None, os.environ)
    else:
        loaded = load_text(place.text, os.environ, kind_of(file), source=str(file), folder=file.absolute().parent)
    serve_proxy(loaded.config, place.listener, channel.open)


if __name__ == "__main__":
    with failing():
        worker(sys.argv[1:])
