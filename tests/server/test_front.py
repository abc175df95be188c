"""One connection of a client: order, deadlines, and the end of what runs when the client leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from plait.clock import Clock
from plait.graph.spec import Config
from plait.http1.messages import Reply, Request, Response
from plait.http1.requests import RequestLimits
from plait.server.app import NOTHING
from plait.server.front import Front
from plait.server.listener import Deadlines, Listener, Room
from plait.server.serve import terms_of
from plait.spec.limits import Limits
from plait.testing import RawServer, ScriptedServer
from plait.testing.server import ok, read_request
from plait.types import Started
from tests.server.serving import NOBODY, PATIENCE, Client, Proxy, get, one, post, proxy

HEALTH = b'{"health":"ok"}'


@pytest_asyncio.fixture
async def port() -> AsyncIterator[Proxy]:
    async with proxy(NOBODY) as served:
        yield served


class Gate:
    """A predictor that answers with its request's body, once it may."""

    def __init__(self) -> None:
        self.came = asyncio.Semaphore(0)
        self.open = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            body = (await read_request(reader)).rpartition(b"\r\n\r\n")[2]
            self.came.release()
            opened = asyncio.get_running_loop().create_task(self.open.wait())
            gone = asyncio.get_running_loop().create_task(reader.read(1))
            try:
                await asyncio.wait([opened, gone], return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    return
            finally:
                opened.cancel()
                gone.cancel()
                await asyncio.wait([opened, gone])
            writer.write(ok(body))


# Connections that are kept, and those that are not.


async def test_a_connection_is_kept(port: Proxy) -> None:
    async with port.client() as client:
        for _ in range(5):
            answer = await client.ask(get("/health"))
            assert (answer.status, answer.body) == (200, HEALTH)
            assert "connection" not in answer.headers
            assert "date" in answer.headers


@pytest.mark.parametrize(
    "data",
    [
        get("/health", b"Connection: close"),
        get("/health", b"Connection: x, Close"),
        b"GET /health HTTP/1.0\r\n\r\n",
        b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        get("/health", b"Connection: upgrade", b"Upgrade: websocket"),
        get("/health", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__"),
        get("/health", b"Connection: close") + get("/health"),
    ],
    ids=["close", "among others", "1.0", "1.0 kept", "websocket", "h2c", "more behind it"],
)
async def test_an_answer_says_that_it_is_the_last(port: Proxy, data: bytes) -> None:
    async with port.client() as client:
        answer = await client.ask(data)
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await client.closed() == b""


async def test_head_has_the_length_and_no_body(port: Proxy) -> None:
    async with port.client() as client:
        answer = await client.ask(get("/health", method=b"HEAD"), head=True)
        assert (answer.status, answer.headers["content-length"]) == (200, str(len(HEALTH)))
        assert (await client.ask(get("/health"))).body == HEALTH


async def test_requests_may_come_byte_by_byte(port: Proxy) -> None:
    async with port.client() as client:
        for at in get("/health"):
            client.writer.write(bytes([at]))
            await client.writer.drain()
        assert (await client.answer()).body == HEALTH


async def test_a_body_may_come_in_chunks() -> None:
    async with RawServer(ok(b"1")) as server, proxy(one(server.url)) as port, port.client() as client:
        head = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await client.ask(head + b'3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n' + get("/health"))
        assert answer.body == b"1"
        assert (await client.answer()).body == HEALTH
        assert server.requests[0].endswith(b'\r\n\r\n{"a":1}')
        assert b"\r\nContent-Length: 7\r\n" in server.requests[0]
        assert b"transfer-encoding" not in server.requests[0].lower()


# Pipelining.


async def test_pipelined_requests_are_answered_in_order() -> None:
    gate = Gate()
    async with RawServer(gate) as server, proxy(one(server.url)) as port, port.client() as client:
        client.writer.write(post(b"1") + get("/health") + post(b"2") + post(b"3"))
        await gate.came.acquire()
        client.writer.write(post(b"4"))
        gate.open.set()
        bodies = [(await client.answer()).body for _ in range(5)]
        assert bodies == [b"1", HEALTH, b"2", b"3", b"4"]


async def test_many_pipelined_requests_come_and_go_in_order() -> None:
    async with ScriptedServer(lambda asked: asked.value) as server, proxy(one(server.url)) as port, port.client() as client:
        client.writer.write(b"".join(post(b"%d" % number) for number in range(500)))
        assert [(await client.answer()).body for _ in range(500)] == [b"%d" % number for number in range(500)]


async def test_what_comes_between_an_answer_and_the_next_request_keeps_its_place() -> None:
    """A pipelined request waits while more bytes come in the same turn in which the answer before it is sent."""
    asked: asyncio.Queue[tuple[str, Reply]] = asyncio.Queue()

    def handler(request: Request, reply: Reply) -> Started:
        asked.put_nowait((request.path, reply))
        return NOTHING

    async with proxy(NOBODY, handler=handler) as port, port.client() as client, asyncio.timeout(PATIENCE):
        client.writer.write(get("/1") + get("/2"))
        first, reply = await asked.get()
        (front,) = port.listener._fronts
        reply(Response(200, b"1"))
        front.data_received(get("/3"))
        second, reply = await asked.get()
        reply(Response(200, b"2"))
        third, reply = await asked.get()
        reply(Response(200, b"3"))
        assert [first, second, third] == ["/1", "/2", "/3"]


async def test_a_client_that_pipelines_and_does_not_read_is_not_served_without_bound() -> None:
    large = b'"' + b"x" * (1 << 20) + b'"'
    async with RawServer(ok(large)) as server, proxy(one(server.url), Deadlines(write=0.2)) as port, port.client() as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined] # a stream transport
        client.writer.write(post() * 200)
        async with asyncio.timeout(PATIENCE):
            await server_gone(port)
        assert len(server.requests) < 50


async def test_a_client_that_reads_late_gets_all() -> None:
    large = b'"' + b"x" * (1 << 20) + b'"'
    async with RawServer(ok(large)) as server, proxy(one(server.url)) as port, port.client() as client:
        client.writer.write(post() * 20)
        for _ in range(20):
            assert (await client.answer()).body == large
        assert len(server.requests) == 20


async def server_gone(port: Proxy) -> None:
    """Wait until the port has no client."""
    await port.listener._empty.wait()


# Expectations.


async def test_a_client_that_expects_is_told_to_go_on() -> None:
    async with RawServer(ok(b"1")) as server, proxy(one(server.url)) as port, port.client() as client:
        whole = post(b'{"a":1}', b"Expect: 100-continue")
        assert (await client.ask(whole[:-7])).status == 100
        assert (await client.ask(whole[-7:])).body == b"1"
        assert server.requests[0].endswith(b'\r\n\r\n{"a":1}')
        assert b"expect" not in server.requests[0].lower()


async def test_nobody_is_told_to_go_on_who_has_gone_on() -> None:
    async with RawServer(ok(b"1")) as server, proxy(one(server.url)) as port, port.client() as client:
        assert (await client.ask(post(b"{}", b"Expect: 100-continue"))).status == 200


# Deadlines.


async def drip(client: Client, data: bytes, every: float) -> bytes:
    """Send a byte now and then; what came until the connection was closed."""
    read = asyncio.get_running_loop().create_task(client.closed())
    for at in data:
        done, _ = await asyncio.wait([read], timeout=every)
        if done or client.writer.is_closing():
            break
        client.writer.write(bytes([at]))
    return await read


def status_of(data: bytes) -> int:
    return int(data.split(b" ", 2)[1])


async def test_a_client_that_says_nothing_is_closed_in_silence() -> None:
    async with proxy(NOBODY, Deadlines(header=0.05)) as port, port.client() as client:
        began = port.clock.now()
        assert await client.closed() == b""
        assert 0.04 < port.clock.now() - began < 0.5


async def test_a_header_that_drips_has_one_deadline() -> None:
    async with proxy(NOBODY, Deadlines(header=0.1)) as port, port.client() as client:
        began = port.clock.now()
        assert status_of(await drip(client, b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 1000, 0.01)) == 408
        assert 0.09 < port.clock.now() - began < 0.5


async def test_a_header_that_drips_after_a_good_request_has_the_same_deadline() -> None:
    async with proxy(NOBODY, Deadlines(header=0.1)) as port, port.client() as client:
        await client.ask(get("/health"))
        began = port.clock.now()
        assert status_of(await drip(client, b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 1000, 0.01)) == 408
        assert 0.09 < port.clock.now() - began < 0.5


async def test_a_body_that_does_not_come_is_not_awaited() -> None:
    async with proxy(NOBODY, Deadlines(body=0.05)) as port, port.client() as client:
        answer = await client.ask(post(b"x" * 100)[:-100])
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert await client.closed() == b""


async def test_a_body_that_drips_is_closed_after_twice_its_deadline() -> None:
    async with proxy(NOBODY, Deadlines(body=0.1, body_rate=1024)) as port, port.client() as client:
        began = port.clock.now()
        client.writer.write(post(b"x" * 5000)[:-5000])
        assert status_of(await drip(client, b"x" * 5000, 0.01)) == 408
        assert 0.18 < port.clock.now() - began < 0.6


async def test_a_body_that_is_slow_but_not_too_slow_is_awaited() -> None:
    async with (
        RawServer(ok(b"1")) as server,
        proxy(one(server.url), Deadlines(body=0.05, body_rate=20)) as port,
        port.client() as client,
    ):
        body = b'"xxxxxxxxxxxxxxxxxxxxxxxxxxxx"'
        client.writer.write(post(body, b"Connection: close")[: -len(body)])
        assert status_of(await drip(client, body, 0.01)) == 200


async def test_an_idle_connection_is_closed_in_silence() -> None:
    async with proxy(NOBODY, Deadlines(idle=0.05)) as port, port.client() as client:
        assert (await client.ask(get("/health"))).status == 200
        assert await client.closed() == b""


async def test_a_request_that_takes_longer_than_idling_may_is_answered() -> None:
    gate = Gate()
    deadlines = Deadlines(idle=0.02, header=0.02, body=0.02, write=0.02)
    async with RawServer(gate) as server, proxy(one(server.url), deadlines) as port, port.client() as client:
        client.writer.write(post(b"1", b"X-Request-Timeout: 60ms"))
        assert (await client.answer()).status == 504


@pytest.mark.parametrize("option", [b"Connection: close", b"Connection: keep-alive"])
async def test_a_client_that_does_not_read_its_answer_is_left(option: bytes) -> None:
    large = b'"' + b"x" * (8 << 20) + b'"'
    async with RawServer(ok(large)) as server, proxy(one(server.url), Deadlines(write=0.1)) as port, port.client() as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined] # a stream transport
        client.writer.write(post(b"{}", option))
        async with asyncio.timeout(PATIENCE):
            await server_gone(port)


