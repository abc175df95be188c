"""Which processes a file needs on this machine."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

from plait.cli.processes import Service
from plait.errors import StartError
from plait.server.sockets import listen

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.spec.address import Address


def predictor_services(config: Config) -> list[Service]:
    """The predictors that have a model and an address of this machine, one process for each such address.

    Raises:
        StartError: If a model's file is missing, or a port taken.
    """
    services = []
    for name, spec in config.predictors.items():
        here = [address for address in spec.addresses if is_here(address)]
        if spec.model is None or not spec.enabled or not here:
            continue
        if not Path(spec.model).is_file():
            raise StartError(f"the model of {name} is missing: there is no file {spec.model}")
        for number, address in enumerate(here, 1):
            if address.tls:
                raise StartError(
                    f"{name} has a model and an https URL, but plait serves models without TLS; write its url as http://…"
                )
            listen(address.host, address.port).close()
            where = ("--host", address.host, "--port", str(address.port))
            shown = name if len(here) == 1 else f"{name}.{number}"
            services.append(Service(shown, ("predictor", spec.model, "--name", name, *where)))
    return services


def proxy_service(file: Path, host: str, port: int, admin_port: str | None) -> Service:
    """The proxy of a file, with an admin port as the command line says, if it does.

    Raises:
        StartError: If its port is taken.
    """
    listen(host, port).close()
    admin = () if admin_port is None else ("--admin-port", admin_port)
    return Service("plait", ("serve", str(file), "--host", host, "--port", str(port), "--workers", "1", *admin), vital=True)


def is_here(address: Address) -> bool:
    """Whether an address is this machine's loopback."""
    host = address.host
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
