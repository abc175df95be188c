"""The only place that knows httpx2: its clients as they are opened here, and its failures as errors of the tree."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plait import __version__
from plait.client.asked import Asked
from plait.errors import BadRequest, CutOff, Overloaded, PlaitError, TimedOut, Unreachable

try:
    import httpx2
except ImportError as exc:
    raise ImportError("the client of plait needs the package httpx2; install it with: pip install 'plait[client]'") from exc

CONNECTIONS = 100
"""Calls of one client that are under way at once; further ones wait, as long as their own timeout."""

CONNECT_SECONDS = 5.0


def opened(*, verify: ssl.SSLContext | bool, trust_env: bool) -> httpx2.Client:
    """A client of httpx2 that does no more than it is told."""
    return httpx2.Client(**_options(verify=verify, trust_env=trust_env))


def opened_async(*, verify: ssl.SSLContext | bool, trust_env: bool) -> httpx2.AsyncClient:
    """The same for asyncio."""
    return httpx2.AsyncClient(**_options(verify=verify, trust_env=trust_env))


def sent(asked: Asked) -> dict[str, Any]:
    """A request in the words of httpx2."""
    connect = CONNECT_SECONDS if asked.seconds is None else min(CONNECT_SECONDS, asked.seconds)
    timeout = httpx2.Timeout(asked.seconds, connect=connect)
    return {"method": asked.method, "url": asked.url, "headers": asked.headers, "content": asked.body, "timeout": timeout}


@contextmanager
def failures(asked: Asked) -> Iterator[None]:
    """Raise what goes wrong as an error of the tree that knows its request.

    Raises:
        PlaitError: Whatever goes wrong.
    """
    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
        error = _error(exc, asked)
        error.request_id = asked.request_id
        raise error from None
    except PlaitError as exc:
        exc.request_id = exc.request_id or asked.request_id
        raise


def _options(*, verify: ssl.SSLContext | bool, trust_env: bool) -> dict[str, Any]:
    limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    headers = {"user-agent": f"plait/{__version__}"}
    return {"verify": verify, "trust_env": trust_env, "limits": limits, "headers": headers, "follow_redirects": False}


def _error(exc: Exception, asked: Asked) -> PlaitError:
    where = asked.where
    match exc:
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.ProxyError():
            return Unreachable(f"no connection to {where}: {str(exc) or 'no answer in time'}; does the proxy run there?")
        case httpx2.PoolTimeout():
            return Overloaded(f"all {CONNECTIONS} connections of this client are in use")
        case httpx2.TimeoutException():
            return TimedOut(f"no answer from {where} in {asked.seconds:g} s")
        case httpx2.LocalProtocolError() | httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return BadRequest(f"the request to {where} cannot be sent: {exc}")
        case _:
            return CutOff(f"the connection to {where} broke: {str(exc) or type(exc).__name__}")