async def test_an_early_refusal_can_be_read_while_ten_megabytes_are_still_sent(port: Proxy) -> None:
    async with port.client() as client:
        client.writer.write(post(b"x" * (11 << 20)))
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (413, "close")
        await client.writer.drain()
        assert await client.closed() == b""


async def test_a_refused_client_that_never_stops_sending_is_left_after_a_while() -> None:
    async with proxy(NOBODY, Deadlines(linger=0.05)) as port, port.client() as client:
        assert (await client.ask(b"nonsense\r\n\r\n")).status == 400
        async with asyncio.timeout(PATIENCE):
            await server_gone(port)


# Too many, too late.


async def test_one_client_too_many_is_told_so() -> None:
    async with proxy(NOBODY, room=Room(connections=1)) as port, port.client() as first:
        assert (await first.ask(get("/health"))).status == 200
        async with port.client() as second:
            answer = await second.answer()
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert await second.closed() == b""
        assert (await first.ask(get("/health"))).status == 200


async def test_draining_finishes_what_runs_and_ends_what_is_idle() -> None:
    gate = Gate()
    async with (
        RawServer(gate) as server,
        proxy(one(server.url), Deadlines(linger=0.05)) as port,
        port.client() as idle,
        port.client() as busy,
    ):
        assert (await idle.ask(get("/health"))).status == 200
        busy.writer.write(post(b"1") + post(b"2"))
        await gate.came.acquire()
        closing = asyncio.get_running_loop().create_task(port.listener.close())
        assert await idle.closed() == b""
        assert not closing.done()
        with pytest.raises(ConnectionRefusedError):
            await port.client().__aenter__()
        gate.open.set()
        answer = await busy.answer()
        assert (answer.body, answer.headers["connection"]) == (b"1", "close")
        assert await busy.closed() == b""
        await closing


