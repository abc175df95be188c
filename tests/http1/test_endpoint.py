"""An endpoint's connections, with TLS and without: kept, bounded, and never a byte of one answer in another."""

from __future__ import annotations

import asyncio
import gc
import math
import random
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest

from plait.errors import BadAnswer, Overloaded, PlaitError, Unreachable
from plait.http1.connection import Connection
from plait.http1.dial import ClientTls
from plait.http1.endpoint import Bounds, Endpoint
from plait.http1.renewed import Renewed
from plait.testing import RawServer
from plait.testing.server import Script, ok, read_request
from tests.certificates import Authority

POISON = ok(b'"poison"')


class Sides:
    """The two sides of TLS, where a test speaks it."""

    server: ssl.SSLContext | None = None
    client: ClientTls | None = None


@pytest.fixture(scope="module", autouse=True, params=["plain", "tls"])
def _sides(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if request.param == "tls":
        authority = Authority(tmp_path_factory.mktemp("certificates"))
        Sides.server, Sides.client = authority.server(), ClientTls(Renewed(authority.client, ()))
    yield
    Sides.server = Sides.client = None


def half_close(writer: asyncio.StreamWriter) -> None:
    """Say that nothing more will come."""
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.close()


def request(path: str = "/", body: bytes = b"") -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)


class Asked:
    """An exchange as a future."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.connection: Connection | None = None
        self.stale = False
        self.future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def answered(self, status: int, headers: dict[bytes, bytes], body: bytes) -> None:
        self.future.set_result(body)

    def broke(self, error: PlaitError, *, stale: bool) -> None:
        self.stale = stale
        self.future.set_exception(error)


def ask(endpoint: Endpoint, path: str = "/", body: bytes = b"") -> Asked:
    asked = Asked(request(path, body))
    endpoint.send(asked)
    return asked


async def answer(endpoint: Endpoint, path: str = "/", body: bytes = b"") -> bytes:
    """The body of the answer, soon."""
    async with asyncio.timeout(5):
        return await ask(endpoint, path, body).future


@asynccontextmanager
async def serving(script: Script | bytes, bounds: Bounds | None = None) -> AsyncIterator[tuple[RawServer, Endpoint]]:
    async with RawServer(script, Sides.server) as server:
        endpoint = Endpoint("127.0.0.1", server.port, bounds or Bounds(), Sides.client)
        try:
            yield server, endpoint
        finally:
            await endpoint.close()
            assert endpoint.open == endpoint.waiting == 0
            assert endpoint._sweeping is None


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with the path that was asked for."""
    while True:
        writer.write(ok(path_of(await read_request(reader))))


