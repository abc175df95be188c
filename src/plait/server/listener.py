"""What all connections of one data port share: the handler, limits, deadlines, the clock, and who is there."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from plait.errors import Crowded, PlaitError, TooManyConnections
from plait.http1.known import Known
from plait.http1.requests import Head, RequestLimits
from plait.server.admission import Admission
from plait.server.doorstep import Doorstep
from plait.server.front import Front
from plait.spec.bounds import UNLIMITED

if TYPE_CHECKING:
    import socket

    from plait.clock import Clock
    from plait.http1.messages import Handler
    from plait.http1.renewed import Renewed
    from plait.server.access_log import AccessLog

CONNECTIONS = 10_000
IN_FLIGHT = 5_000
WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that a client has for each thing; `body_rate` in bytes per second, after the first `body` or `write` seconds."""

    header: float = 10.0
    body: float = 10.0
    body_rate: float = 1024.0
    idle: float = 75.0
    write: float = 30.0
    linger: float = 1.0
    drain: float = 30.0


@dataclass(frozen=True, slots=True)
class Room:
    """How many connections, and of one client; how many requests in progress; how many seconds one may wait to begin."""

    connections: int = CONNECTIONS
    connections_per_client: int = UNLIMITED
    in_flight: int = IN_FLIGHT
    wait: float = WAIT


class Listener:
    """A data port.

    Args:
        handler: Who answers.
        clock: The worker's clock.
        limits: What a request may have.
        deadlines: What a client may take.
        room: How many clients and requests at once.
        log: Where requests are written down.
    """

    def __init__(
        self,
        handler: Handler,
        clock: Clock,
        limits: RequestLimits | None = None,
        deadlines: Deadlines | None = None,
        room: Room | None = None,
        log: AccessLog | None = None,
    ) -> None:
        self.handler = handler
        self.clock = clock
        self.limits = limits or RequestLimits()
        self.deadlines = deadlines or Deadlines()
        self.known: Known[Head] = Known()
        self.draining = False
        self._patient = False
        self.loop = asyncio.get_running_loop()
        self._room = room = room or Room()
        self.admission = Admission(self.loop, clock, room.in_flight, room.wait)
        self.log = log
        self._fronts: set[Front | Doorstep] = set()
        self._of_client: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()
        self._server: asyncio.Server | None = None
        self._date = ""
        self._date_until = 0.0

    async def open(self, sock: socket.socket, certificates: Renewed | None = None) -> None:
        """Take clients from a listening socket; with certificates, by TLS only."""

        def new() -> asyncio.Protocol:
            return Front(self) if certificates is None else Doorstep(self, certificates)

        self._server = await self.loop.create_server(new, sock=sock, backlog=2048)

    async def close(self, patience: float = 0.0) -> None:
        """Take no more clients, let those who are there finish for a while, then end.

        Args:
            patience: How many seconds connections that wait for a request may get one more, answered as their last. Without,
                they are closed at once, which a client may notice only when it sends its next.
        """
        self.draining = True
        if self._server is not None:
            self._server.close()
        await asyncio.sleep(0)  # in its next turn the loop tells of clients that it has taken in already
        if patience:
            self._patient = True
            await self._emptied(patience)
        self._drain()
        if not await self._emptied(self.deadlines.drain):
            self._abort()
            await self._empty.wait()

    def hurry(self) -> None:
        """Do what `close` would do next, now: close connections that wait for a request, else all."""
        if self._patient:
            self._drain()
        else:
            self._abort()

    async def _emptied(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    def _drain(self) -> None:
        self._patient = False
        for front in tuple(self._fronts):
            front.drain()

    def _abort(self) -> None:
        for front in tuple(self._fronts):
            front.abort()

    @property
    def clients(self) -> int:
        """Connections that stand."""
        return len(self._fronts)

    def take_in(self, peer: str) -> PlaitError | None:
        """Count another connection of a client, before it has come; why there is no room for it, if so."""
        room = self._room
        refusal: PlaitError | None = None
        self._of_client[peer] += 1
        if len(self._fronts) >= room.connections:
            refusal = Crowded("there are too many connections")
        elif self._of_client[peer] > room.connections_per_client:
            refusal = TooManyConnections("this client has too many connections")
        if refusal is not None:
            self.admission.refused.add()
        return refusal

    def let_go(self, peer: str) -> None:
        """The same client has one connection less."""
        self._of_client[peer] -= 1
        if not self._of_client[peer]:
            del self._of_client[peer]

    def came(self, front: Front | Doorstep) -> None:
        """A client has come."""
        self._fronts.add(front)
        self._empty.clear()

    def passed(self, doorstep: Doorstep) -> None:
        """A client's handshake is done; its front comes right after, so nobody hears that it might have been the last."""
        self._fronts.discard(doorstep)

    def left(self, front: Front | Doorstep) -> None:
        """A client is gone."""
        self._fronts.discard(front)
        if not self._fronts:
            self._empty.set()

    def date(self, now: float | None = None) -> str:
        """The Date line, made once a second; who has just looked at the clock says what it showed."""
        now = self.clock.now() if now is None else now
        if now >= self._date_until:
            self._date = f"Date: {formatdate(usegmt=True)}\r\n"
            self._date_until = now + 1
        return self._date