async def test_draining_lets_a_request_that_has_begun_come_in() -> None:
    async with proxy(NOBODY) as port, port.client() as client:
        data = get("/health")
        assert (await client.ask(data + data[:10])).status == 200
        closing = asyncio.get_running_loop().create_task(port.listener.close())
        await asyncio.sleep(0)
        answer = await client.ask(data[10:])
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        await closing


async def test_draining_does_not_cut_a_refusal_short_that_is_still_to_be_read(port: Proxy) -> None:
    async with port.client() as client:
        assert (await client.ask(b"nonsense\r\n\r\n")).status == 400
        (front,) = port.listener._fronts
        front.drain()
        assert front._transport is not None
        assert not front._transport.is_closing()  # with bytes unread, closing would reset the connection


async def test_draining_ends_in_time() -> None:
    gate = Gate()
    async with RawServer(gate) as server, proxy(one(server.url), Deadlines(drain=0.05)) as port, port.client() as client:
        client.writer.write(post(b"1"))
        await gate.came.acquire()
        await port.listener.close()
        assert await client.closed() == b""
        async with asyncio.timeout(PATIENCE):
            await server.empty()


# The client leaves.

GRAPHS = {
    "a leaf": {"parallel": ["a", "b", "c"]},
    "a task": {"sequence": [{"parallel": ["a", "b", "c"]}]},
}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
@pytest.mark.parametrize("polite", [True, False], ids=["closes", "resets"])
async def test_when_the_client_leaves_every_call_stops(graph: dict[str, object], *, polite: bool) -> None:
    gate = Gate()
    async with RawServer(gate) as server:
        config = {"predictors": {name: {"url": server.url} for name in "abc"}, "graphs": {"predict": graph}}
        async with proxy(config) as port, port.client() as client:
            client.writer.write(post(b"1"))
            for _ in range(3):
                await gate.came.acquire()
            assert server.open == 3
            if polite:
                client.writer.close()
            else:
                client.leave()
            async with asyncio.timeout(0.1):
                await server.empty()
                await server_gone(port)


