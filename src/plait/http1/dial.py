"""Make one connection to an address, with TLS or without, and say why there is none."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from plait.errors import Unreachable
from plait.http1.connection import Connection
from plait.http1.renewed import Renewed
from plait.http1.tls import Tls
from plait.http1.tls_reasons import refusal


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How connections to a predictor are secured.

    Args:
        certificates: What they trust and show.
        server_name: The name that the predictor's certificate must have, if not that of its host.
    """

    certificates: Renewed
    server_name: str = ""


async def dial(host: str, port: int, tls: ClientTls | None, new: Callable[[], Connection], seconds: float) -> Connection:
    """A connection that stands, within some seconds.

    Raises:
        Unreachable: If there is none; it says why without the address, which not every caller may see.
    """
    try:
        async with asyncio.timeout(seconds):
            if tls is None:
                _, connection = await asyncio.get_running_loop().create_connection(new, host, port)
                return connection
            return await _secured(host, port, tls, new())
    except TimeoutError:
        raise Unreachable(f"no connection in {seconds * 1000:.0f} ms") from None
    except OSError as exc:
        exc.with_traceback(None)  # it leads to frames that hold the error
        raise Unreachable(f"no connection: {_reason(exc)}") from None
    except UnicodeError:  # what the resolver says to a name with an empty or overlong label
        raise Unreachable("no connection: the host's name is none") from None


async def _secured(host: str, port: int, tls: ClientTls, connection: Connection) -> Connection:
    loop = asyncio.get_running_loop()
    shaken: asyncio.Future[OSError | None] = loop.create_future()

    def ended(error: OSError | None) -> None:
        if not shaken.done():
            shaken.set_result(error)

    name = tls.server_name or host.rstrip(".")
    wrap = partial(tls.certificates.context().wrap_bio, server_hostname=name)
    _, layer = await loop.create_connection(lambda: Tls(connection, wrap, ended), host, port)
    try:
        error = await shaken
    except BaseException:
        layer.abort()
        raise
    if error is not None:
        raise error
    return connection


def _reason(exc: OSError) -> str:
    if isinstance(exc, ssl.SSLError):
        return refusal(exc)
    if isinstance(exc, socket.gaierror):
        return exc.strerror or "the host's name does not resolve"
    return os.strerror(exc.errno) if exc.errno else type(exc).__name__
