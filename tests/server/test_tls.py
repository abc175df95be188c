"""A data port with TLS: whom it lets in, for how long, and what it says to those who speak otherwise."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from plait.errors import Unreachable
from plait.http1.dial import ClientTls
from plait.http1.endpoint import Bounds, Endpoint
from plait.http1.renewed import Renewed, server_certificates
from plait.server.listener import Deadlines, Room
from plait.spec.tls import ServerTls
from plait.testing import RawServer
from plait.testing.server import ok
from tests.certificates import HOST, Authority
from tests.http1.test_endpoint import ask
from tests.server.serving import NOBODY, PATIENCE, Proxy, Sides, get, one, post, proxy
from tests.server.streaming import until

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


class Port:
    """What the port of a test shows and trusts."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.cert, self.key = self.authority.issue(name="server")
        self.show()

    def show(self, **options: str) -> None:
        self.now = 0.0
        tls = ServerTls(cert=self.cert, key=self.key, **options)
        make = server_certificates(tls)._make
        Sides.server, Sides.client = Renewed(make, tls.files.values(), lambda: self.now), self.authority.client()


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[Port]:
    yield Port(tmp_path)
    Sides.server = Sides.client = None


@pytest.fixture
def noise(caplog: pytest.LogCaptureFixture) -> Iterator[list[logging.LogRecord]]:
    """What is logged, which nothing that strangers do may cause."""
    caplog.set_level(logging.INFO)
    yield caplog.records
    assert caplog.records == []


