"""Which requests are taken and when they begin, on virtual time; and what a client sees who is refused."""

from __future__ import annotations

import asyncio
import logging

import pytest

from plait.clock import Clock
from plait.errors import Crowded
from plait.http1.messages import Reply, Request, Response
from plait.http1.requests import RequestLimits
from plait.server.admission import Admission
from plait.server.app import NOTHING
from plait.server.front import Front
from plait.server.listener import Deadlines, Listener, Room
from plait.testing import RawServer, run_virtual
from plait.testing.server import ok
from plait.types import Header, Started
from tests.server.busy import CAPACITY, REFUSE, Busy, steady
from tests.server.serving import NOBODY, PATIENCE, Proxy, get, one, post, proxy

REQUEST = Request("POST", "/", "", Header(), b"")


def at(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


# More work than there is time for.


@pytest.mark.parametrize("times", [1.5, 2, 3, 5])
def test_overload_is_refused_in_milliseconds_and_costs_no_more_than_the_refusals(times: float) -> None:
    busy = Busy()
    busy.run(steady(times * CAPACITY, 3), 3.0)
    possible = (1 - times * REFUSE * CAPACITY) / (1 - REFUSE * CAPACITY)  # the rest of the time goes into refusals
    assert len(busy.answered) / (3 * CAPACITY) > 0.97 * possible
    assert at([took for _, took in busy.refusals], 0.99) < 0.01
    late = busy.waits[len(busy.waits) // 2 :]
    assert 0.45 < at(late, 0.5) < at(late, 0.99) < 0.6


def test_a_short_wait_may_be_asked_for() -> None:
    busy = Busy(wait=0.02)
    busy.run(steady(2 * CAPACITY, 2), 2.0)
    assert at(busy.waits[len(busy.waits) // 2 :], 0.99) < 0.04
    assert len(busy.answered) / (2 * CAPACITY) > 0.85


@pytest.mark.parametrize("clients", [64, 256, 1000, 2000])
def test_clients_that_wait_for_their_answers_are_not_refused_however_busy_the_proxy_is(clients: int) -> None:
    busy = Busy(again=True)
    busy.run([0.0] * clients, 2.0)
    assert busy.refusals == []
    assert len(busy.answered) > 0.97 * 2 * CAPACITY


def test_a_proxy_that_stood_still_for_a_moment_refuses_nobody() -> None:
    busy = Busy()
    busy.stalls = [(1.0, 0.4), *((1.5 + turn * 0.05, 0.02) for turn in range(20))]
    busy.run(steady(0.5 * CAPACITY, 3), 3.0)
    assert busy.refusals == []


def test_once_the_overload_is_over_everybody_is_taken_again() -> None:
    busy = Busy()
    busy.run([*steady(3 * CAPACITY, 1), *steady(0.8 * CAPACITY, 3, 1.0)], 4.0)
    assert busy.refusals
    assert max(came for came, _ in busy.refusals) < 1.8
    assert busy.admission.taken < 30  # those that are away: 0.8 of 5,000 a second, 5.2 ms each


def test_no_more_are_in_progress_than_there_may_be() -> None:
    busy = Busy(most=10)
    busy.run(steady(0.9 * CAPACITY, 1), 1.0)
    assert len(busy.waits) < 0.6 * CAPACITY  # ten at once, 5.2 ms each
    assert busy.admission.refused.count == len(busy.refusals) > 0.3 * CAPACITY


# How requests begin.


def test_a_request_never_begins_in_the_callback_that_read_it_and_those_of_one_poll_begin_in_order() -> None:
    async def run() -> list[str]:
        loop = asyncio.get_running_loop()
        admission = Admission(loop, Clock(loop, loop.time), 10, 1.0)
        begun: list[str] = []
        for name in "abc":
            admission.begin(lambda request: begun.append(request.path), Request("POST", name, "", Header(), b""), loop.time())
        assert begun == []
        await asyncio.sleep(0)
        return begun

    assert run_virtual(run()) == ["a", "b", "c"]


def test_one_that_fails_to_begin_does_not_keep_the_others_from_it() -> None:
    async def run() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        noise: list[object] = []
        loop.set_exception_handler(lambda _, context: noise.append(context))
        admission = Admission(loop, Clock(loop, loop.time), 10, 1.0)
        begun: list[Request] = []

        def fail(_: Request) -> None:
            raise KeyError("a fault")

        for start in (fail, begun.append, fail, begun.append):
            admission.begin(start, REQUEST, loop.time())
        for _ in range(6):
            await asyncio.sleep(0)
        admission.begin(fail, REQUEST, loop.time())
        await asyncio.sleep(0)
        admission.begin(begun.append, REQUEST, loop.time())
        await asyncio.sleep(0)
        return len(begun), len(noise)

    assert run_virtual(run()) == (3, 3)


def test_what_was_waited_is_told_where_it_counts() -> None:
    async def run() -> list[float]:
        loop = asyncio.get_running_loop()
        admission = Admission(loop, Clock(loop, loop.time), 10, 1.0)
        waited: list[float] = []
        for since in (0.0, 0.001, 0.3):
            admission.begin(lambda request: waited.append(request.waited), REQUEST, loop.time() - since)
        await asyncio.sleep(0)
        return waited

    assert run_virtual(run()) == [0.0, 0.0, pytest.approx(0.3)]


async def test_a_deadline_counts_from_when_the_request_had_arrived() -> None:
    async with RawServer(ok(b"1")) as server, proxy(one(server.url)) as port:
        answers: asyncio.Queue[Response] = asyncio.Queue()
        request = Request("POST", "/predict", "", Header({b"content-type": b"application/json"}), b"{}", waited=3.0)
        port.handler(request, answers.put_nowait)
        async with asyncio.timeout(PATIENCE):
            assert (await answers.get()).status == 504
        assert server.requests == []


# What is told.


def test_refusals_are_told_at_most_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        clock = Clock(loop, loop.time)
        admission = Admission(loop, clock, 0, 1.0)
        for _ in range(250):
            assert isinstance(admission.take(), Crowded)
            await asyncio.sleep(0.01)
        await asyncio.sleep(5)
        clock.close()

    with caplog.at_level(logging.WARNING, "plait"):
        run_virtual(run())
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 4
    assert told[0] == "refused 1 clients or requests for want of room, 1 since the start"
    assert told[-1].endswith(", 250 since the start")


# At the front.


class Holding:
    """A handler that answers when it is told to."""

    def __init__(self) -> None:
        self.replies: asyncio.Queue[Reply] = asyncio.Queue()

    def __call__(self, request: Request, reply: Reply) -> Started:
        if request.path in ("/health", "/livez", "/readyz", "/metrics", "/health/all"):
            reply(Response(200, b"{}"))
        else:
            self.replies.put_nowait(reply)
        return NOTHING

    async def held(self) -> Reply:
        async with asyncio.timeout(PATIENCE):
            return await self.replies.get()


FULL = Room(in_flight=1)


async def test_one_request_too_many_is_refused_and_its_connection_stays() -> None:
    handler = Holding()
    async with proxy(NOBODY, room=FULL, handler=handler) as port, port.client() as first, port.client() as second:
        first.writer.write(post())
        reply = await handler.held()
        for _ in range(3):
            answer = await second.ask(post(b"{}", b"X-Request-Id: mine"))
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert (answer.json["type"], answer.json["request_id"]) == ("urn:plait:problem:crowded", "mine")
            assert "connection" not in answer.headers
        reply(Response(200, b"1"))
        assert (await first.answer()).body == b"1"
        second.writer.write(post())
        (await handler.held())(Response(200, b"2"))
        assert (await second.answer()).body == b"2"
        assert port.listener.admission.refused.count == 3


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/metrics", "/health/all"])
async def test_whoever_looks_after_the_proxy_is_never_refused(path: str) -> None:
    handler = Holding()
    async with proxy(NOBODY, room=FULL, handler=handler) as port, port.client() as first, port.client() as second:
        first.writer.write(post())
        reply = await handler.held()
        assert (await second.ask(get(path))).status == 200
        reply(Response(200, b"1"))


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (post(b"x" * (64 << 10) + b"y")[: -(64 << 10) - 1], b"x" * (64 << 10)),
        (post(b"{}", b"Expect: 100-continue")[:-2], b""),
        (b"POST /predict HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n1\r\n"),
    ],
    ids=["a large body", "one who asks before", "chunks"],
)
async def test_a_refusal_comes_before_the_body_and_can_be_read_while_it_is_sent(head: bytes, body: bytes) -> None:
    handler = Holding()
    deadlines = Deadlines(linger=0.05)
    async with proxy(NOBODY, deadlines, room=FULL, handler=handler) as port, port.client() as first, port.client() as second:
        first.writer.write(post())
        reply = await handler.held()
        answer = await second.ask(head)
        assert (answer.status, answer.headers["connection"], answer.headers["retry-after"]) == (503, "close", "1")
        second.writer.write(body)
        assert await second.closed() == b""
        reply(Response(200, b"1"))


async def test_a_small_body_that_is_still_to_come_is_read_and_the_connection_stays() -> None:
    handler = Holding()
    async with proxy(NOBODY, room=FULL, handler=handler) as port, port.client() as first, port.client() as second:
        first.writer.write(post())
        reply = await handler.held()
        whole = post(b"x" * 1000)
        second.writer.write(whole[:-1000])
        await second.writer.drain()
        answer = await second.ask(whole[-1000:])
        assert answer.status == 503
        assert "connection" not in answer.headers
        assert (await second.ask(get("/health"))).status == 200
        reply(Response(200, b"1"))


class Sent(asyncio.Transport):
    """A transport that only counts."""

    size = 0

    def write(self, data: object) -> None:
        self.size += len(data)  # type: ignore[arg-type] # bytes

    def get_write_buffer_size(self) -> int:
        return 0

    def write_eof(self) -> None:
        """Nothing to end."""

    def resume_reading(self) -> None:
        """Nothing was paused."""


@pytest.mark.parametrize("ends", ["leaves", "is too slow", "sends too much"])
def test_a_body_that_never_comes_whole_gives_its_place_back(ends: str) -> None:
    async def run() -> list[int]:
        loop = asyncio.get_running_loop()
        listener = Listener(lambda _request, _reply: NOTHING, Clock(loop, loop.time), RequestLimits(body=1 << 17))
        front, transport = Front(listener), Sent()
        front.connection_made(transport)
        front.data_received(b"POST /predict HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n")
        taken = [listener.admission.taken]
        if ends == "leaves":
            front.connection_lost(None)
        elif ends == "sends too much":
            front.data_received(b"ffffff\r\n" + b"x" * (1 << 18))
        else:
            await asyncio.sleep(25)
        assert bool(transport.size) == (ends != "leaves")
        return [*taken, listener.admission.taken]

    assert run_virtual(run()) == [1, 0]


async def test_requests_that_wait_on_one_connection_are_refused_in_order() -> None:
    handler = Holding()
    async with proxy(NOBODY, room=FULL, handler=handler) as port, port.client() as first, port.client() as second:
        first.writer.write(post())
        reply = await handler.held()
        second.writer.write(post() + get("/health") + post())
        assert [(await second.answer()).status for _ in range(3)] == [503, 200, 503]
        reply(Response(200, b"1"))


# Connections.


async def test_one_client_has_no_more_connections_than_it_may() -> None:
    async with proxy(NOBODY, room=Room(connections_per_client=2)) as port:
        async with port.client() as first, port.client():
            async with port.client() as third:
                answer = await third.answer()
                assert (answer.status, answer.headers["retry-after"]) == (429, "1")
                assert answer.json["type"] == "urn:plait:problem:too-many-connections"
                assert await third.closed() == b""
            assert (await first.ask(get("/health"))).status == 200
        await gone(port)
        async with port.client() as again:
            assert (await again.ask(get("/health"))).status == 200
        await gone(port)
        assert not port.listener._of_client


async def gone(port: Proxy) -> None:
    async with asyncio.timeout(PATIENCE):
        await port.listener._empty.wait()
