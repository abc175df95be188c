"""Real plait processes for the tests: started on free ports, ended by id."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, Queue

READY = re.compile(r" on (http://\S+)$")
START_SECONDS = 30
END_SECONDS = 30


class Plait:
    """One process, and the lines that it writes to standard error."""

    def __init__(self, arguments: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "plait", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **environ},
        )
        self.lines: list[str] = []
        self._queue: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def until(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Read lines until one matches."""
        while True:
            try:
                line = self._queue.get(timeout=START_SECONDS)
            except Empty:
                raise AssertionError(f"no line matched {pattern.pattern!r} in {START_SECONDS} s:\n{self.text}") from None
            if line is None:
                raise AssertionError(f"the process ended with {self.process.wait()}:\n{self.text}")
            self.lines.append(line)
            found = pattern.search(line)
            if found:
                return found

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(END_SECONDS)
        while (line := self._queue.get()) is not None:
            self.lines.append(line)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@contextmanager
def plait(*arguments: str, **environ: str) -> Iterator[Plait]:
    """A process for the length of the block."""
    started = Plait(arguments, environ)
    try:
        yield started
    finally:
        if started.process.returncode is None:
            started.end()


@contextmanager
def serving(*arguments: str, **environ: str) -> Iterator[tuple[str, Plait]]:
    """A process that serves, and its URL."""
    with plait(*arguments, **environ) as started:
        yield started.until(READY)[1], started


def run(*arguments: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """A command, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "plait", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
        timeout=60,
        check=False,
    )
