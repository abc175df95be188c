"""One of several processes that serve together; `plait serve` starts it, past the command line, which takes its time to load."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from socket import socket

from plait.cli.fail import failing
from plait.cli.logs import to_stderr


def worker(arguments: list[str]) -> None:
    """Import everything, wait for a place among the workers, and serve until told to end; what to serve comes with the place."""
    parser = ArgumentParser("plait worker")
    parser.add_argument("--channel", type=int)
    chosen = parser.parse_args(arguments)
    _serve(socket(fileno=chosen.channel))


def _serve(parent: socket) -> None:
    from plait.graph.plan import decoded  # noqa: PLC0415 - a wrong option needs none of it
    from plait.server.channel import Channel  # noqa: PLC0415
    from plait.server.serve import serve_plan  # noqa: PLC0415

    channel = Channel(parent)
    place = channel.place()
    if place is None:
        return
    to_stderr(as_json=os.environ.get("MODE") == "production", worker=place.number)
    serve_plan(decoded(place.text), place.listener, channel.open)


if __name__ == "__main__":
    with failing():
        worker(sys.argv[1:])
