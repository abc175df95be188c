"""The addresses of a host that may be dialled: judged once, and dialled as they were judged."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from plait.errors import Unreachable
from plait.http1.addresses import Network, forbidden


class Forbidden(Unreachable):
    """Every address of the host is one that may not be dialled."""

    code, title = "forbidden-address", "Forbidden address"


async def addresses(host: str, port: int, allowed: Sequence[Network]) -> list[str]:
    """The IP addresses of a host that may be dialled, in the resolver's order. Whoever dials must take these, not the name.

    Raises:
        Forbidden: If it has only others.
        Unreachable: If its name does not resolve.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        said = getattr(exc, "strerror", None) or "the host's name is none"
        raise Unreachable(f"no connection: {said}") from None
    known = list(dict.fromkeys(str(place[0]) for *_, place in found))
    why = {address: forbidden(address, allowed) for address in known}
    may = [address for address in known if not why[address]]
    if not may:
        kinds = ", ".join(sorted(set(why.values()))) or "none"
        raise Forbidden(f"its address may not be dialled ({kinds}); name its network in allow if it should be")
    return may
