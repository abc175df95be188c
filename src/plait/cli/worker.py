"""plait worker: one of several processes that serve together, started by plait serve alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def worker(
    number: Annotated[int, typer.Option(help="Which of the workers.")],
    listener: Annotated[int, typer.Option(help="Descriptor of the listening socket.")],
    channel: Annotated[int, typer.Option(help="Descriptor of the socket to the parent.")],
    file: Annotated[Path | None, typer.Option(help="What the file on standard input is called.")] = None,
) -> None:
    """Serve as one of several workers; `plait serve --workers` starts them."""
    import sys  # noqa: PLC0415 - commands import when they run
    from socket import socket  # noqa: PLC0415

    from plait.cli.logs import to_stderr  # noqa: PLC0415
    from plait.graph.load import load_checked, load_text  # noqa: PLC0415
    from plait.graph.text import kind_of  # noqa: PLC0415
    from plait.server.channel import Channel  # noqa: PLC0415
    from plait.server.serve import serve_proxy  # noqa: PLC0415

    to_stderr(as_json=os.environ.get("MODE") == "production", worker=number)
    sock, parent = socket(fileno=listener), socket(fileno=channel)
    for each in (sock, parent):
        each.set_inheritable(False)
    if file is None:
        loaded = load_checked(None, os.environ)
    else:
        text = sys.stdin.buffer.read()
        loaded = load_text(text, os.environ, kind_of(file), source=str(file), folder=file.absolute().parent)
    serve_proxy(loaded.config, sock, Channel(parent).open)