async def test_a_client_that_leaves_before_its_request_began_starts_nothing() -> None:
    async with RawServer(ok()) as server, proxy(one(server.url)) as port:
        for _ in range(20):
            async with port.client() as client:
                client.writer.write(post(b"x" * 1000)[:-1])
                await client.writer.drain()
        async with asyncio.timeout(PATIENCE):
            await server_gone(port)
        assert server.connections == 0


@pytest.mark.parametrize("data", [get("/health") * 3, get("/health") + b"bad\r\n\r\n", b"bad\r\n\r\n", b"GET", post()[:-1], post()])
async def test_a_client_that_sends_no_more_is_one_that_leaves_and_makes_no_noise(data: bytes) -> None:
    noise: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    async with proxy(NOBODY) as port, port.client() as client:
        client.writer.write(data)
        client.writer.write_eof()
        await client.closed()
        async with asyncio.timeout(PATIENCE):
            await server_gone(port)
    assert noise == []


async def test_a_client_may_leave_with_requests_that_wait() -> None:
    gate = Gate()
    async with RawServer(gate) as server, proxy(one(server.url)) as port, port.client() as client:
        client.writer.write(post(b"1") * 100)
        await gate.came.acquire()
        client.leave()
        async with asyncio.timeout(0.1):
            await server.empty()
        assert server.connections == 1


async def test_nothing_is_kept_of_a_body_whose_client_has_left() -> None:
    listener = Listener(lambda _request, _reply: NOTHING, Clock(asyncio.get_running_loop()))
    front = Front(listener)
    front.connection_made(asyncio.Transport())
    front.data_received(post(b"x" * 1000)[:-1])
    assert front._reader.received == 999
    front.connection_lost(None)
    assert (front._reader.received, front._reader._body) == (0, b"")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_a_client_that_leaves_behind_a_flood_of_requests_is_seen_to_leave(*, stream: bool) -> None:
    gate = Gate()
    lines = [b"Accept: text/event-stream"] if stream else []
    async with RawServer(gate) as server, proxy(one(server.url)) as port, port.client() as client:
        client.writer.write(post(b"1", *lines))
        await gate.came.acquire()
        client.writer.write(b"x" * (8 << 20))
        await client.writer.drain()
        client.writer.close()
        async with asyncio.timeout(PATIENCE):
            await server_gone(port)
            await server.empty()


