"""A server that reads what it gets and writes what it is told, byte for byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Self

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def ok(body: bytes = b'{"ok":true}') -> bytes:
    """A plain JSON answer, whole."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One request with a Content-Length, head and body.

    Raises:
        asyncio.IncompleteReadError: If the client has left.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head + await reader.readexactly(length)


class RawServer:
    """Listens on a free port of 127.0.0.1 while it is open.

    Args:
        script: What to do with each connection, or the bytes of the answer to every request.
        tls: With it, TLS is spoken.

    `requests` holds what was asked where the script is bytes, `connections` counts those that came, `open` those that stand, and
    `gone` is set whenever one ends.
    """

    def __init__(self, script: Script | bytes, tls: ssl.SSLContext | None = None) -> None:
        self._script = script if callable(script) else self._answering(script)
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.gone = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        """Its URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and end every connection."""
        if self._server is not None:
            self._server.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def empty(self) -> None:
        """Wait until no connection stands."""
        while self.open:
            self.gone.clear()
            await self.gone.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        self.connections += 1
        self.open += 1
        try:
            await self._script(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # The client has left, or the server is closing: both end the connection, as they should.
            pass
        except RuntimeError:  # uvloop's word for writing to a client that has left
            if not writer.is_closing():
                raise
        finally:
            self.open -= 1
            self.gone.set()
            writer.transport.abort()
            if task is not None:
                self._tasks.discard(task)

    def _answering(self, answer: bytes) -> Script:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                self.requests.append(await read_request(reader))
                writer.write(answer)

        return script
