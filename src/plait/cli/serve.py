"""plait serve: the proxy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from socket import socket

    from plait.cli.beginning import Beginning
    from plait.graph.spec import Server

Host = Annotated[str | None, typer.Option(help="Address to listen on; wins over HOST and the file.", show_default="127.0.0.1")]
Port = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Data port; wins over PORT and the file. 0 takes a free one.", show_default="9000"),
]
AdminPort = Annotated[
    str | None,
    typer.Option(help="Admin port, or off; wins over PLAIT_ADMIN_PORT and the file. 0 takes a free one.", show_default="9001"),
]


def serve(
    file: Annotated[
        Path | None, typer.Argument(help="The file; without one, SERVICE_<NAME> variables say what there is.", show_default=False)
    ] = None,
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Worker processes; wins over the file.", show_default="1")
    ] = None,
    admin_port: AdminPort = None,
) -> None:
    """Serve the graphs of a file until SIGTERM or Ctrl-C, and change them while they are served."""
    from plait.cli.early import early  # noqa: PLC0415 - commands import when they run
    from plait.cli.logs import log, to_stderr  # noqa: PLC0415
    from plait.cli.parent import end_with_parent  # noqa: PLC0415

    end_with_parent()
    to_stderr(as_json=os.environ.get("MODE") == "production")
    control = early(os.environ, admin_port)

    from plait.cli.beginning import beginning  # noqa: PLC0415 - while the control process imports as well
    from plait.graph.load import load_checked  # noqa: PLC0415
    from plait.graph.plan import planned  # noqa: PLC0415
    from plait.server.sockets import url_of  # noqa: PLC0415

    loaded = load_checked(file, os.environ)
    for warning in loaded.warnings:
        log.warning(warning)
    begun = beginning(loaded, file, admin_port, control)
    config = planned(begun.plan).config
    address = data_port(config.server, os.environ, host, port)
    count = workers or config.server.workers
    tls = config.server.tls is not None
    routes = ", ".join(config.route(name) for name in config.graphs) or "no graph"
    if count == 1:
        _alone(begun, address, lambda sock: log.info("plait serves %s on %s", routes, url_of(sock, tls=tls)))
    else:
        told = f"plait serves {routes} by {count} workers on"
        drain = config.server.limits.drain_timeout
        _together(begun, address, count, drain, lambda sock: log.info("%s %s", told, url_of(sock, tls=tls)))


def _alone(begun: Beginning, address: tuple[str, int], ready: Callable[[socket], None]) -> None:
    """Serve in this process."""
    import signal  # noqa: PLC0415

    from plait.cli.logs import log  # noqa: PLC0415
    from plait.server.serve import serve_plan  # noqa: PLC0415
    from plait.server.sockets import listen  # noqa: PLC0415

    # Whoever wants a restart must not get an end; there is nobody here who could go on meanwhile.
    signal.signal(signal.SIGHUP, lambda *_: log.warning("SIGHUP restarts nothing with one worker; serve with --workers 2 or more"))
    sock = listen(*address)
    serve_plan(begun.plan, sock, lambda _: ready(sock), begun.stewarding)


def _together(begun: Beginning, address: tuple[str, int], count: int, drain: float, ready: Callable[[socket], None]) -> None:
    """Serve in several processes that this one looks after."""
    import asyncio  # noqa: PLC0415
    import sys  # noqa: PLC0415

    from plait.server.crew import Together  # noqa: PLC0415
    from plait.server.member import Program  # noqa: PLC0415
    from plait.server.sockets import listen_together  # noqa: PLC0415
    from plait.server.steward import stewarded  # noqa: PLC0415
    from plait.server.workers import Workers  # noqa: PLC0415

    def renew(before: Program) -> Program:
        plan = begun.again()
        return before if plan is None else Program(before.command, plan.encoded(), plan.server)

    async def work() -> None:
        program = Program((sys.executable, "-m", "plait.cli.worker"), begun.plan.encoded(), begun.plan.server)
        workers = Workers(socks, program, renew, lambda: ready(socks[0]), drain)
        async with stewarded(begun.stewarding, Together(workers)):
            await workers.run()

    socks = listen_together(*address, count)
    asyncio.run(work())


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
