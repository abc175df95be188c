"""One connection through a fault proxy: from its client to the predictor and back."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any, Protocol

from plait.testing.faults.fault import End, Fault, Piece, Plan, Wait
from plait.testing.framing import Framing

READ = 65536
AT_ONCE = struct.pack("ii", 1, 0)
"""The linger option that closes by a reset."""


class Weather(Protocol):
    """What a connection must know of its proxy.

    `changed` is set, and another one takes its place, whenever a fault is set or lifted; `moved` hears how many bytes were passed
    on, to a client or not.
    """

    changed: asyncio.Event

    def fault_of(self, number: int) -> Fault: ...

    def moved(self, count: int, *, down: bool) -> None: ...


class Ended(Exception):
    """A fault ends the connection."""


class Link:
    """Carries the bytes of one connection, as its fault wants it."""

    def __init__(self, weather: Weather, number: int, client: socket.socket) -> None:
        self._weather = weather
        self._number = number
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._reset = False

    async def run(self, family: int, address: Any) -> None:
        """Until either side has closed."""
        with self._client, socket.socket(family, socket.SOCK_STREAM) as predictor:
            try:
                predictor.settimeout(0)
                await self._loop.sock_connect(predictor, address)
                for sock in (self._client, predictor):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await self._carry(predictor)
            except OSError:  # what one side suffers, the other one gets to see
                self._reset = True
            finally:
                if self._reset:
                    for sock in (self._client, predictor):
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)

    def reset(self) -> None:
        """When it ends, end by a reset."""
        self._reset = True

    async def _carry(self, predictor: socket.socket) -> None:
        up = self._loop.create_task(self._pump(self._client, predictor, down=False))
        down = self._loop.create_task(self._pump(predictor, self._client, down=True))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.wait((up, down))
        for task in (up, down):
            if not task.cancelled():
                task.result()

    async def _pump(self, source: socket.socket, sink: socket.socket, *, down: bool) -> None:
        framed: Callable[[bytes], Piece] = Framing().piece if down else Piece
        fault: Fault | None = None
        data = b"?"
        while data:
            data = await self._loop.sock_recv(source, READ)
            now = self._weather.fault_of(self._number)
            if now is not fault:
                fault = now
                plan = fault.answers(self._number) if down else fault.requests(self._number)
            try:
                await self._follow(plan, framed(data), sink, down=down)
            except Ended:
                return

    async def _follow(self, plan: Plan, piece: Piece, sink: socket.socket, *, down: bool) -> None:
        changed = self._weather.changed
        for step in plan(piece):
            match step:
                case Piece(data):
                    await self._loop.sock_sendall(sink, data)
                    self._weather.moved(len(data), down=down)
                case Wait(seconds):
                    await _until(changed, seconds)
                case End(reset):
                    self._reset = self._reset or reset
                    raise Ended


async def _until(changed: asyncio.Event, seconds: float | None) -> None:
    """Let time pass, but no longer than the fault holds."""
    if seconds == 0:
        await asyncio.sleep(0)
        return
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
