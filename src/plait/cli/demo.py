"""plait demo: an example, running, in one command."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    name: Annotated[str, typer.Argument(help="The example.")] = "iris",
    once: Annotated[bool, typer.Option("--once", help="Exit after the answers.")] = False,  # noqa: FBT002 - a flag
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Data port.", show_default="the example's")] = None,
) -> None:
    """Start an example's predictors and proxy, ask them, show the answers, and keep serving."""
    import asyncio  # noqa: PLC0415 - commands import when they run
    import os  # noqa: PLC0415

    from plait.cli.examples import example_file  # noqa: PLC0415
    from plait.cli.processes import run_until_signal  # noqa: PLC0415
    from plait.cli.screen import Screen  # noqa: PLC0415
    from plait.cli.serve import data_port  # noqa: PLC0415
    from plait.cli.services import predictor_services, proxy_service  # noqa: PLC0415
    from plait.cli.show import Show  # noqa: PLC0415
    from plait.graph.load import load_checked  # noqa: PLC0415
    from plait.server.sockets import url_at  # noqa: PLC0415

    file = example_file(name)
    config = load_checked(file, os.environ).config
    address = data_port(config.server, os.environ, None, port)
    services = [*predictor_services(config), proxy_service(file, *address, "off")]
    screen = Screen([service.name for service in services])
    show = Show(config, file, url_at(*address), keep=not once)
    asyncio.run(run_until_signal(services, screen.line, show.run))
