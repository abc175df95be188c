"""Clients over keep-alive connections that cost little beside what is measured, and that can leave as clients do."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from time import perf_counter
from typing import Self
from urllib.parse import urlsplit

import msgspec

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close\r\n", re.IGNORECASE)
PATIENCE = 60.0


class Answered(msgspec.Struct, frozen=True):
    """An answer: its moments are those of `perf_counter`."""

    status: int
    head: bytes
    body: bytes
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def post(path: str = "/predict", body: bytes = b"{}", **fields: str) -> bytes:
    """The bytes of a POST of JSON; in the names of fields `_` is `-`."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    head = f"POST {path} HTTP/1.1\r\nHost: proof\r\nContent-Type: application/json\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def put(path: str, body: bytes, token: str) -> bytes:
    """The bytes of a PUT of JSON by who may change things."""
    request = post(path, body, Authorization=f"Bearer {token}")
    return request.replace(b"POST", b"PUT", 1).replace(b"Host: proof", b"Host: localhost", 1)


def get(path: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: proof\r\n\r\n".encode()


class Connection(asyncio.Protocol):
    """One connection of a client; one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.kept = True
        """Whether the server will take another request."""
        self.closed_at: float | None = None
        self.received = b""
        self._began = 0.0
        self._gone = asyncio.get_running_loop().create_future()
        self._waiting: asyncio.Future[Answered] | None = None

    def send(self, request: bytes) -> asyncio.Future[Answered]:
        """Send a request; its answer comes by the future."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._began = perf_counter()
        if self.transport is None:
            self._waiting.set_exception(ConnectionResetError("the server has closed the connection"))
        else:
            self.transport.write(request)
        return self._waiting

    async def ask(self, request: bytes) -> Answered:
        """The answer to a request.

        Raises:
            ConnectionError: If the connection ends before.
            TimeoutError: If nothing comes in a minute.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.send(request)
        except BaseException:
            self.leave()
            raise

    def leave(self, *, reset: bool = False) -> None:
        """Hang up, in good order or by a reset."""
        transport, self._waiting, self.kept = self.transport, None, False
        if transport is None:
            return
        if reset:
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    async def gone(self) -> float:
        """The moment at which the connection ended."""
        await self._gone
        return self.closed_at or 0.0

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment] # a stream transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if found else None
        if self._waiting is None or self._waiting.done() or length is None or len(body) < int(length[1]):
            return
        self.received = b""
        self.kept = not _CLOSE.search(head + b"\r\n")
        self._waiting.set_result(Answered(int(head[9:12]), head, body, self._began, perf_counter()))

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport, self.kept, self.closed_at = None, False, perf_counter()
        if not self._gone.done():
            self._gone.set_result(None)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError(f"the connection ended before an answer: {exc or 'closed'}"))


async def connect(url: str) -> Connection:
    """A new connection to a server."""
    address = urlsplit(url)
    _, connection = await asyncio.get_running_loop().create_connection(Connection, address.hostname or "", address.port or 0)
    return connection


class Clients:
    """Clients of one server, each with a connection that the next request takes over; those that leave take theirs along."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._open:
            connection.leave()
        for connection in self._open:
            await connection.gone()

    async def connection(self) -> Connection:
        """A connection that stands, a kept one if there is one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.kept:
                return connection
        self._open = {connection for connection in self._open if connection.transport is not None}
        connection = await connect(self._url)
        self._open.add(connection)
        return connection

    def keep(self, connection: Connection) -> None:
        """Let the next request have it."""
        if connection.kept:
            self._idle.append(connection)
        elif connection.transport is not None:
            connection.leave()

    async def ask(self, request: bytes) -> Answered:
        """The answer to a request.

        Raises:
            OSError: If there is none.
        """
        connection = await self.connection()
        answer = await connection.ask(request)
        self.keep(connection)
        return answer