async def one_byte_more(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with the path; behind that of `/bad` comes a byte that nobody asked for."""
    while True:
        path = path_of(await read_request(reader))
        writer.write(ok(path) + (b"x" if path == b'"/bad"' else b""))


def path_of(asked: bytes) -> bytes:
    return b'"%b"' % asked.split(b" ", 2)[1]


async def test_a_connection_is_used_again() -> None:
    async with serving(echo) as (server, endpoint):
        for number in range(10):
            assert await answer(endpoint, f"/{number}") == b'"/%d"' % number
        assert (server.connections, endpoint.open) == (1, 1)


async def test_calls_at_once_take_a_connection_each_and_keep_it() -> None:
    async with serving(echo) as (server, endpoint):
        for _ in range(2):
            asked = [ask(endpoint, f"/{number}") for number in range(20)]
            assert [await each.future for each in asked] == [b'"/%d"' % number for number in range(20)]
        assert server.connections <= endpoint.open <= 20


async def test_a_connection_that_is_to_be_closed_is_not_used_again() -> None:
    async with serving(ok().replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as (server, endpoint):
        for _ in range(3):
            assert await answer(endpoint) == b'{"ok":true}'
        assert server.connections == 3


async def test_an_answer_without_length_ends_with_its_connection() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n[1,")
        await writer.drain()
        writer.write(b"2]")
        half_close(writer)
        await reader.read()

    async with serving(script) as (_, endpoint):
        assert await answer(endpoint) == b"[1,2]"


# Bytes that nobody asked for.


@pytest.mark.parametrize("stray", [b"x", b"\r\n", POISON, POISON[:30]], ids=["a byte", "a line end", "an answer", "half an answer"])
async def test_a_stray_byte_while_idle_ends_the_connection(stray: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(path_of(await read_request(reader))))
        await stray_now.wait()
        writer.write(stray)
        await reader.read()

    stray_now = asyncio.Event()
    async with serving(script) as (server, endpoint), asyncio.timeout(5):
        assert await answer(endpoint, "/1") == b'"/1"'
        stray_now.set()
        await server.gone.wait()
        assert endpoint.open == 0
        assert await answer(endpoint, "/2") == b'"/2"'
        assert server.connections == 2


@pytest.mark.parametrize("surplus", [b"x", POISON, POISON * 3], ids=["a byte", "an answer", "three"])
async def test_a_surplus_after_an_answer_reaches_nobody(surplus: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(ok(path_of(await read_request(reader))) + surplus)

    async with serving(script) as (server, endpoint):
        for number in range(50):
            assert await answer(endpoint, f"/{number}") == b'"/%d"' % number
        assert server.connections == 50


async def test_two_answers_on_a_kept_connection_are_none() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(path_of(await read_request(reader))))
        # What looks like a late answer to the first comes with the answer to the second: whose is whose?
        writer.write(POISON + ok(path_of(await read_request(reader))))
        await reader.read()

    async with serving(script) as (_, endpoint):
        assert await answer(endpoint, "/1") == b'"/1"'
        with pytest.raises(BadAnswer, match="more than one"):
            await answer(endpoint, "/2")


async def test_an_address_that_sent_a_surplus_keeps_no_connection_for_a_while() -> None:
    async with serving(one_byte_more) as (server, endpoint):
        asked = [ask(endpoint, "/a"), ask(endpoint, "/b")]
        for each in asked:
            await each.future
        assert server.connections == 2
        with pytest.raises(BadAnswer, match="more than one"):
            await answer(endpoint, "/bad")
        for number in range(5):
            assert await answer(endpoint, f"/{number}") == b'"/%d"' % number
        assert server.connections >= 6


async def test_a_late_answer_in_the_same_turn_as_the_next_call_reaches_nobody() -> None:
    """A connection becomes readable in the same turn of the loop in which another one's answer lets the next call begin."""
    draw = random.Random(7)

    for _ in range(500 if Sides.server is None else 50):
        kept: list[asyncio.StreamWriter] = []
        now = asyncio.Event()

        async def script(
            reader: asyncio.StreamReader,
            writer: asyncio.StreamWriter,
            kept: list[asyncio.StreamWriter] = kept,
            now: asyncio.Event = now,
        ) -> None:
            path = path_of(await read_request(reader))
            if path == b'"/b"':
                await now.wait()
                first, second = draw.sample([(kept[0], POISON), (writer, ok(path).replace(b"OK", b"OK\r\nConnection: close"))], 2)
                first[0].write(first[1])
                second[0].write(second[1])
            else:
                kept.append(writer)
                writer.write(ok(path))
            await read_request(reader)

        async with serving(script) as (_, endpoint), asyncio.timeout(5):
            a, b = ask(endpoint, "/a"), ask(endpoint, "/b")
            assert await a.future == b'"/a"'
            now.set()
            assert await b.future == b'"/b"'
            assert await answer(endpoint, "/c") == b'"/c"'


async def test_an_answer_that_comes_while_the_request_is_sent_ends_the_connection() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ok())
        await asyncio.Event().wait()  # and never reads the rest

    async with serving(script) as (server, endpoint):
        for _ in range(3):
            assert await answer(endpoint, "/", bytes(20 << 20)) == b'{"ok":true}'
        assert server.connections == 3


