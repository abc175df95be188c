"""Whatever a client sends: the right status, a problem that quotes nothing of it, however it is cut, and no harm to others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from plait.server.sockets import listen
from plait.testing import RawServer
from plait.testing.server import ok
from tests.bad_input import framing, wellframed
from tests.bad_input.rows import CANARY, TYPES, Row, got, named, sent
from tests.bad_input.slicing import send, slicings
from tests.server.serving import Answer, Client, Proxy, get, one, post, proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFIG: dict[str, Any] = {
    "server": {"limits": {"body": f"{framing.LIMIT >> 10}KiB"}},
    "predictors": {"gone": {"url": "http://127.0.0.1:1"}},
    "graphs": {
        "predict": {"value": {"good": True}},
        "looks": {"transform": "${request.a}"},
        "checked": {"value": 1, "schema": {"additionalProperties": {"items": {"type": "number"}}}},
        "asks": "gone",
    },
}
GOOD = post(b'{"a": 1}')


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def port() -> AsyncIterator[Proxy]:
    async with proxy(CONFIG) as served:
        yield served


def check_problem(answer: Answer, status: int) -> None:
    """A problem with all that every one has, and nothing of the request."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == status
    assert problem["type"] == f"urn:plait:problem:{TYPES[status]}"
    assert problem["title"]
    assert problem["detail"]
    assert answer.headers["x-request-id"] == problem["request_id"]
    assert CANARY not in answer.body.lower()
    assert CANARY.decode() not in str(answer.headers).lower()


async def check_refused(client: Client, row: Row, *, head: bool) -> None:
    """The answer to a row, and what becomes of the connection."""
    answer = await client.answer(head=head)
    if head:
        assert answer.status == row.status
    else:
        check_problem(answer, row.status)
    assert ("allow" in answer.headers) == (row.status == 405)
    if row.closes:
        assert answer.headers["connection"] == "close"
        assert await client.closed() == b""
    else:
        assert "connection" not in answer.headers
        assert (await client.ask(GOOD)).json == {"good": True}


ROWS = dict(named(**framing.TABLES, **wellframed.TABLES))


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_it_is_refused_however_it_is_cut(port: Proxy, row: Row) -> None:
    for pieces in slicings(row.data):
        async with port.client() as client:
            await send(client, pieces)
            await check_refused(client, row, head=row.data.startswith(b"HEAD"))


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_a_good_request_before_it_is_answered_first(port: Proxy, row: Row) -> None:
    for pieces in slicings(GOOD + row.data):
        async with port.client() as client:
            await send(client, pieces)
            assert (await client.answer()).json == {"good": True}
            await check_refused(client, row, head=row.data.startswith(b"HEAD"))


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_a_good_request_behind_it_is_answered_only_where_it_is_known_to_be_one(port: Proxy, row: Row) -> None:
    async with port.client() as client:
        client.writer.write(row.data + GOOD)
        answer = await client.answer(head=row.data.startswith(b"HEAD"))
        assert answer.status == row.status
        if row.closes:
            assert await client.closed() == b""
        else:
            assert (await client.answer()).json == {"good": True}


async def test_every_row_has_the_canary_somewhere() -> None:
    without = {name for name, row in ROWS.items() if CANARY not in row.data.lower()}
    # There is no place for it.
    assert {name.partition(":")[0] for name in without} <= {"syntax", "targets"}, without
    assert len(without) <= 3, without


# Allow, JSON Pointer, and who is told to go on.


@pytest.mark.parametrize(("path", "allow"), [("/predict", "POST"), ("/health", "GET, HEAD"), ("/health/all", "GET, HEAD")])
async def test_routes_a_wrong_method_is_told_the_right_ones(port: Proxy, path: str, allow: str) -> None:
    async with port.client() as client:
        assert (await client.ask(get(path, method=b"PUT"))).headers["allow"] == allow


@pytest.mark.parametrize("method", [b"CONNECT", b"TRACE"])
async def test_limits_what_is_never_allowed_is_told_what_is(port: Proxy, method: bytes) -> None:
    async with port.client() as client:
        assert (await client.ask(get("/predict", method=method))).headers["allow"] == "GET, POST"


async def test_routes_options_of_the_whole_server_are_told(port: Proxy) -> None:
    async with port.client() as client:
        answer = await client.ask(get("*", method=b"OPTIONS"))
        assert (answer.status, answer.headers["allow"], answer.body) == (200, "GET, HEAD, POST, DELETE, OPTIONS", b"")


