"""plait up: predictors and proxy on this machine."""

from __future__ import annotations

from plait.cli.options import File
from plait.cli.serve import AdminPort, Host, Port


def up(file: File, host: Host = None, port: Port = None, admin_port: AdminPort = None) -> None:
    """Start the predictors that have a model, and the proxy; watch them all until Ctrl-C."""
    import asyncio  # noqa: PLC0415 - commands import when they run
    import os  # noqa: PLC0415

    from plait.cli.processes import run_until_signal  # noqa: PLC0415
    from plait.cli.screen import Screen  # noqa: PLC0415
    from plait.cli.serve import data_port  # noqa: PLC0415
    from plait.cli.services import predictor_services, proxy_service  # noqa: PLC0415
    from plait.graph.load import load_checked  # noqa: PLC0415

    config = load_checked(file, os.environ).config
    address = data_port(config.server, os.environ, host, port)
    services = [*predictor_services(config), proxy_service(file, *address, admin_port)]
    asyncio.run(run_until_signal(services, Screen([service.name for service in services]).line))
