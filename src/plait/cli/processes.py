"""Start processes, prefix their lines, start again those that crash, and end them all together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from plait.cli.parent import PARENT
from plait.errors import StartError

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 10.0
PATIENCE = 35.0
_PIECE = 64 << 10


@dataclass(frozen=True, slots=True)
class Service:
    """One plait command that keeps running.

    Args:
        name: What its lines are prefixed with.
        arguments: What follows `plait`.
        vital: Whether all ends when it cannot start at all.
    """

    name: str
    arguments: tuple[str, ...]
    vital: bool = False


class Watch:
    """Keeps services running until told to stop.

    Args:
        services: What to run.
        say: Takes one line and the name of the service that it comes from.
    """

    def __init__(self, services: list[Service], say: Callable[[str, str], None]) -> None:
        self._services = services
        self._say = say
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End every service."""
        self._stopping.set()

    async def run(self) -> None:
        """Run all services until `stop`.

        Raises:
            StartError: If a vital one ends by itself soon after its first start.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for service in self._services:
                    group.create_task(self._keep(service))
        except* StartError as errors:
            raise errors.exceptions[0] from None

    async def _keep(self, service: Service) -> None:
        pause = FIRST_PAUSE
        first = True
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            code = await self._once(service)
            if self._stopping.is_set():
                return
            steady = asyncio.get_running_loop().time() - began >= STEADY
            if first and service.vital and not steady and code >= 0:  # below 0 it was killed, which says nothing of its start
                raise StartError(f"{service.name} could not start (exit code {code})")
            if steady:
                pause = FIRST_PAUSE
            self._say(service.name, f"ended with exit code {code}; starts again in {pause:g} s")
            await self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            first = False

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _once(self, service: Service) -> int:
        """Run a service until it ends or must; its exit code."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "plait",
            *service.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, PARENT: str(os.getpid()), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl-C reaches this process only, which then ends its own in order
        )
        stopping = asyncio.create_task(self._stopping.wait())
        reading = asyncio.create_task(self._read(process, service.name))
        try:
            await asyncio.wait((stopping, reading), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            await _end(process)
            await asyncio.wait((stopping, reading))
        return process.returncode or 0

    async def _read(self, process: asyncio.subprocess.Process, name: str) -> None:
        """Pass on its lines until it closes its output, which it does by ending."""
        if process.stdout is not None:
            await pass_on(process.stdout, partial(self._say, name))
        await process.wait()


async def pass_on(output: asyncio.StreamReader, say: Callable[[str], None]) -> None:
    """Say every line of an output until its end; one that is too long in pieces."""
    rest = b""
    while read := await output.read(_PIECE):
        *lines, rest = (rest + read).split(b"\n")
        if len(rest) >= _PIECE:
            lines, rest = [*lines, rest], b""
        for line in lines:
            say(line.decode(errors="replace"))
    if rest:
        say(rest.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask it to end; if it does not, make it."""
    if process.returncode is not None:
        return
    try:
        process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    except ProcessLookupError:
        await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def run_until_signal(
    services: list[Service],
    say: Callable[[str, str], None],
    meanwhile: Callable[[], Coroutine[Any, Any, bool]] | None = None,
) -> None:
    """Run services until SIGINT, SIGTERM or SIGHUP.

    Args:
        services: What to run.
        say: Takes the name of a service and one of its lines.
        meanwhile: What to do once they are starting; all ends after it if it says False.

    Raises:
        StartError: If a vital service, or what is done meanwhile, fails.
    """
    watch = Watch(services, say)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, watch.stop)

    async def accompany() -> None:
        if meanwhile is not None and not await meanwhile():
            watch.stop()

    try:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch.run())
            beside = group.create_task(accompany())
            watching.add_done_callback(lambda _: beside.cancel())
    except* StartError as errors:
        raise errors.exceptions[0] from None
