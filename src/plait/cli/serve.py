"""plait serve: the proxy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.graph.spec import Server

Host = Annotated[str | None, typer.Option(help="Address to listen on; wins over HOST and the file.", show_default="127.0.0.1")]
Port = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Data port; wins over PORT and the file. 0 takes a free one.", show_default="9000"),
]


def serve(
    file: Annotated[
        Path | None, typer.Argument(help="The file; without one, SERVICE_<NAME> variables say what there is.", show_default=False)
    ] = None,
    host: Host = None,
    port: Port = None,
    workers: Annotated[int, typer.Option(min=1, max=1, help="Worker processes; one for now.")] = 1,  # noqa: ARG001 - one
) -> None:
    """Serve the graphs of a file until SIGTERM or Ctrl-C."""
    from plait.cli.logs import log, to_stderr  # noqa: PLC0415 - commands import when they run
    from plait.cli.parent import end_with_parent  # noqa: PLC0415
    from plait.graph.load import load_checked  # noqa: PLC0415
    from plait.server.serve import serve_proxy  # noqa: PLC0415
    from plait.server.sockets import listen, url_of  # noqa: PLC0415

    end_with_parent()
    to_stderr(as_json=os.environ.get("MODE") == "production")
    loaded = load_checked(file, os.environ)
    for warning in loaded.warnings:
        log.warning(warning)
    config = loaded.config
    address = data_port(config.server, os.environ, host, port)
    sock = listen(*address)
    routes = ", ".join(config.route(name) for name in config.graphs) or "no graph"
    serve_proxy(config, sock, lambda: log.info("plait serves %s on %s", routes, url_of(sock)))


def data_port(server: Server, environ: Mapping[str, str], host: str | None, port: int | None) -> tuple[str, int]:
    """Where to listen: a flag wins over HOST and PORT, those over the file.

    Raises:
        StartError: If PORT is no port.
    """
    from plait.errors import StartError  # noqa: PLC0415 - commands import when they run

    if port is None and environ.get("PORT"):
        text = environ["PORT"]
        if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):  # noqa: PLR2004 - the highest port
            raise StartError("the variable PORT is no port between 0 and 65535")
        port = int(text)
    return host or environ.get("HOST") or server.host, server.port if port is None else port