@asynccontextmanager
async def raw(port: Proxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection without TLS."""
    reader, writer = await asyncio.open_connection(HOST, port.port)
    try:
        async with asyncio.timeout(PATIENCE):
            yield reader, writer
    finally:
        writer.transport.abort()


async def gone(port: Proxy) -> None:
    async with asyncio.timeout(PATIENCE):
        await port.listener._empty.wait()


async def read(reader: asyncio.StreamReader) -> bytes:
    """What still comes."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_the_front_answers_over_tls(tls: Port, noise: list[object]) -> None:
    async with RawServer(ok(b"1")) as server, proxy(one(server.url)) as port, port.client() as client:
        spoken = client.writer.get_extra_info("ssl_object")
        assert (spoken.version(), spoken.selected_alpn_protocol()) == ("TLSv1.3", "http/1.1")
        for _ in range(3):
            assert (await client.ask(post())).body == b"1"


async def test_graphs_ask_predictors_over_tls(tls: Port, noise: list[object]) -> None:
    """One plait asks another; both ends of the same certificate."""
    async with proxy({"graphs": {"predict": {"transform": {"a": 1}}}}) as inner:
        config = one(f"https://{HOST}:{inner.port}", tls={"ca": tls.authority.file})
        async with proxy(config) as port, port.client() as client:
            for _ in range(3):
                assert (await client.ask(post())).json == {"a": 1}
            assert inner.listener.clients == 1


# Those who do not get so far.


@pytest.mark.parametrize("said", [b"", HELLO[:1], HELLO], ids=["nothing", "a byte", "a part"])
async def test_a_handshake_that_does_not_come_is_closed_at_its_deadline(tls: Port, noise: list[object], said: bytes) -> None:
    async with proxy(NOBODY, Deadlines(header=0.05)) as port, raw(port) as (reader, writer):
        writer.write(said)
        began = port.clock.now()
        assert await read(reader) == b""
        assert 0.04 <= port.clock.now() - began < 2
        await gone(port)


async def test_those_who_shake_hands_count_as_clients_and_more_are_closed_at_once(tls: Port, noise: list[object]) -> None:
    async with proxy(NOBODY, room=Room(connections=2)) as port, port.client() as client, raw(port) as (silent, writer):
        assert (await client.ask(get("/health"))).status == 200
        await until(lambda: port.listener.clients == 2)
        async with raw(port) as (reader, _):
            assert await read(reader) == b""
        assert (await client.ask(get("/health"))).status == 200
        writer.transport.abort()
        await silent.read()


async def test_the_last_place_is_one(tls: Port, noise: list[object]) -> None:
    async with proxy(NOBODY, room=Room(connections=1)) as port:
        for _ in range(3):
            async with port.client() as client:
                assert (await client.ask(get("/health"))).status == 200
            await gone(port)


@pytest.mark.parametrize("said", [b"\x16\x03\x01\x00\x05hello", b"\x15\x03\x01\x00\x02\x02\x28", bytes(100), b"\x16" * 5000])
async def test_what_is_no_handshake_is_closed_without_noise(tls: Port, noise: list[object], said: bytes) -> None:
    async with proxy(NOBODY) as port, raw(port) as (reader, writer):
        writer.write(said)
        assert not (await read(reader)).startswith(b"HTTP")
        writer.close()
        await gone(port)


@pytest.mark.parametrize("said", [get("/health"), post(), get("/health", method=b"DELETE"), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
async def test_plain_http_is_told_to_speak_tls(tls: Port, noise: list[object], said: bytes) -> None:
    async with proxy(NOBODY) as port, raw(port) as (reader, writer):
        writer.write(said)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b"\r\nConnection: close" in head
        assert json.loads(body)["detail"] == "this port speaks TLS; write the URL with https://"
        writer.close()
        await gone(port)


@pytest.mark.slow
async def test_plain_http_that_stays_is_closed_soon(tls: Port, noise: list[object]) -> None:
    async with proxy(NOBODY) as port, raw(port) as (_, writer):
        writer.write(get("/health"))
        await gone(port)


async def test_tls_on_a_port_without_is_told_and_closed(tmp_path: Path, noise: list[object]) -> None:
    context = Authority(tmp_path).client()
    async with proxy(NOBODY) as port:
        with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
            await asyncio.open_connection(HOST, port.port, ssl=context)
        await gone(port)


async def test_draining_does_not_wait_for_a_handshake(tls: Port, noise: list[object]) -> None:
    async with proxy(NOBODY) as port, raw(port) as (reader, writer):
        writer.write(HELLO)
        await until(lambda: port.listener.clients == 1)
        await port.listener.close()
        assert await read(reader) == b""


async def test_draining_does_not_wait_for_a_client_to_say_goodbye(tls: Port, noise: list[object]) -> None:
    async with proxy(NOBODY) as port, port.client() as client:
        assert (await client.ask(get("/health"))).status == 200
        client.writer.transport.pause_reading()  # type: ignore[attr-defined] # a stream transport
        async with asyncio.timeout(1):
            await port.listener.close()


# Clients that leave.


@pytest.mark.parametrize("data", [get("/health") * 3, get("/health") + b"bad\r\n\r\n", b"bad\r\n\r\n", b"GET", post()[:-1], post()])
async def test_a_client_that_says_that_it_is_done_is_one_that_leaves(tls: Port, noise: list[object], data: bytes) -> None:
    async with proxy(NOBODY) as port, port.client() as client:
        client.writer.write(data)
        client.writer.close()
        await gone(port)


@pytest.mark.parametrize("said", [b"x" * 50, b"\x17\x03\x03\x00\x20" + b"x" * 32], ids=["no record", "no such key"])
async def test_bytes_that_nobody_has_encrypted_end_the_connection(tls: Port, noise: list[object], said: bytes) -> None:
    async with proxy(NOBODY) as port:
        loop = asyncio.get_running_loop()
        with socket.create_connection((HOST, port.port)) as sock:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            assert Sides.client is not None
            spoken = Sides.client.wrap_bio(incoming, outgoing, server_hostname=HOST)
            sock.setblocking(False)  # noqa: FBT003 - the standard library's own
            while True:
                try:
                    spoken.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    await loop.sock_sendall(sock, outgoing.read())
                    incoming.write(await loop.sock_recv(sock, 1 << 16))
            await loop.sock_sendall(sock, outgoing.read() + said)
            await gone(port)


# Certificates of clients.


async def asked(port: Proxy, context: ssl.SSLContext) -> bytes:
    """What a plait gets that asks this one."""
    endpoint = Endpoint(HOST, port.port, Bounds(connect_timeout=5), ClientTls(Renewed(lambda: context, ())))
    call = ask(endpoint, "/predict", b"{}")
    call.data = post()
    try:
        async with asyncio.timeout(PATIENCE):
            return await call.future
    finally:
        await endpoint.close()


VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
CONSTANT = {"graphs": {"predict": {"value": 1}}}


@VERSIONS
async def test_a_client_with_a_good_certificate_is_served(tls: Port, version: ssl.TLSVersion, noise: list[object]) -> None:
    tls.show(client_ca=tls.authority.file)
    cert, key = tls.authority.issue("client", name="client")
    context = tls.authority.client(cert=cert, key=key)
    context.maximum_version = version
    async with proxy(CONSTANT) as port:
        assert await asked(port, context) == b"1"


@VERSIONS
@pytest.mark.parametrize("shown", ["none", "stranger's"])
async def test_a_client_without_a_good_certificate_is_not(
    tls: Port, tmp_path_factory: pytest.TempPathFactory, version: ssl.TLSVersion, shown: str, noise: list[object]
) -> None:
    tls.show(client_ca=tls.authority.file)
    cert, key = Authority(tmp_path_factory.mktemp("stranger")).issue("client", name="client")
    context = tls.authority.client() if shown == "none" else tls.authority.client(cert=cert, key=key)
    context.maximum_version = version
    why = "does not accept plait's certificate"
    if shown == "none":
        # TLS 1.2 has no word of its own for it.
        why = "asks for a certificate of plait's" if version == ssl.TLSVersion.TLSv1_3 else "the TLS handshake failed"
    async with proxy(CONSTANT) as port:
        with pytest.raises(Unreachable, match=why):
            await asked(port, context)
        await gone(port)


# Renewal.


async def test_a_renewed_certificate_is_shown_to_those_who_come_later(tls: Port) -> None:
    def serial() -> str:
        return str(client.writer.get_extra_info("ssl_object").getpeercert()["serialNumber"])

    async with proxy(NOBODY) as port, port.client() as first:
        async with port.client() as client:
            old = serial()
        tls.authority.issue(name="server")
        tls.now = 60
        async with port.client() as client:
            assert serial() != old
            assert (await client.ask(get("/health"))).status == 200
        assert (await first.ask(get("/health"))).status == 200
        tls.authority.write("server.key", b"half")
        tls.now = 120
        async with port.client() as client:
            assert (await client.ask(get("/health"))).status == 200
