"""One worker process, as its parent sees it: started, given its place, ready, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from plait.errors import StartError
from plait.server.channel import READY, RETIRE
from plait.server.restarts import Pulse

if TYPE_CHECKING:
    from asyncio.subprocess import Process


@dataclass(frozen=True, slots=True)
class Program:
    """What workers run.

    Args:
        command: The command, to which a worker's own option is added.
        text: The file, as it was when the workers were told to run it.
    """

    command: tuple[str, ...]
    text: bytes


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
        self.ready = asyncio.Event()
        self.leaving = False
        self._process = process
        self._channel = channel
        self._loop = loop
        self._since = 0.0
        channel.setblocking(False)  # noqa: FBT003 - the standard library's own
        loop.add_reader(channel.fileno(), self._heard)
        self.over = loop.create_task(self._over())

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
                socket.send_fds(self._channel, [str(number).encode()], [sock.fileno(), file.fileno()])
        except OSError as exc:
            self.send(signal.SIGKILL)
            raise _failed(exc) from None

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
        with suppress(OSError):  # it has ended just now
            self._channel.send(RETIRE)
        await asyncio.wait((self.over,), timeout=seconds)
        self.send(signal.SIGKILL)
        await asyncio.wait((self.over,))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _heard(self) -> None:
        try:
            data = self._channel.recv(4096)
        except ConnectionResetError:
            data = b""
        if not data:
            self._loop.remove_reader(self._channel.fileno())
            return
        now = self._loop.time()
        if READY in data:
            self._since = now
            self.ready.set()
        if self.number is None or self.ready.is_set():  # else it is a beat from before it had its place
            self.pulse = Pulse(now)

    async def _over(self) -> None:
        await self._process.wait()
        self._loop.remove_reader(self._channel.fileno())
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
    return Member(process, ours)


def _handed(text: bytes) -> IO[bytes]:
    """A file of a text that needs no folder where the system can do without: a container's are often read-only."""
    if sys.platform == "linux":
        file: IO[bytes] = os.fdopen(os.memfd_create("plait"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's `with` closes it
    file.write(text)
    file.seek(0)
    return file


def _failed(exc: OSError) -> StartError:
    return StartError(f"a worker process cannot be started: {(exc.strerror or str(exc)).lower()}")
