"""Connections with TLS: whom they trust, what they say and show, and why there is none."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from trustme import CA

from plait.errors import BadAnswer, Unreachable
from plait.http1.certificates import client_context, server_context
from plait.http1.dial import ClientTls
from plait.http1.endpoint import Bounds, Endpoint
from plait.http1.renewed import Renewed
from plait.spec.tls import PredictorTls, ServerTls
from plait.testing import FaultProxy, RawServer, Slice
from plait.testing.server import ok, read_request
from tests.certificates import HOST, Authority, self_signed
from tests.http1.test_endpoint import answer, ask

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
PATIENT = Bounds(connect_timeout=5)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def asking(server: RawServer, context: ssl.SSLContext, name: str = "", bounds: Bounds = PATIENT) -> AsyncIterator[Endpoint]:
    """An endpoint at a server's port."""
    async with server, asyncio.timeout(10):
        endpoint = Endpoint(HOST, server.port, bounds, ClientTls(Renewed(lambda: context, ()), name))
        try:
            yield endpoint
        finally:
            await endpoint.close()
            assert endpoint.open == endpoint.waiting == 0


async def reason(server: RawServer, context: ssl.SSLContext, name: str = "", bounds: Bounds = PATIENT) -> str:
    """Why there is no connection."""
    async with asking(server, context, name, bounds) as endpoint:
        with pytest.raises(Unreachable) as caught:
            await answer(endpoint)
        assert not re.search(rf"{re.escape(HOST)}|{server.port}|_ssl|\.pem", caught.value.detail)
        return caught.value.detail


async def test_an_answer_comes_over_tls_1_2_or_newer_and_http_1_1(authority: Authority) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        tls = writer.get_extra_info("ssl_object")
        writer.write(ok(f'["{tls.version()}", "{tls.selected_alpn_protocol()}"]'.encode()))

    async with asking(RawServer(script, authority.server()), authority.client()) as endpoint:
        assert await answer(endpoint) == b'["TLSv1.3", "http/1.1"]'
    assert authority.client().minimum_version == authority.server().minimum_version == ssl.TLSVersion.TLSv1_2


async def test_large_requests_and_answers_arrive_whole(authority: Authority) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok((await read_request(reader)).partition(b"\r\n\r\n")[2]))

    body = bytes(range(256)) * (8 << 10)
    async with asking(RawServer(script, authority.server()), authority.client()) as endpoint:
        assert await answer(endpoint, "/", body) == body


async def test_records_may_come_byte_by_byte(authority: Authority) -> None:
    async with RawServer(ok(), authority.server()) as server, FaultProxy(server.url) as sliced, asyncio.timeout(10):
        sliced.fault = Slice(1)
        endpoint = Endpoint(HOST, sliced.port, PATIENT, ClientTls(Renewed(authority.client, ())))
        for _ in range(2):
            assert await answer(endpoint) == b'{"ok":true}'
        assert server.connections == 1
        await endpoint.close()


@pytest.mark.parametrize(("given", "wanted"), [("", None), ("model.internal", "model.internal")])
async def test_the_server_name_is_told_and_wanted(authority: Authority, given: str, wanted: str | None) -> None:
    told: list[str | None] = []
    context = authority.server(HOST, "model.internal")
    context.sni_callback = lambda _object, name, _context: told.append(name)
    async with asking(RawServer(ok(), context), authority.client(), given) as endpoint:
        assert await answer(endpoint) == b'{"ok":true}'
    assert told == [wanted]


async def test_a_host_by_name_is_told(authority: Authority) -> None:
    told: list[str | None] = []
    context = authority.server("localhost")
    context.sni_callback = lambda _object, name, _context: told.append(name)
    async with RawServer(ok(), context) as server:
        endpoint = Endpoint("localhost", server.port, PATIENT, ClientTls(Renewed(authority.client, ())))
        assert await answer(endpoint) == b'{"ok":true}'
        await endpoint.close()
    assert told == ["localhost"]


async def test_a_certificate_of_ours_is_shown(authority: Authority) -> None:
    cert, key = authority.issue("plait", name="plait")
    server = RawServer(ok(), authority.server(clients=authority.file))
    async with asking(server, authority.client(cert=cert, key=key)) as endpoint:
        assert await answer(endpoint) == b'{"ok":true}'


