"""A worker's line to its parent: it beats while its loop turns, hears that it shall leave, and ends when the parent is gone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from plait.server.serve import Worker

BEAT = 1.0
BEATING = b"."
RETIRE = b"r"
PATIENCE = 5.0
"""Seconds that clients of a worker that leaves to a successor have for one more request."""


class Channel:
    """The worker's end.

    Args:
        sock: One end of a pair of stream sockets; the parent has the other.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)  # noqa: FBT003 - the standard library's own
        self._sock = sock

    def open(self, worker: Worker) -> None:
        """Tell the parent that clients can come, by the first beat, and listen to it from now on."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._sock.fileno(), self._heard, loop, worker)
        self._beat(loop)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(BlockingIOError, BrokenPipeError):  # a parent that stands still has beats enough; of one that died we hear
            self._sock.send(BEATING)
        loop.call_later(BEAT, self._beat, loop)

    def _heard(self, loop: asyncio.AbstractEventLoop, worker: Worker) -> None:
        try:
            data = self._sock.recv(64)
        except ConnectionResetError:  # it died with beats unread
            data = b""
        if data:
            worker.retire(PATIENCE)
            return
        loop.remove_reader(self._sock.fileno())
        if not worker.stop.is_set():
            worker.end()
