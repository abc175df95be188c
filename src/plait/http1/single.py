"""One request on a connection of its own, to an address that was judged: no redirect, no proxy, no cookie."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import PlaitError, TimedOut, Unreachable
from plait.http1.addresses import Network
from plait.http1.checked import addresses
from plait.http1.connection import Connection
from plait.http1.dial import ClientTls, dial
from plait.http1.known import Known
from plait.http1.reader import Head, ResponseReader

if TYPE_CHECKING:
    from plait.types import Header

MOST = 1 << 20
"""Bytes of an answer."""


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: Header
    body: bytes


class Target(NamedTuple):
    """Whom to ask.

    Args:
        host: A name or an IP.
        port: The port there.
        tls: How the connection is secured, if it is; `server_name` is the host's, whatever address is dialled.
        allowed: Networks that may be dialled though they are not public.
    """

    host: str
    port: int
    tls: ClientTls | None
    allowed: Sequence[Network]


async def ask(target: Target, data: bytes, seconds: float) -> Answer:
    """The answer to one request, within some seconds in all.

    Args:
        target: Whom.
        data: The whole request.
        seconds: Seconds.

    Raises:
        Forbidden: If the target's address may not be dialled.
        UpstreamError: If there is no answer.
    """
    try:
        async with asyncio.timeout(seconds):
            may = await addresses(target.host, target.port, target.allowed)
            connection = await _dialled(target, may, seconds)
            return await _Exchange(data).over(connection)
    except TimeoutError:
        raise TimedOut(f"no answer in {seconds * 1000:.0f} ms") from None


async def _dialled(target: Target, may: Sequence[str], seconds: float) -> Connection:
    """A connection to the first address that takes one."""
    failed: Unreachable | None = None
    for address in may:
        try:
            return await dial(address, target.port, target.tls, _new, seconds / len(may))
        except Unreachable as exc:
            failed = exc
    raise failed or Unreachable("no connection: the host has no address")


def _new() -> Connection:
    known: Known[Head] = Known()
    return Connection(ResponseReader(MOST, known), _nothing, _nothing)


class _Exchange:
    """The request, and what comes of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.connection: Connection | None = None
        self._outcome: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    async def over(self, connection: Connection) -> Answer:
        try:
            if not connection.send(self):
                raise Unreachable("the connection closed as soon as it was made")
            return await self._outcome
        finally:
            connection.abandon()

    def answered(self, status: int, headers: Header, body: bytes) -> None:
        """An answer was read whole."""
        if not self._outcome.done():
            self._outcome.set_result(Answer(status, headers, body))

    def broke(self, error: PlaitError, *, stale: bool) -> None:  # noqa: ARG002 - no connection was kept
        """There was none."""
        if not self._outcome.done():
            self._outcome.set_exception(error)


def _nothing(_: Connection) -> None:
    """A connection is used once, and whoever uses it ends it."""
