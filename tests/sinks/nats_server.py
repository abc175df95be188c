"""A real NATS server with JetStream for tests: Debian's package, on a free port, ended with the test."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

PROGRAM = shutil.which("nats-server")
SECONDS = 30


class NatsServer:
    """A server with its streams in a folder of its own; the second time it starts on the port of the first.

    Args:
        folder: For its streams.
        options: Further ones of its command.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._command = ["-js", "-sd", str(folder), "-a", "127.0.0.1", *options]
        self._process: Process | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    async def start(self) -> None:
        assert PROGRAM is not None
        if not self.port:
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
        command = (PROGRAM, *self._command, "-p", str(self.port))
        self._process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
        assert self._process.stderr is not None
        said = b""
        async with asyncio.timeout(SECONDS):
            while b"Server is ready" not in said:
                line = await self._process.stderr.readline()
                assert line, f"nats-server did not start: {said.decode()}"
                said += line

    async def end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            async with asyncio.timeout(SECONDS):
                await self._process.communicate()
            self._process = None


@asynccontextmanager
async def nats_server(folder: Path, *options: str) -> AsyncIterator[NatsServer]:
    """A server for the length of the block."""
    if PROGRAM is None and not os.environ.get("CI"):
        pytest.skip("needs NATS: install Debian's package nats-server; in CI it must be there")
    server = NatsServer(folder, *options)
    await server.start()
    try:
        yield server
    finally:
        await server.end()
