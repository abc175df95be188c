"""One worker process, as its parent sees it: started, given its place, ready, asked, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import msgspec

from plait.errors import StartError
from plait.rules.acting import Match
from plait.server.frames import Frame, Frames, opened
from plait.server.restarts import Pulse
from plait.server.running import Running

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Program:
    """What workers run.

    Args:
        command: The command, to which a worker's own option is added.
        text: The plan that they run, encoded.
        server: What it says of the server itself.
    """

    command: tuple[str, ...]
    text: bytes
    server: msgspec.Raw


class Member:
    """A worker from its start to its end.

    Args:
        process: Its process.
        channel: The parent's end of the line to it.
    """

    def __init__(self, process: Process, channel: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self.number: int | None = None
        self.pulse: Pulse | None = None
        self.served: float | None = None
        self.running: Running | None = None
        self.told: Callable[[Member], None] | None = None
        self.count: Callable[[Match], bool] | None = None
        self.ready = asyncio.Event()
        self.leaving = False
        self._process = process
        self._channel = channel
        self._hand = channel.dup()
        self._frames: Frames | None = None
        self._loop = loop
        self._since = 0.0
        self._asked: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._questions = 0
        self.over = loop.create_task(self._over())

    async def listen(self) -> None:
        """Hear it from now on."""
        self._frames = await opened(self._channel, self._heard, _nothing)

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def name(self) -> str:
        """Which of the workers it is, for people."""
        return "the spare worker" if self.number is None else f"worker {self.number}"

    @property
    def end(self) -> str:
        """How it ended, for people."""
        code = self._process.returncode or 0
        return f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"

    @property
    def refused(self) -> bool:
        """Whether it ended of its own, with a reason that it has told."""
        return (self._process.returncode or 0) > 0

    @property
    def killed(self) -> bool:
        """Whether somebody ended it by force."""
        return self._process.returncode == -signal.SIGKILL

    def take(self, number: int, text: bytes, sock: socket.socket) -> None:
        """Give it its place; one that still starts finds it when it has imported everything.

        Raises:
            StartError: If the text cannot be handed over.
        """
        self.number, self.pulse = number, None  # it beats again when clients can come
        try:
            with _handed(text) as file, suppress(ConnectionError):  # it has ended just now
                socket.send_fds(self._hand, [str(number).encode()], [sock.fileno(), file.fileno()])
        except OSError as exc:
            self.send(signal.SIGKILL)
            raise _failed(exc) from None

    def adopt(self, text: bytes) -> None:
        """Have it run another plan."""
        if self._frames is not None:
            self._frames.send("plan", msgspec.Raw(text))

    async def ask(self, question: dict[str, Any]) -> msgspec.Raw | None:
        """What it answers; None if it has ended before."""
        if self._frames is None or not self.ready.is_set():
            return None
        self._questions += 1
        number, future = self._questions, self._loop.create_future()
        self._asked[number] = future
        self._frames.send("ask", question, number)
        try:
            await asyncio.wait((future, self.over), return_when=asyncio.FIRST_COMPLETED)
            return future.result() if future.done() else None
        finally:
            del self._asked[number]

    async def becomes_ready(self, seconds: float) -> bool:
        """Wait until clients can come; if that is not to be, or takes too long, it has ended."""
        ready = self._loop.create_task(self.ready.wait())
        try:
            await asyncio.wait((ready, self.over), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            await asyncio.wait((ready,))
        if self.ready.is_set():
            return True
        self.send(signal.SIGKILL)
        await asyncio.wait((self.over,))
        return False

    async def leave(self, seconds: float) -> None:
        """Have it finish and end, after so many seconds at the latest."""
        self.leaving = True
        if self._frames is not None:
            self._frames.send("retire")
        await asyncio.wait((self.over,), timeout=seconds)
        self.send(signal.SIGKILL)
        await asyncio.wait((self.over,))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _heard(self, frame: Frame) -> None:
        now = self._loop.time()
        if frame.kind == "ready":
            self._since = now
            self.ready.set()
        elif frame.kind == "running":
            self.running = frame.read(Running)
            if self.told is not None:
                self.told(self)
        elif frame.kind == "count" and self.count is not None and self._frames is not None:
            self._frames.send("counted", self.count(frame.read(Match)), frame.number)
        elif frame.kind == "told" and (future := self._asked.get(frame.number)) is not None and not future.done():
            future.set_result(frame.body)
        if self.number is None or self.ready.is_set():  # else it is a beat from before it had its place
            self.pulse = Pulse(now)

    async def _over(self) -> None:
        await self._process.wait()
        self._hand.close()
        if self._frames is not None:
            self._frames.close()
        else:
            self._channel.close()
        if self.ready.is_set():
            self.served = self._loop.time() - self._since


async def start(program: Program) -> Member:
    """Start a worker that waits for its place.

    Raises:
        StartError: If the system has no room for it.
    """
    try:
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as stack:
            stack.enter_context(ours)
            process = await asyncio.create_subprocess_exec(
                *program.command,
                "--channel",
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C reaches the parent only, which then ends its workers in order
            )
            stack.pop_all()
    except OSError as exc:
        raise _failed(exc) from None
    member = Member(process, ours)
    await member.listen()
    return member


def _handed(text: bytes) -> IO[bytes]:
    """A file of a text that needs no folder where the system can do without: a container's are often read-only."""
    if sys.platform == "linux":
        file: IO[bytes] = os.fdopen(os.memfd_create("plait"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's `with` closes it
    file.write(text)
    file.seek(0)
    return file


def _nothing() -> None:
    """That the line has ended is nothing new: so has the process, or it will have."""


def _failed(exc: OSError) -> StartError:
    return StartError(f"a worker process cannot be started: {(exc.strerror or str(exc)).lower()}")
