"""One address of a predictor: its connections, those that wait for one, and both bounded."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from random import Random

from plait.errors import Overloaded, Unreachable
from plait.http1.connection import Connection, Exchange
from plait.http1.dial import ClientTls, dial
from plait.http1.known import Known
from plait.http1.reader import Head, ResponseReader

_DISTRUST = 60.0
_SWEEP = 5.0
_JITTER = 0.1
_NEVER = math.inf
_CHANCE = Random()  # noqa: S311 - spreads moments, and hides nothing


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one address may take: connections, waiting exchanges, bytes of an answer; seconds for connecting, resting, being kept.

    A connection rests for less time than most servers and balancers grant (60 to 75 s), so that they seldom close one in the moment
    in which it is used. It is kept for ten minutes, give or take a tenth, so that a name that has come to mean other addresses, or
    a balancer that has other servers behind it, is noticed.
    """

    connections: int = 256
    waiting: int = 1024
    body: int = 10 << 20
    connect_timeout: float = 0.5
    idle: float = 50.0
    age: float = 600.0


class Endpoint:
    """Sends exchanges to one address.

    A connection is never handed from a read callback to the next exchange: those that wait are served from `call_soon`, after every
    byte that has arrived by then was seen, so that a late or surplus answer is found before it can be taken for another one's. One
    that comes during the next exchange cannot be told apart: an address that sent a surplus byte keeps no connection for a minute.

    An attempt to connect speaks only for exchanges that waited when it began: one that hangs, made for a caller who has left, must
    not fail the next caller.

    Args:
        host: A name or an IP.
        port: The port there.
        bounds: What it may take.
        tls: How its connections are secured, if they are.
    """

    __slots__ = (
        "_attempts", "_bounds", "_connecting", "_empty", "_ended", "_given_up", "_idle", "_known", "_loop", "_open",
        "_served_soon", "_sweeping", "_tls", "_trusted_from", "_waiting", "host", "port",
    )  # fmt: skip

    def __init__(self, host: str, port: int, bounds: Bounds, tls: ClientTls | None = None) -> None:
        self.host = host
        self.port = port
        self._bounds = bounds
        self._tls = tls
        self._sweeping: asyncio.TimerHandle | None = None
        self._ended = False
        self._loop = asyncio.get_running_loop()
        self._known: Known[Head] = Known()
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._attempts = 0
        self._waiting: dict[Exchange, int] = {}  # with the number of the last attempt before each
        self._connecting: dict[asyncio.Task[None], None] = {}
        self._given_up: set[asyncio.Task[None]] = set()
        self._served_soon = False
        self._trusted_from = 0.0

    @property
    def open(self) -> int:
        """Connections that stand."""
        return len(self._open)

    @property
    def waiting(self) -> int:
        """Exchanges that wait for a connection."""
        return len(self._waiting)

    def send(self, exchange: Exchange) -> None:
        """Begin an exchange on the connection that was used last, or on a new one. Not to be called from a read callback.

        Raises:
            Overloaded: If every connection is in use and the line is full.
            Unreachable: If it was closed.
        """
        if not self._waiting:
            idle = self._idle
            while idle:
                if idle.pop().send(exchange):
                    return
        if self._ended:
            raise _closing()
        if len(self._waiting) >= self._bounds.waiting:
            raise Overloaded("every connection is in use and the waiting line is full")
        self._waiting[exchange] = self._attempts
        self._connect_if_needed()

    async def connect(self) -> None:
        """Have a connection at rest, if there is none: the first exchange need not wait for it.

        Raises:
            Unreachable: If there cannot be one.
        """
        if self._open:
            return
        connection = await dial(self.host, self.port, self._tls, self._new, self._bounds.connect_timeout)
        if not connection.usable:
            raise Unreachable("the connection closed as soon as it was made")
        if self._ended:
            connection.abandon()
            return
        self._keep(connection)
        self._serve()

    def drop(self, exchange: Exchange) -> None:
        """Forget an exchange that nobody waits for any more; its connection ends."""
        connection, exchange.connection = exchange.connection, None
        if connection is not None:
            connection.abandon()
        elif self._waiting.pop(exchange, None) is not None and len(self._connecting) > len(self._waiting):
            oldest = next(iter(self._connecting))
            del self._connecting[oldest]
            self._given_up.add(oldest)
            oldest.add_done_callback(self._given_up.discard)  # it may never have begun, and then does nothing itself
            oldest.cancel()

    def retire(self) -> None:
        """Keep no connection any more: those that are idle close now, the others after their exchange."""
        self._trusted_from = math.inf
        self._let_idle_go()

    async def close(self) -> None:
        """End every connection and every attempt to make one; those who wait, or still come, hear so."""
        self._ended = True
        while self._waiting:
            self._fail_first(_closing(), self._attempts + 1)
        for connection in tuple(self._open):
            connection.fail(_closing())
        connecting = (*self._connecting, *self._given_up)
        for task in connecting:
            task.cancel()
        if connecting:
            await asyncio.wait(connecting)
        await self._empty.wait()

    @property
    def _distrusted(self) -> bool:
        """Whether no connection is kept at present."""
        return self._loop.time() < self._trusted_from

    def _let_idle_go(self) -> None:
        for connection in tuple(self._idle):
            connection.abandon()

    def _connect_if_needed(self) -> None:
        room = self._bounds.connections - len(self._open) - len(self._connecting)
        if room > 0 and len(self._connecting) < len(self._waiting):
            self._attempts += 1
            self._connecting[self._loop.create_task(self._connect(self._attempts))] = None

    async def _connect(self, attempt: int) -> None:
        error = Unreachable("the connection closed as soon as it was made")
        connection = None
        try:
            connection = await dial(self.host, self.port, self._tls, self._new, self._bounds.connect_timeout)
        except Unreachable as exc:
            error = exc.with_traceback(None)  # it would hold this frame, which holds it
        finally:
            self._connecting.pop(asyncio.current_task(), None)  # type: ignore[arg-type] # it is one
        if connection is not None and connection.usable:
            self._keep(connection)
            self._serve()
            if self._distrusted:
                self._let_idle_go()
        else:
            self._fail_first(error, attempt)
        self._connect_if_needed()

    def _keep(self, connection: Connection) -> None:
        """A new connection stands."""
        connection.old_from = self._loop.time() + self._bounds.age * _CHANCE.uniform(1 - _JITTER, 1 + _JITTER)
        self._open.add(connection)
        self._empty.clear()
        self._idle.append(connection)
        if self._sweeping is None:
            self._sweep_later()

    def _new(self) -> Connection:
        return Connection(ResponseReader(self._bounds.body, self._known), self._release, self._closed)

    def _fail_first(self, error: Unreachable, attempt: int) -> None:
        exchange = next(iter(self._waiting), None)
        if exchange is not None and self._waiting[exchange] < attempt:
            del self._waiting[exchange]
            exchange.broke(error, stale=False)

    def _release(self, connection: Connection) -> None:
        if self._trusted_from and self._distrusted:
            connection.abandon()
            return
        if connection.old:
            connection.close()
            return
        connection.rests_since = _NEVER
        self._idle.append(connection)
        if self._waiting and not self._served_soon:
            self._served_soon = True
            self._loop.call_soon(self._serve)

    def _serve(self) -> None:
        self._served_soon = False
        while self._waiting and self._idle:
            exchange = next(iter(self._waiting))
            if self._idle.pop().send(exchange):
                del self._waiting[exchange]

    def _closed(self, connection: Connection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._empty.set()
            if self._sweeping is not None:
                self._sweeping.cancel()
                self._sweeping = None
        if connection in self._idle:
            self._idle.remove(connection)
        if connection.surplus:
            self._trusted_from = max(self._trusted_from, self._loop.time() + _DISTRUST)
            self._let_idle_go()
        if self._waiting:
            self._connect_if_needed()

    def _sweep_later(self) -> None:
        self._sweeping = self._loop.call_later(min(_SWEEP, self._bounds.idle), self._sweep)

    def _sweep(self) -> None:
        """Close what has rested for too long or is too old, as long as there is any connection.

        Exchanges pay nothing for it: the clock is only looked at here, so that a connection rests up to two sweeps longer.
        """
        now = self._loop.time()
        for connection in self._open:
            connection.old = now >= connection.old_from
        for connection in tuple(self._idle):
            connection.rests_since = min(connection.rests_since, now)
            if connection.old or now >= connection.rests_since + self._bounds.idle:
                connection.close()
        self._sweep_later()


def _closing() -> Unreachable:
    error = Unreachable("plait is closing")
    error.final = True
    return error
