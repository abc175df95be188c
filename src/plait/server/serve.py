"""Run a handler on a port until a signal says stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import uvloop

from plait.clock import Clock
from plait.http1.requests import RequestLimits
from plait.server.app import App
from plait.server.generation import Generation
from plait.server.listener import Listener

if TYPE_CHECKING:
    import socket

    from plait.graph.spec import Config, Limits
    from plait.http1.messages import Handler

Opened = Callable[[Listener], None]


def run(application: Callable[[Clock], AbstractAsyncContextManager[Handler]], sock: socket.socket, opened: Opened, limits: Limits) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight.

    Args:
        application: Opens the handler, and closes it at the end.
        sock: A listening socket.
        opened: Called once clients can come.
        limits: Bounds on what they may send.
    """
    uvloop.run(_serve(application, sock, opened, limits))


async def _serve(application: Callable[[Clock], AbstractAsyncContextManager[Handler]], sock: socket.socket, opened: Opened, limits: Limits) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    clock = Clock(loop)
    async with application(clock) as handler:
        bounds = RequestLimits(limits.line, limits.headers, limits.fields, limits.body)
        listener = Listener(handler, clock, bounds, connections=limits.connections)
        await listener.open(sock)
        opened(listener)
        await stop.wait()
        await listener.close()
    clock.close()


@asynccontextmanager
async def proxy(config: Config, clock: Clock) -> AsyncIterator[App]:
    """The proxy of a configuration, open until the end of the block."""
    generation = Generation(config, clock)
    draining = False
    app = App(generation, lambda: not draining)
    try:
        yield app
    finally:
        draining = True
        await app.close()
        await generation.close()
