"""Run a handler on a port until a signal says stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

import uvloop

from plait.clock import Clock
from plait.graph.plan import Plan, planned
from plait.graph.spec import Config, Server
from plait.http1.messages import Handler
from plait.http1.renewed import Renewed, server_certificates
from plait.http1.requests import RequestLimits
from plait.jobs.store.open import place_of
from plait.server.access_log import opened_log
from plait.server.app import App
from plait.server.crew import Alone
from plait.server.generation import generation
from plait.server.lasting import Lasting
from plait.server.listener import Deadlines, Listener, Room
from plait.server.reconcile import Reconciler, reconciling
from plait.server.running import now
from plait.server.sockets import room_for_clients
from plait.server.steward import Stewarding, stewarded
from plait.spec.access_log import AccessLog as AccessLogSpec


@dataclass(slots=True)
class Worker:
    """What one process has one of: its clock, whether new work is welcome, and how it is told to end."""

    clock: Clock
    ready: bool = True
    started: str = field(default_factory=now)
    patience: float = 0.0
    listener: Listener | None = None
    reconciler: Reconciler | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hang_up: Callable[[], Awaitable[None]] | None = None
    drain: Callable[[float], Awaitable[None]] | None = None
    draining: asyncio.Task[None] | None = None

    def install(self, handler: Handler) -> None:
        """Have requests answered by another handler from now on."""
        if self.listener is not None:
            self.listener.handler = handler

    def end(self) -> None:
        """Finish what is in flight; told so again, drop it."""
        if self.stop.is_set():
            if self.listener is not None:
                self.listener.hurry()
            if self.draining is not None:
                self.draining.cancel()
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


@dataclass(frozen=True, slots=True)
class Terms:
    """What clients may send, how long they may take, how many there may be, what they are shown, what is written down of them."""

    limits: RequestLimits = field(default_factory=RequestLimits)
    deadlines: Deadlines = field(default_factory=Deadlines)
    room: Room = field(default_factory=Room)
    access_log: AccessLogSpec = field(default_factory=partial(AccessLogSpec, to="off"))
    certificates: Renewed | None = None


def run(application: Application, sock: socket.socket, opened: Opened, terms: Terms) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight; a second signal ends it at once.

    Args:
        application: Who answers.
        sock: A listening socket.
        opened: Called once clients can come.
        terms: What clients may; there are fewer of them if the system gives the process few descriptors.

    Raises:
        StartError: If the access log cannot be written.
    """
    uvloop.run(_serve(application, sock, opened, terms))


async def _serve(application: Application, sock: socket.socket, opened: Opened, terms: Terms) -> None:
    loop = asyncio.get_running_loop()
    worker = Worker(Clock(loop))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.end)
    room = replace(terms.room, connections=min(terms.room.connections, room_for_clients()))
    with opened_log(terms.access_log, worker.clock.now) as log:
        async with application(worker) as handler:
            worker.listener = listener = Listener(handler, worker.clock, terms.limits, terms.deadlines, room, log)
            await listener.open(sock, terms.certificates)
            gc.collect()
            gc.freeze()  # what is here now stays: looking through it again would stop the loop for some 10 ms each time
            opened(worker)
            await worker.stop.wait()
            worker.ready = False
            worker.draining = loop.create_task(_drained(worker, terms.deadlines.drain))
            await listener.close(worker.patience)
            await asyncio.wait((worker.draining,))
    if worker.hang_up is not None:
        await worker.hang_up()
    worker.clock.close()


async def _drained(worker: Worker, seconds: float) -> None:
    """Have what goes on without a client ended, or left to others."""
    if worker.drain is not None:
        await worker.drain(seconds)


def terms_of(server: Server) -> Terms:
    """What a configuration says.

    Raises:
        ConfigError: If a certificate or key cannot be used.
    """
    limits = server.limits
    return Terms(
        RequestLimits(limits.line, limits.headers, limits.fields, limits.body),
        Deadlines(
            header=limits.header_timeout,
            body=limits.body_timeout,
            body_rate=limits.body_rate,
            idle=limits.idle_timeout,
            write=limits.write_timeout,
            drain=limits.drain_timeout,
        ),
        Room(limits.connections, limits.connections_per_client, limits.in_flight, limits.wait),
        server.access_log,
        server_certificates(server.tls) if server.tls else None,
    )


def serve_plan(plan: Plan, sock: socket.socket, opened: Opened, stewarding: Stewarding | None = None) -> None:
    """Serve a plan, and those that follow it, until SIGTERM or SIGINT.

    Args:
        plan: What to begin with.
        sock: A listening socket.
        opened: Called once clients can come; the worker's reconciler takes further plans.
        stewarding: Who brings them, where there is a control process.

    Raises:
        ConfigError: If a certificate or key cannot be used.
        StartError: If the access log cannot be written.
    """
    run(partial(_planned, plan, stewarding), sock, opened, terms_of(planned(plan).config.server))


def serve_proxy(config: Config, sock: socket.socket, opened: Opened) -> None:
    """Serve a configuration until SIGTERM or SIGINT.

    Raises:
        ConfigError: If a certificate or key cannot be used.
        StartError: If the access log cannot be written.
    """
    run(partial(proxy, config), sock, opened, terms_of(config.server))


@asynccontextmanager
async def proxy(config: Config, worker: Worker) -> AsyncIterator[App]:
    """The proxy of a configuration, open until the end of the block."""
    lasting = Lasting(worker.clock, place_of(config))
    try:
        running = await generation(config, 1, lasting)
        await lasting.upstreams.open()
        await lasting.upstreams.swap()
        await lasting.change(config, 1)
        worker.drain = lasting.drain
        yield App(running, lambda: worker.ready)
    finally:
        await lasting.close()


@asynccontextmanager
async def _planned(plan: Plan, stewarding: Stewarding | None, worker: Worker) -> AsyncIterator[App]:
    lasting = Lasting(worker.clock, place_of(planned(plan).config))
    async with reconciling(plan, lasting, lambda: worker.ready) as reconciler:
        worker.drain = lasting.drain
        worker.reconciler = reconciler
        reconciler.install = worker.install
        async with stewarded(stewarding, Alone(worker, plan.server)):
            yield reconciler.app
