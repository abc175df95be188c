"""The admin port: the API on uvicorn, in this process' own loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from plait.control.api.app import admin_app

if TYPE_CHECKING:
    import socket

    from plait.control.api.terms import Desk

CONNECTIONS = 256
"""Clients at once; more get 503."""
IDLE = 20
"""Seconds that a client has to send the head of a request, also between two."""
LEAVE = 2
"""Seconds that requests in flight have when the port closes."""


class _Patient(H11Protocol):
    """HTTP/1.1 by h11, which bounds the head of a request, and for whose end a client has so many seconds."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client has come."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """The next request may come."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, and nothing of it is kept until the time would be up."""
        super().connection_lost(exc)
        if self._waiting is not None:
            self._waiting.cancel()

    def _wait(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = self.loop.call_later(self.config.timeout_keep_alive, self._give_up, self.cycle)

    def _give_up(self, cycle: object) -> None:
        """Close, unless a request has arrived since."""
        if cycle is self.cycle and not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """Leaves signals to the process that it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(desk: Desk, sock: socket.socket, ended: asyncio.Event, idle: float = IDLE) -> None:
    """Answer until the end is told.

    Args:
        desk: Who is asked by the routes.
        sock: A listening socket.
        ended: Is set when it shall end.
        idle: Seconds that a client has to send the head of a request.
    """
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # what clients send wrong is theirs to know
    config = uvicorn.Config(
        admin_app(desk),
        http=_Patient,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=idle,  # type: ignore[arg-type] # a part of a second is as good
        timeout_graceful_shutdown=LEAVE,
    )
    server = _Server(config)
    serving = asyncio.get_running_loop().create_task(server.serve([sock]))
    waiting = asyncio.get_running_loop().create_task(ended.wait())
    try:
        await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        desk.bus.close()
        server.should_exit = True
        await serving
