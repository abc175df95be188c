"""Real plait processes for the tests: started on free ports, ended by id."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

READY = re.compile(r" on (https?://\S+)$")
START_SECONDS = 30
END_SECONDS = 30
PATIENCE = 60


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
        return self.wait()

    def wait(self) -> int:
        """Wait until it ends; the exit code."""
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


@asynccontextmanager
async def serving_config(config: Mapping[str, Any], folder: Path) -> AsyncIterator[str]:
    """The URL of a process that serves a configuration, while the loop goes on, as predictors that live on it want."""
    file = folder / "plait.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    process = serving("serve", str(file), "--port", "0")
    url, _ = await asyncio.to_thread(process.__enter__)
    try:
        yield url
    finally:
        await asyncio.to_thread(process.__exit__, None, None, None)


@asynccontextmanager
async def started(*command: str, **environ: str) -> AsyncIterator[Process]:
    """A process that has ended, or is ended, with the block."""
    env = {**os.environ, **environ}
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env=env)
    try:
        async with asyncio.timeout(PATIENCE):
            yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
