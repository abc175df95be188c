"""The layer of TLS between a socket's transport and a protocol, fed by hand."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from functools import partial
from pathlib import Path

from plait.http1.tls import Tls
from tests.certificates import HOST, Authority


class Socket(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


class Refusing(asyncio.Protocol):
    """Answers whatever comes."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard.append(data)
        self.transport.write(b"no")  # type: ignore[attr-defined] # a stream transport


def test_after_a_broken_record_the_answer_to_what_came_before_it_is_dropped_and_the_connection_ends(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    below, above = Socket(), Refusing()
    ended: list[OSError | None] = []
    tls = Tls(above, partial(authority.server().wrap_bio, server_side=True), ended.append)
    to_client, from_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = authority.client().wrap_bio(to_client, from_client, server_hostname=HOST)
    tls.connection_made(below)
    while not ended:
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        tls.data_received(from_client.read())
        to_client.write(below.written)
        below.written = b""
    client.write(b"good")
    good = from_client.read()
    client.write(b"broken")
    broken = bytearray(from_client.read())
    broken[-1] ^= 1
    tls.data_received(good + bytes(broken))
    assert (ended, above.heard, below.closed) == ([None], [b"good"], True)
    below.written = b""
    tls.write(b"more")
    assert below.written == b""
