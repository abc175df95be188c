"""Messages between plait's own processes: JSON in frames, over a pair of stream sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

_T = TypeVar("_T")

LARGEST = 64 << 20
"""Bytes of one message; what claims to be longer is none of ours."""
UNREAD = 64 << 20
"""Bytes that may wait for the other end; it is taken for gone when there are more."""
_LENGTH = 4


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message.

    Args:
        kind: What it is.
        body: What it says, read by whoever knows the kind.
        number: Which question it asks or answers, if it does.
    """

    kind: str
    body: msgspec.Raw = msgspec.Raw(b"null")
    number: int = 0

    def read(self, kind: type[_T]) -> _T:
        """What it says."""
        return msgspec.json.decode(self.body, type=kind)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Frame).decode


def framed(kind: str, body: Any = None, number: int = 0) -> bytes:
    """A message as it goes on the wire: its length in four bytes, the highest first, then its JSON."""
    data = _encode(Frame(kind, msgspec.Raw(_encode(body)), number))
    return len(data).to_bytes(_LENGTH, "big") + data


class Frames(asyncio.Protocol):
    """One end, in an event loop.

    Args:
        heard: Is called with each message.
        ended: Is called once, when the other end has gone.
    """

    def __init__(self, heard: Callable[[Frame], None], ended: Callable[[], None]) -> None:
        self._heard = heard
        self._ended = ended
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._over = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line stands."""
        self._transport = transport  # type: ignore[assignment] # a stream transport

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH:
            length = int.from_bytes(self._buffer[:_LENGTH], "big")
            if length > LARGEST:
                self.close()
                return
            if len(self._buffer) < _LENGTH + length:
                return
            body = bytes(self._buffer[_LENGTH : _LENGTH + length])
            del self._buffer[: _LENGTH + length]
            self._heard(_decode(body))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why, is all the same
        """The other end has gone, or this one was closed."""
        self._transport = None
        self._over.set()
        self._ended()

    def send(self, kind: str, body: Any = None, number: int = 0) -> None:
        """Send a message; to an end that has gone, or reads no more, it is lost."""
        transport = self._transport
        if transport is None:
            return
        transport.write(framed(kind, body, number))
        if transport.get_write_buffer_size() > UNREAD:
            transport.abort()

    def close(self) -> None:
        """End the line; what was not sent yet is lost."""
        if self._transport is not None:
            self._transport.abort()

    async def end(self) -> None:
        """The same, and wait until it has."""
        self.close()
        await self._over.wait()


async def opened(sock: socket.socket, heard: Callable[[Frame], None], ended: Callable[[], None]) -> Frames:
    """One end of a line, which listens from now on.

    Args:
        sock: A connected stream socket, which is taken over: the object that was given is closed to its owner.
        heard: Is called with each message.
        ended: Is called once, when the other end has gone.
    """
    sock = socket.socket(fileno=sock.detach())
    sock.setblocking(False)  # noqa: FBT003 - the standard library's own
    _, frames = await asyncio.get_running_loop().create_unix_connection(lambda: Frames(heard, ended), sock=sock)
    return frames


def read(sock: socket.socket, seconds: float) -> Frame | None:
    """The next message, before there is a loop; None if the other end has gone, or says nothing for so long."""
    sock.settimeout(seconds)
    with suppress(TimeoutError, ConnectionResetError):
        head = _exactly(sock, _LENGTH)
        length = int.from_bytes(head, "big")
        body = _exactly(sock, length) if len(head) == _LENGTH and length <= LARGEST else b""
        if body and len(body) == length:
            return _decode(body)
    return None


def _exactly(sock: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count and (data := sock.recv(min(count - len(found), 1 << 16))):
        found += data
    return bytes(found)
