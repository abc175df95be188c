"""A worker's line to its parent: it brings its place, hears that it shall leave, beats, and ends when the parent is gone."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.server.serve import Worker

BEAT = 1.0
BEATING = b"."
READY = b"+"
RETIRE = b"r"
PATIENCE = 5.0
"""Seconds that clients of a worker that leaves to a successor have for one more request."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker is to do.

    Args:
        number: Which of the workers it is.
        listener: Where its clients come.
        text: The file that it runs, as it was when its parent last read it.
    """

    number: int
    listener: socket.socket
    text: bytes


class Channel:
    """The worker's end.

    Args:
        sock: One end of a pair of stream sockets; the parent has the other.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.set_inheritable(False)
        self._sock = sock

    def place(self) -> Place | None:
        """Wait for a place, however long it takes, and beat meanwhile; None if the parent has gone."""
        self._sock.settimeout(BEAT)
        while True:
            try:
                number, descriptors, _, _ = socket.recv_fds(self._sock, 16, 2)
            except TimeoutError:
                self._send(BEATING)
                continue
            except ConnectionResetError:  # it died with beats unread
                return None
            return _placed(number, *descriptors) if number else None

    def open(self, worker: Worker) -> None:
        """Tell the parent that clients can come, and listen to it from now on."""
        loop = asyncio.get_running_loop()
        self._sock.setblocking(False)  # noqa: FBT003 - the standard library's own
        loop.add_reader(self._sock.fileno(), self._heard, loop, worker)
        self._beat(loop, READY)

    def _beat(self, loop: asyncio.AbstractEventLoop, data: bytes = BEATING) -> None:
        self._send(data)
        loop.call_later(BEAT, self._beat, loop)

    def _send(self, data: bytes) -> None:
        # A parent that stands still has beats enough; of one that died we hear.
        with suppress(BlockingIOError, TimeoutError, BrokenPipeError, ConnectionResetError):
            self._sock.send(data)

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


def _placed(number: bytes, listener: int, text: int) -> Place:
    os.set_inheritable(listener, False)  # noqa: FBT003 - the standard library's own
    with open(text, "rb") as file:
        return Place(int(number), socket.socket(fileno=listener), file.read())