async def test_a_certificate_that_a_predictor_has_signed_itself_can_be_trusted_by_itself(authority: Authority) -> None:
    cert, key = (authority.write(name, data) for name, data in zip(("own.pem", "own.key"), self_signed(HOST), strict=True))
    server = RawServer(ok(), server_context(ServerTls(cert=cert, key=key)))
    async with asking(server, client_context(PredictorTls(ca=cert))) as endpoint:
        assert await answer(endpoint) == b'{"ok":true}'
    assert "not trusted" in await reason(RawServer(ok(), server_context(ServerTls(cert=cert, key=key))), authority.client())


# Why there is none.


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ({"not_before": NOW - 2 * DAY, "not_after": NOW - DAY}, "its certificate has expired"),
        ({"not_before": NOW + DAY, "not_after": NOW + 2 * DAY}, "its certificate is not valid yet"),
    ],
    ids=["expired", "not yet"],
)
async def test_a_certificate_out_of_time_is_refused(authority: Authority, times: dict[str, datetime], why: str) -> None:
    cert, key = authority.save(authority.own.issue_cert(HOST, **times))
    context = server_context(ServerTls(cert=cert, key=key))
    assert await reason(RawServer(ok(), context), authority.client()) == f"no connection: {why}"


async def test_an_unknown_authority_is_refused(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> None:
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    why = "no connection: its certificate is from an authority that is not trusted"
    assert await reason(RawServer(ok(), stranger.server()), authority.client()) == why
    assert await reason(RawServer(ok(), authority.server()), ssl.create_default_context()) == why


async def test_another_host_is_refused(authority: Authority) -> None:
    why = "no connection: its certificate is for another host"
    assert await reason(RawServer(ok(), authority.server("127.0.0.2")), authority.client()) == why
    assert await reason(RawServer(ok(), authority.server()), authority.client(), "model.internal") == why


async def test_plain_http_is_no_tls(authority: Authority) -> None:
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    assert await reason(RawServer(greets), authority.client()) == "no connection: it does not speak TLS"


async def test_a_hang_up_in_the_handshake_is_told(authority: Authority) -> None:
    async def leaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        writer.close()

    assert await reason(RawServer(leaves), authority.client()) == "no connection: it closed the connection in the handshake"


async def test_the_handshake_counts_as_connecting(authority: Authority) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = RawServer(silent)
    async with asking(server, authority.client(), bounds=Bounds(connect_timeout=0.02)) as endpoint:
        with pytest.raises(Unreachable, match="no connection in 20 ms"):
            await answer(endpoint)
        await server.empty()


async def test_closing_ends_a_handshake(authority: Authority) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        came.set()
        await reader.read()

    came = asyncio.Event()
    server = RawServer(silent)
    async with asking(server, authority.client()) as endpoint:
        call = ask(endpoint)
        await came.wait()
        await endpoint.close()
        with pytest.raises(Unreachable, match="closing"):
            await call.future
        await server.empty()


# How an answer ends.


async def test_an_answer_without_length_that_is_cut_is_none(authority: Authority) -> None:
    """Without close_notify, whoever sits in between could have cut it."""

    async def cuts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n[1,2]")
        with socket.socket(fileno=writer.get_extra_info("socket").fileno()) as sock:
            await asyncio.sleep(0)
            sock.shutdown(socket.SHUT_WR)
            sock.detach()
        await reader.read()

    async with asking(RawServer(cuts, authority.server()), authority.client()) as endpoint:
        with pytest.raises(BadAnswer, match="in the middle of the answer"):
            await answer(endpoint)


async def test_new_connections_trust_a_renewed_authority(authority: Authority, tmp_path: Path) -> None:
    moment = 0.0
    context = Renewed(authority.client, (authority.file,), lambda: moment)
    closing = ok().replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with RawServer(closing, authority.server()) as server, asyncio.timeout(10):
        endpoint = Endpoint(HOST, server.port, PATIENT, ClientTls(context))
        assert await answer(endpoint) == b'{"ok":true}'
        authority.own = CA()
        moment = 60
        with pytest.raises(Unreachable, match="not trusted"):
            await answer(endpoint)
        await endpoint.close()
