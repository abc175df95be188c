"""The admin port: the API on uvicorn, in this process' own loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from plait.control.api.app import admin_app

if TYPE_CHECKING:
    import socket

    from plait.control.api.terms import Desk

CONNECTIONS = 256
"""Clients at once; more get 503."""
IDLE = 30
"""Seconds that a connection may stay open between two requests."""
LEAVE = 2
"""Seconds that requests in flight have when the port closes."""


class _Server(uvicorn.Server):
    """Leaves signals to the process that it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(desk: Desk, sock: socket.socket, ended: asyncio.Event) -> None:
    """Answer until the end is told.

    Args:
        desk: Who is asked by the routes.
        sock: A listening socket.
        ended: Is set when it shall end.
    """
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # what clients send wrong is theirs to know
    config = uvicorn.Config(
        admin_app(desk),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE,
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
