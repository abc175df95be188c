"""One address of a predictor: its connections, those that wait for one, and both bounded."""

from __future__ import annotations

import asyncio
import math
import os
import socket
from dataclasses import dataclass

from plait.errors import Overloaded, Unreachable
from plait.http1.connection import Connection, Exchange
from plait.http1.known import Known
from plait.http1.reader import Head, ResponseReader

_DISTRUST = 60.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one address may take: connections, waiting exchanges, bytes of an answer; seconds for connecting."""

    connections: int = 256
    waiting: int = 1024
    body: int = 10 << 20
    connect_timeout: float = 0.5


class Endpoint:
    """Sends exchanges to one address.

    A connection is never handed from a read callback to the next exchange: those that wait are served from `call_soon`, after every
    byte that has arrived by then was seen, so that a late or surplus answer is found before it can be taken for another one's. One
    that comes during the next exchange cannot be told apart: an address that sent a surplus byte keeps no connection for a minute.
    """

    __slots__ = (
        "_bounds", "_connecting", "_empty", "_ended", "_idle", "_known", "_loop", "_open", "_served_soon", "_trusted_from",
        "_waiting", "host", "port",
    )  # fmt: skip

    def __init__(self, host: str, port: int, bounds: Bounds) -> None:
        self.host = host
        self.port = port
        self._bounds = bounds
        self._ended = False
        self._loop = asyncio.get_running_loop()
        self._known: Known[Head] = Known()
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._waiting: dict[Exchange, None] = {}
        self._connecting: set[asyncio.Task[None]] = set()
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
        idle = self._idle
        while idle and not self._waiting:
            connection = idle.pop()
            if connection.usable:
                connection.send(exchange)
                return
        if self._ended:
            raise _closing()
        if len(self._waiting) >= self._bounds.waiting:
            raise Overloaded("every connection is in use and the waiting line is full")
        self._waiting[exchange] = None
        self._connect_if_needed()

    def drop(self, exchange: Exchange) -> None:
        """Forget an exchange that nobody waits for any more; its connection ends."""
        connection, exchange.connection = exchange.connection, None
        if connection is not None:
            connection.abandon()
        else:
            self._waiting.pop(exchange, None)

    def retire(self) -> None:
        """Keep no connection any more: those that are idle close now, the others after their exchange."""
        self._trusted_from = math.inf
        for connection in tuple(self._idle):
            connection.abandon()

    async def close(self) -> None:
        """End every connection and every attempt to make one; those who wait, or still come, hear so."""
        self._ended = True
        while self._waiting:
            self._fail_first(_closing())
        for connection in tuple(self._open):
            connection.fail(_closing())
        connecting = tuple(self._connecting)
        for task in connecting:
            task.cancel()
        if connecting:
            await asyncio.wait(connecting)
        await self._empty.wait()

    def _connect_if_needed(self) -> None:
        room = self._bounds.connections - len(self._open) - len(self._connecting)
        if room > 0 and len(self._connecting) < len(self._waiting):
            task = self._loop.create_task(self._connect())
            self._connecting.add(task)

    async def _connect(self) -> None:
        error: Unreachable | None = None
        try:
            async with asyncio.timeout(self._bounds.connect_timeout):
                _, connection = await self._loop.create_connection(self._new, self.host, self.port)
        except TimeoutError:
            error = Unreachable(f"no connection in {self._bounds.connect_timeout * 1000:.0f} ms")
        except OSError as exc:
            error = Unreachable(f"no connection: {_reason(exc)}")
        except UnicodeError:  # what the resolver says to a name with an empty or overlong label
            error = Unreachable("no connection: the host's name is none")
        finally:
            self._connecting.discard(asyncio.current_task())
        if error is None and connection.usable:
            self._open.add(connection)
            self._empty.clear()
            self._idle.append(connection)
            self._serve()
        else:
            self._fail_first(error or Unreachable("the connection closed as soon as it was made"))
        self._connect_if_needed()

    def _new(self) -> Connection:
        return Connection(ResponseReader(self._bounds.body, self._known), self._release, self._closed)

    def _fail_first(self, error: Unreachable) -> None:
        exchange = next(iter(self._waiting), None)
        if exchange is not None:
            del self._waiting[exchange]
            exchange.broke(error, stale=False)

    def _release(self, connection: Connection) -> None:
        if self._trusted_from and self._loop.time() < self._trusted_from:
            connection.abandon()
            return
        self._idle.append(connection)
        if self._waiting and not self._served_soon:
            self._served_soon = True
            self._loop.call_soon(self._serve)

    def _serve(self) -> None:
        self._served_soon = False
        while self._waiting and self._idle:
            connection = self._idle.pop()
            if connection.usable:
                exchange = next(iter(self._waiting))
                del self._waiting[exchange]
                connection.send(exchange)

    def _closed(self, connection: Connection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._empty.set()
        if connection in self._idle:
            self._idle.remove(connection)
        if connection.surplus:
            self._trusted_from = self._loop.time() + _DISTRUST
            for idle in tuple(self._idle):
                idle.abandon()
        if self._waiting:
            self._connect_if_needed()


def _closing() -> Unreachable:
    error = Unreachable("plait is closing")
    error.final = True
    return error


def _reason(exc: OSError) -> str:
    """Why there is no connection, without the address, which not every caller may see."""
    if isinstance(exc, socket.gaierror):
        return exc.strerror or "the host's name does not resolve"
    return os.strerror(exc.errno) if exc.errno else type(exc).__name__