async def test_a_client_that_floods_gets_the_answer_that_it_waits_for_as_its_last() -> None:
    gate = Gate()
    async with RawServer(gate) as server, proxy(one(server.url), Deadlines(linger=0.05)) as port, port.client() as client:
        client.writer.write(post(b"1"))
        await gate.came.acquire()
        client.writer.write(post(b"2") * 20_000)
        await client.writer.drain()
        (front,) = port.listener._fronts
        assert len(front._held) < 1 << 20
        gate.open.set()
        answer = await client.answer()
        assert (answer.body, answer.headers["connection"]) == (b"1", "close")
        assert await client.closed() == b""
        assert gate.came.locked()  # nobody else came


# What a file says.


@pytest.mark.parametrize(
    ("limit", "sent", "status"),
    [
        ({"header_timeout": "50ms"}, b"GET", 408),
        ({"body_timeout": "50ms"}, post(b"123")[:-3], 408),
        ({"body_timeout": "50ms", "body_rate": "1MiB"}, post(b"123")[:-2], 408),
        ({"body": "2B"}, post(b"123"), 413),
        ({"line": "256B"}, get("/" + "a" * 300), 414),
        ({"headers": "256B"}, get("/health", b"X: " + b"a" * 300), 431),
        ({"fields": 1}, get("/health", b"X: a"), 431),
        ({"in_flight": "unlimited", "connections_per_client": 1}, get("/health"), 200),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_the_limits_of_a_file_hold(limit: dict[str, object], sent: bytes, status: int) -> None:
    config = {**NOBODY, "server": {"limits": limit}}
    async with proxy(config) as port, port.client() as client, asyncio.timeout(PATIENCE):
        assert (await client.ask(sent)).status == status


async def test_an_idle_connection_is_closed_when_the_file_says() -> None:
    async with proxy({**NOBODY, "server": {"limits": {"idle_timeout": "50ms"}}}) as port, port.client() as client:
        assert (await client.ask(get("/health"))).status == 200
        assert await client.closed() == b""


def test_every_limit_of_a_file_reaches_the_front() -> None:
    said = {
        "body": "1B", "line": "256B", "headers": "257B", "fields": 4, "connections": 5, "connections_per_client": 6, "in_flight": 7,
        "wait": "8ms", "header_timeout": "9s", "body_timeout": "10s", "body_rate": "11B", "idle_timeout": "12s",
        "write_timeout": "13s", "drain_timeout": "14s",
    }  # fmt: skip
    assert set(said) == set(Limits.model_fields)
    terms = terms_of(Config.model_validate({**NOBODY, "server": {"limits": said}}).server)
    assert terms.limits == RequestLimits(256, 257, 4, 1)
    assert terms.deadlines == Deadlines(header=9, body=10, body_rate=11, idle=12, write=13, drain=14)
    assert terms.room == Room(5, 6, 7, 0.008)


def test_the_defaults_of_a_file_are_those_of_the_front() -> None:
    terms = terms_of(Config.model_validate(NOBODY).server)
    assert (terms.limits, terms.deadlines, terms.room) == (RequestLimits(), Deadlines(), Room())


# A fault of plait itself.


async def test_a_handler_that_fails_is_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def handler(request: Request, reply: Reply) -> Started:
        raise KeyError("secret")

    async with proxy(NOBODY, handler=handler) as port, port.client() as client:
        answer = await client.ask(get("/x"))
        assert (answer.status, answer.headers["content-type"]) == (500, "application/problem+json")
        assert b"secret" not in answer.body
        assert json.loads(answer.body)["type"] == "urn:plait:problem:internal"
        assert "secret" in caplog.text
        assert (await client.ask(get("/x"))).status == 500
