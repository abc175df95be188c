"""Clients that ask without a pause, on connections that they keep while the server does."""

from __future__ import annotations

import asyncio
import threading
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_REQUEST = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Load:
    """What became of the requests of some clients."""

    def __init__(self, url: str, clients: int) -> None:
        self.good = 0
        self.last = 0
        """Answers that were the last of their connection."""
        self.failures: list[str] = []
        self._address = urlsplit(url)
        self._clients = clients
        self._stopping = False
        self._busy = threading.Semaphore(0)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def start(self) -> None:
        """Begin; every client has had an answer when this returns."""
        self._thread.start()
        for _ in range(self._clients):
            assert self._busy.acquire(timeout=30)

    def stop(self) -> None:
        """Let each client finish its request."""
        self._stopping = True
        self._thread.join(30)
        assert not self._thread.is_alive(), "a request has had no answer for 30 s"

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._clients):
                group.create_task(self._client())

    async def _client(self) -> None:
        new = True
        while not self._stopping:
            try:
                reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
            except OSError as exc:
                self.failures.append(repr(exc))
                return
            try:
                while not self._stopping:
                    kept = await self._ask(reader, writer)
                    self.good += 1
                    if new:
                        self._busy.release()
                        new = False
                    if not kept:
                        self.last += 1
                        break
            except (OSError, IncompleteReadError) as exc:
                self.failures.append(repr(exc))
            finally:
                writer.close()

    async def _ask(self, reader: StreamReader, writer: StreamWriter) -> bool:
        """Whether the connection is kept."""
        writer.write(_REQUEST)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        if not head.startswith(b"http/1.1 200"):
            self.failures.append(head.decode())
        return b"connection: close" not in head


@contextmanager
def load(url: str, clients: int = 8) -> Iterator[Load]:
    """Clients that are at it for the length of the block."""
    running = Load(url, clients)
    running.start()
    try:
        yield running
    finally:
        running.stop()
