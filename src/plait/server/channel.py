"""A worker's line to its parent: it brings its place, plans, questions, the word to leave; it beats, and ends with the parent."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.graph.plan import Plan
from plait.server.counted import Counted
from plait.server.frames import Frame, Frames, framed, opened
from plait.server.questions import answer

if TYPE_CHECKING:
    from plait.server.serve import Worker

BEAT = 1.0
PATIENCE = 5.0
"""Seconds that clients of a worker that leaves to a successor have for one more request."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker is to do.

    Args:
        number: Which of the workers it is.
        listener: Where its clients come.
        text: The plan that it runs, encoded.
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
        self._frames: Frames | None = None
        self._opening: asyncio.Task[None] | None = None
        self._beating: asyncio.TimerHandle | None = None
        self._counted: Counted | None = None

    def place(self) -> Place | None:
        """Wait for a place, however long it takes, and beat meanwhile; None if the parent has gone."""
        self._sock.settimeout(BEAT)
        while True:
            try:
                number, descriptors, _, _ = socket.recv_fds(self._sock, 16, 2)
            except TimeoutError:
                # A parent that stands still has beats enough; of one that died we hear.
                with suppress(TimeoutError, BrokenPipeError, ConnectionResetError):
                    self._sock.sendall(framed("beat"))
                continue
            except ConnectionResetError:  # it died with beats unread
                return None
            return _placed(number, *descriptors) if number else None

    def open(self, worker: Worker) -> None:
        """Tell the parent that clients can come, and listen to it from now on, until the worker has ended."""
        worker.hang_up = self.close
        if worker.reconciler is not None:
            acts = worker.reconciler.lasting.acts
            acts.elsewhere = self._counted = Counted(acts.alone)
        self._opening = asyncio.get_running_loop().create_task(self._open(worker))

    async def close(self) -> None:
        """End the line."""
        if self._opening is not None:
            await asyncio.wait((self._opening,))
        if self._beating is not None:
            self._beating.cancel()
        if self._frames is not None:
            await self._frames.end()

    async def _open(self, worker: Worker) -> None:
        def heard(frame: Frame) -> None:
            self._heard(frame, worker)

        def ended() -> None:
            if self._counted is not None:
                self._counted.ended()
            if not worker.stop.is_set():
                worker.end()

        self._frames = frames = await opened(self._sock, heard, ended)
        if worker.reconciler is not None:
            worker.reconciler.report(lambda running: frames.send("running", running))
        if self._counted is not None:
            self._counted.opened(frames)
        frames.send("ready")
        self._beat(asyncio.get_running_loop(), frames)

    def _beat(self, loop: asyncio.AbstractEventLoop, frames: Frames) -> None:
        frames.send("beat")
        self._beating = loop.call_later(BEAT, self._beat, loop, frames)

    def _heard(self, frame: Frame, worker: Worker) -> None:
        if frame.kind == "retire":
            worker.retire(PATIENCE)
        elif frame.kind == "plan" and worker.reconciler is not None:
            worker.reconciler.adopt(frame.read(Plan))
        elif frame.kind == "counted" and self._counted is not None:
            self._counted.told(frame)
        elif frame.kind == "ask" and self._frames is not None:
            self._frames.send("told", answer(worker, frame.read(dict)), frame.number)


def _placed(number: bytes, listener: int, text: int) -> Place:
    os.set_inheritable(listener, False)  # noqa: FBT003 - the standard library's own
    with open(text, "rb") as file:
        return Place(int(number), socket.socket(fileno=listener), file.read())