async def test_body_a_schema_violation_has_a_pointer(port: Proxy) -> None:
    async with port.client() as client:
        assert (await client.ask(post(b'{"a/b": [1, "2"]}', path="/predict/checked"))).json["pointer"] == "/a~1b/1"


async def test_body_a_name_twice_is_nobodys_business_where_nobody_looks(port: Proxy) -> None:
    async with port.client() as client:
        assert (await client.ask(post(b'{"a": 1, "a": 2}'))).status == 200


async def test_body_depth_64_and_the_largest_are_taken(port: Proxy) -> None:
    async with port.client() as client:
        assert (await client.ask(post(b"[" * 64 + b"]" * 64))).status == 200
        assert (await client.ask(post(b'"' + b"x" * (framing.LIMIT - 2) + b'"'))).status == 200


async def test_expect_too_large_a_body_is_refused_before_it_is_sent(port: Proxy) -> None:
    async with port.client() as client:
        client.writer.write(sent(b"Content-Length: 99999999", b"Expect: 100-continue"))
        check_problem(await client.answer(), 413)  # and no 100 before it


@pytest.mark.parametrize(
    "fields",
    [
        (b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"),
        (
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            b"Sec-WebSocket-Version: 13",
        ),
        (b"Upgrade: zebra", b"Connection: upgrade"),
        (b"Upgrade: websocket",),
    ],
    ids=["h2c", "websocket", "unknown", "without Connection"],
)
async def test_expect_an_upgrade_is_never_made(port: Proxy, fields: tuple[bytes, ...]) -> None:
    for pieces in slicings(got(b"/health", *fields)):
        async with port.client() as client:
            await send(client, pieces)
            assert (await client.answer()).json == {"health": "ok"}


async def test_timeout_of_a_millisecond_asks_nobody() -> None:
    async with RawServer(ok()) as server, proxy(one(server.url)) as port, port.client() as client:
        answer = await client.ask(post(b"{}", b"X-Request-Timeout: 1ms"))
        check_problem(answer, 504)
        assert server.connections == 0


async def test_loop_a_proxy_that_calls_itself_is_stopped_by_the_hops() -> None:
    sock = listen("127.0.0.1", 0)
    config = one(f"http://127.0.0.1:{sock.getsockname()[1]}")
    async with proxy(config, sock=sock) as itself, itself.client() as client:
        check_problem(await client.ask(post(b"{}")), 508)


# Targets are normalised once, and ids are ids.


@pytest.mark.parametrize("path", ["/predict", "/%70redict", "http://h/predict", "http://H/predict"])
async def test_targets_are_normalised_once_before_they_are_routed(path: str) -> None:
    async with RawServer(ok(b"1")) as server, proxy(one(server.url)) as port, port.client() as client:
        assert (await client.ask(post(path=path))).body == b"1"
        assert (await client.ask(post(path=path + "?id=x"))).headers["x-request-id"] == "x"


@pytest.mark.parametrize("path", ["/predict/", "/%2570redict", "/Predict", "/predict%20"])
async def test_targets_that_are_other_paths_are_not_found(port: Proxy, path: str) -> None:
    async with port.client() as client:
        check_problem(await client.ask(post(path=path)), 404)


@pytest.mark.parametrize("given", [b"a b", b"\xff", b"x" * 129, b"<zebra>", b""])
async def test_an_id_that_is_none_is_replaced(port: Proxy, given: bytes) -> None:
    async with port.client() as client:
        answer = await client.ask(get("/nothing", b"X-Request-Id: " + given))
        check_problem(answer, 404)
        assert len(answer.headers["x-request-id"]) == 32


async def test_a_clients_own_id_is_kept_in_a_problem(port: Proxy) -> None:
    async with port.client() as client:
        assert (await client.ask(get("/nothing", b"X-Request-Id: my.own-ID_1"))).json["request_id"] == "my.own-ID_1"


async def test_many_bad_clients_do_not_disturb_a_good_one(port: Proxy) -> None:
    bad = [Client(port.port) for _ in range(50)]
    async with port.client() as good:
        for client, row in zip(bad, ROWS.values(), strict=False):
            await client.__aenter__()
            client.writer.write(row.data)
            assert (await good.ask(get("/health"))).status == 200
        for client in bad:
            client.leave()