# Cancelling and bounds.


async def test_a_call_that_is_dropped_ends_its_connection() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        asked.set()
        await reader.read()

    asked = asyncio.Event()
    async with serving(script) as (server, endpoint), asyncio.timeout(5):
        call = ask(endpoint)
        await asked.wait()
        endpoint.drop(call)
        await server.gone.wait()
        assert endpoint.open == server.open == 0
        assert not call.future.done()


async def test_a_call_that_is_dropped_while_it_waits_is_never_sent() -> None:
    async with serving(ok()) as (server, endpoint):
        endpoint.drop(ask(endpoint, "/dropped"))
        await answer(endpoint, "/kept")
        assert [path_of(each) for each in server.requests] == [b'"/kept"']


async def test_an_attempt_to_connect_that_is_given_up_before_it_began_is_forgotten() -> None:
    async with serving(ok()) as (_, endpoint):
        for _ in range(20):
            endpoint.drop(ask(endpoint, "/dropped"))
        await answer(endpoint)
        gc.collect()  # what other tests have left
        ended = [each for each in gc.get_objects() if isinstance(each, asyncio.Task) and each.cancelled()]
        assert not [each for each in ended if each.get_coro().__qualname__ == "Endpoint._connect"]


async def test_an_address_that_was_retired_keeps_no_connection_whatever_it_does() -> None:
    async with serving(one_byte_more) as (server, endpoint):
        connecting = [ask(endpoint, f"/{number}") for number in range(3)]
        endpoint.retire()
        endpoint.drop(connecting[0])  # a connection that is made for nobody
        for each in connecting[1:]:
            await each.future
        await server.empty()
        bad = ask(endpoint, "/bad")
        await asyncio.wait([bad.future])
        bad.future.exception()
        assert endpoint._trusted_from == math.inf  # for good, not for the minute that a surplus costs
        await server.empty()
        assert endpoint.open == 0


async def test_connections_and_those_that_wait_are_bounded() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            path = path_of(await read_request(reader))
            came.release()
            await go.wait()
            writer.write(ok(path))

    came, go = asyncio.Semaphore(0), asyncio.Event()
    async with serving(script, Bounds(connections=2, waiting=3)) as (server, endpoint), asyncio.timeout(5):
        asked = [ask(endpoint, f"/{number}") for number in range(2)]
        for _ in asked:
            await came.acquire()
        asked += [ask(endpoint, f"/{number}") for number in range(2, 5)]
        assert (endpoint.open, endpoint.waiting) == (2, 3)
        with pytest.raises(Overloaded):
            ask(endpoint)
        go.set()
        assert [await each.future for each in asked] == [b'"/%d"' % number for number in range(5)]
        assert server.connections == 2


async def test_those_that_wait_are_served_though_no_connection_is_kept() -> None:
    closing = ok().replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with serving(closing, Bounds(connections=1)) as (server, endpoint), asyncio.timeout(5):
        asked = [ask(endpoint) for _ in range(10)]
        for each in asked:
            await each.future
        assert server.connections == 10


async def test_closing_tells_those_that_wait_and_those_under_way() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        asked.set()
        await reader.read()

    asked = asyncio.Event()
    async with serving(silent, Bounds(connections=1)) as (_, endpoint), asyncio.timeout(5):
        calls = [ask(endpoint) for _ in range(3)]
        await asked.wait()
        await endpoint.close()
        assert [type(call.future.exception()) for call in calls] == [Unreachable] * 3


# Rest and age.


async def test_a_connection_that_rests_too_long_is_closed() -> None:
    async with serving(echo, Bounds(idle=0.02)) as (server, endpoint), asyncio.timeout(5):
        asked = [ask(endpoint, f"/{number}") for number in range(3)]
        for each in asked:
            await each.future
        await server.empty()
        assert endpoint.open == 0
        assert endpoint._sweeping is None
        assert await answer(endpoint, "/again") == b'"/again"'


