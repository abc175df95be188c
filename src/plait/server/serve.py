"""Run a handler on a port until a signal says stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import uvloop

from plait.clock import Clock
from plait.graph.spec import Config
from plait.http1.messages import Handler
from plait.http1.renewed import Renewed, server_certificates
from plait.http1.requests import RequestLimits
from plait.server.app import App
from plait.server.generation import Generation
from plait.server.listener import CONNECTIONS, Listener
from plait.server.sockets import room_for_clients


@dataclass(slots=True)
class Worker:
    """What one process has one of: its clock, whether new work is welcome, and how it is told to end."""

    clock: Clock
    ready: bool = True
    patience: float = 0.0
    listener: Listener | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        """Finish what is in flight; told so again, drop it."""
        if self.stop.is_set() and self.listener is not None:
            self.listener.hurry()
        self.stop.set()

    def retire(self, patience: float) -> None:
        """Leave to a successor: as `end`, but clients that may be about to send have some seconds to do so."""
        if not self.stop.is_set():
            self.patience = patience
            self.stop.set()


Application = Callable[[Worker], AbstractAsyncContextManager[Handler]]
"""Opens a handler, and closes it at the end of the block."""

Opened = Callable[[Worker], None]
"""Is called once clients can come."""


def run(
    application: Application,
    sock: socket.socket,
    opened: Opened,
    limits: RequestLimits,
    connections: int = CONNECTIONS,
    certificates: Renewed | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight; a second signal ends it at once.

    Args:
        application: Who answers.
        sock: A listening socket.
        opened: Called once clients can come.
        limits: What a request may have.
        connections: How many clients at once; fewer if the system gives the process few descriptors.
        certificates: What clients are shown, if the port speaks TLS.
    """
    uvloop.run(_serve(application, sock, opened, limits, min(connections, room_for_clients()), certificates))


async def _serve(
    application: Application,
    sock: socket.socket,
    opened: Opened,
    limits: RequestLimits,
    connections: int,
    certificates: Renewed | None,
) -> None:
    loop = asyncio.get_running_loop()
    worker = Worker(Clock(loop))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.end)
    async with application(worker) as handler:
        worker.listener = listener = Listener(handler, worker.clock, limits, connections=connections)
        await listener.open(sock, certificates)
        opened(worker)
        await worker.stop.wait()
        worker.ready = False
        await listener.close(worker.patience)
    worker.clock.close()


def request_limits(config: Config) -> RequestLimits:
    """What a request may have, as a configuration says."""
    limits = config.server.limits
    return RequestLimits(limits.line, limits.headers, limits.fields, limits.body)


def serve_proxy(config: Config, sock: socket.socket, opened: Opened) -> None:
    """Serve a configuration until SIGTERM or SIGINT.

    Raises:
        ConfigError: If a certificate or key cannot be used.
    """
    tls = config.server.tls
    certificates = server_certificates(tls) if tls else None
    run(partial(proxy, config), sock, opened, request_limits(config), config.server.limits.connections, certificates)


@asynccontextmanager
async def proxy(config: Config, worker: Worker) -> AsyncIterator[App]:
    """The proxy of a configuration, open until the end of the block."""
    generation = Generation(config, worker.clock)
    app = App(generation, lambda: worker.ready)
    try:
        await generation.open()
        yield app
    finally:
        await app.close()
        await generation.close()
