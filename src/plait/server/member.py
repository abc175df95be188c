"""One worker process, as its parent sees it."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.server.channel import RETIRE
from plait.server.restarts import Pulse

if TYPE_CHECKING:
    from asyncio.subprocess import Process


@dataclass(frozen=True, slots=True)
class Program:
    """What workers run.

    Args:
        command: The command, to which a worker's own options are added.
        text: What the command reads from its standard input: the file, as it was when the workers were told to run it.
    """

    command: tuple[str, ...]
    text: bytes


class Member:
    """A worker from its start to its end.

    Args:
        number: Which of the workers.
        process: Its process.
        channel: The parent's end of the line to it.
    """

    def __init__(self, number: int, process: Process, channel: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self.number = number
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
        if not self.ready.is_set():
            self._since = now
            self.ready.set()
        self.pulse = Pulse(now)

    async def _over(self) -> None:
        await self._process.wait()
        self._loop.remove_reader(self._channel.fileno())
        self._channel.close()
        if self.ready.is_set():
            self.served = self._loop.time() - self._since


async def start(number: int, program: Program, sock: socket.socket) -> Member:
    """Start a worker that takes its clients from a listening socket."""
    ours, theirs = socket.socketpair()
    own = ("--number", number, "--listener", sock.fileno(), "--channel", theirs.fileno())
    with theirs, tempfile.TemporaryFile() as text:
        text.write(program.text)
        text.seek(0)
        try:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                *map(str, own),
                stdin=text,
                pass_fds=(sock.fileno(), theirs.fileno()),
                start_new_session=True,  # Ctrl-C reaches the parent only, which then ends its workers in order
            )
        except BaseException:
            ours.close()
            raise
    return Member(number, process, ours)