async def test_a_connection_that_is_used_again_and_again_does_not_rest() -> None:
    async with serving(echo, Bounds(idle=60)) as (server, endpoint):
        for _ in range(3):
            await answer(endpoint)
            (connection,) = endpoint._idle
            endpoint._sweep()
            connection.rests_since -= 59
            endpoint._sweep()
        assert server.connections == 1
        connection.rests_since -= 1
        endpoint._sweep()
        await answer(endpoint)
        assert server.connections == 2


async def test_a_connection_that_is_old_ends_after_its_exchange_and_never_in_it() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = path_of(await read_request(reader))
        came.set()
        await go.wait()
        writer.write(ok(path))
        await reader.read()

    came, go = asyncio.Event(), asyncio.Event()
    async with serving(script, Bounds(age=0)) as (server, endpoint), asyncio.timeout(5):
        call = ask(endpoint, "/1")
        await came.wait()
        endpoint._sweep()
        assert endpoint.open == 1
        go.set()
        assert await call.future == b'"/1"'
        assert await answer(endpoint, "/2") == b'"/2"'
        assert server.connections == 2


async def test_connections_that_are_made_at_once_do_not_all_grow_old_at_once() -> None:
    async with serving(echo, Bounds(age=1000)) as (_, endpoint):
        asked = [ask(endpoint) for _ in range(20)]
        for each in asked:
            await each.future
        moments = {connection.old_from for connection in endpoint._idle}
        now = asyncio.get_running_loop().time()
        assert len(moments) == endpoint.open
        assert min(moments) > now + 890
        assert max(moments) < now + 1100


async def test_an_old_connection_makes_room_for_those_that_wait() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            path = path_of(await read_request(reader))
            came.set()
            await go.wait()
            writer.write(ok(path))

    came, go = asyncio.Event(), asyncio.Event()
    async with serving(script, Bounds(connections=1, age=0)) as (server, endpoint), asyncio.timeout(5):
        asked = [ask(endpoint, f"/{number}") for number in range(5)]
        await came.wait()
        endpoint._sweep()
        go.set()
        assert [await each.future for each in asked] == [b'"/%d"' % number for number in range(5)]
        assert server.connections == 2


# No connection.


async def test_a_port_that_nobody_listens_on_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    endpoint = Endpoint("127.0.0.1", port, Bounds())
    asked = [ask(endpoint) for _ in range(20)]
    for each in asked:
        with pytest.raises(Unreachable, match="refused"):
            await each.future
    await endpoint.close()


@pytest.mark.parametrize("host", ["nonexistent.invalid", "a..b", "x" * 70, "[::1]"])
async def test_a_name_that_does_not_resolve_is_unreachable(host: str) -> None:
    endpoint = Endpoint(host, 1, Bounds(connect_timeout=5))
    with pytest.raises(Unreachable):
        await answer(endpoint)
    await endpoint.close()


@contextmanager
def crowded() -> Iterator[socket.socket]:
    """A listening socket whose line of those that wait to be accepted is full: the kernel drops who comes next."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.setblocking(False)  # noqa: FBT003 - the standard library's
            with suppress(BlockingIOError):
                each.connect(full.getsockname())
        yield full


async def test_connecting_has_a_deadline() -> None:
    with crowded() as full:
        endpoint = Endpoint("127.0.0.1", full.getsockname()[1], Bounds(connect_timeout=0.02))
        with pytest.raises(Unreachable, match="no connection in 20 ms"):
            await answer(endpoint)
        await endpoint.close()


async def test_who_comes_after_one_that_left_does_not_wait_for_that_one_s_connection() -> None:
    with crowded() as full:
        endpoint = Endpoint("127.0.0.1", full.getsockname()[1], Bounds(connect_timeout=5))
        left = [ask(endpoint) for _ in range(3)]
        await asyncio.sleep(0)
        for each in left:
            endpoint.drop(each)
        full.accept()[0].close()
        asked = ask(endpoint, "/next")
        async with asyncio.timeout(0.9):  # after a second the kernel tries again by itself
            full.setblocking(False)  # noqa: FBT003 - the same
            accepted, _ = await asyncio.get_running_loop().sock_accept(full)
            with accepted:
                accepted.setblocking(False)  # noqa: FBT003 - the same
                assert path_of(await asyncio.get_running_loop().sock_recv(accepted, 65536)) == b'"/next"'
                endpoint.drop(asked)
        await endpoint.close()


async def test_an_attempt_to_connect_that_hangs_fails_none_that_came_after_it_began() -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as other:
        server.setblocking(False)  # noqa: FBT003 - the same
        endpoint = Endpoint("127.0.0.1", server.getsockname()[1], Bounds(connect_timeout=0.2))
        first = ask(endpoint, "/first")
        accepted, _ = await loop.sock_accept(server)
        with accepted:
            accepted.setblocking(False)  # noqa: FBT003 - the same
            assert path_of(await loop.sock_recv(accepted, 65536)) == b'"/first"'
            other.connect(server.getsockname())  # now the line is full
            second = ask(endpoint, "/second")
            for _ in range(3):
                await asyncio.sleep(0)
            await loop.sock_sendall(accepted, ok(b"1"))
            assert await first.future == b"1"
            assert path_of(await loop.sock_recv(accepted, 65536)) == b'"/second"'
            third = ask(endpoint, "/third")  # while the attempt that was made for the second still hangs
            server.accept()[0].close()
            async with asyncio.timeout(5):
                again, _ = await loop.sock_accept(server)
            with again:
                again.setblocking(False)  # noqa: FBT003 - the same
                assert path_of(await loop.sock_recv(again, 65536)) == b'"/third"'
                for each in (second, third):
                    endpoint.drop(each)
                await endpoint.close()


@pytest.mark.parametrize("greeting", [b"", b"220 mail\r\n"], ids=["silent", "greeting"])
async def test_a_server_that_hangs_up_at_once_is_asked_once_per_call(greeting: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)

    async with serving(script) as (server, endpoint), asyncio.timeout(5):
        asked = [ask(endpoint) for _ in range(5)]
        for each in asked:
            with pytest.raises((Unreachable, BadAnswer)):
                await each.future
        assert server.connections <= 10


# A connection that ends.


@pytest.mark.parametrize(
    ("said", "error", "stale"),
    [
        (b"", BadAnswer, True),
        (b"H", BadAnswer, False),
        (ok()[:-1], BadAnswer, False),
        (b"HTTP/1.1 100 Continue\r\n\r\n", BadAnswer, False),
    ],
    ids=["nothing", "a byte", "all but a byte", "100"],
)
async def test_a_kept_connection_that_closes_is_stale_only_if_it_said_nothing(
    said: bytes, error: type[PlaitError], *, stale: bool
) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(ok())
        await read_request(reader)
        writer.write(said)
        await writer.drain()
        half_close(writer)
        await reader.read()

    async with serving(script) as (_, endpoint):
        await answer(endpoint)
        call = ask(endpoint)
        with pytest.raises(error):
            await call.future
        assert call.stale is stale


async def test_a_new_connection_that_closes_is_not_stale() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async with serving(script) as (_, endpoint):
        call = ask(endpoint)
        with pytest.raises(BadAnswer, match="closed before an answer"):
            await call.future
        assert not call.stale


async def test_an_answer_over_the_limit_ends_the_connection() -> None:
    async with serving(ok(b"x" * 101), Bounds(body=100)) as (server, endpoint), asyncio.timeout(5):
        with pytest.raises(BadAnswer, match="larger than 100 bytes"):
            await answer(endpoint)
        await server.gone.wait()
        assert endpoint.open == 0
