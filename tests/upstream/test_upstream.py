"""A call of a predictor: one answer or one error, by its deadline, repeated only where that cannot hurt."""

from __future__ import annotations

import asyncio

import pytest

from plait.clock import BUCKET
from plait.errors import BadAnswer, Overloaded, PlaitError, Refused, TimedOut, Unreachable
from plait.testing.server import ok, read_request
from plait.types import Message, Run
from tests.upstream.calling import Caller, endpoint, upstream_of

NO = b"HTTP/1.1 422 X\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno"


async def test_an_answer_comes_with_its_status_attempts_and_address() -> None:
    async with upstream_of(ok(b'{"p": 1.50}')) as (server, upstream, clock):
        caller = Caller(upstream, clock, "question")
        assert (await caller.done).raw == b'{"p": 1.50}'
        assert caller.outcome is not None
        assert (caller.outcome.code, caller.outcome.attempts, caller.outcome.endpoint) == (200, 1, f"127.0.0.1:{server.port}")
        assert server.requests[0].startswith(b"POST /predict?id=question HTTP/1.1\r\n")
        assert server.requests[0].endswith(b'\r\n\r\n"question"')


async def test_a_refusal_carries_the_predictors_own_words() -> None:
    async with upstream_of(NO) as (_, upstream, clock):
        caller = Caller(upstream, clock)
        with pytest.raises(Refused) as caught:
            await caller.done
        assert (caught.value.status, caught.value.body, caller.attempt.code) == (422, b"no", 422)
        assert caught.value.endpoint == caller.attempt.endpoint


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ok(b"<html>"), 200),
        (b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", 500),
        (b"HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n", None),
        (b"HTTP/1.1 200 X\r\nContent-Length: 99999999\r\n\r\n", 200),
        (b"nonsense", None),
    ],
    ids=["no JSON", "500", "redirect", "999", "too large", "no HTTP"],
)
async def test_a_bad_answer_is_told_with_its_status_and_not_asked_again(answer: bytes, code: int | None) -> None:
    async with upstream_of(answer) as (server, upstream, clock):
        caller = Caller(upstream, clock)
        with pytest.raises(BadAnswer):
            await caller.done
        assert (caller.attempt.code, caller.attempt.attempts, len(server.requests)) == (code, 1, 1)


async def test_a_call_that_a_kept_connection_swallowed_is_sent_once_more_on_another() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(b"1"))
        await read_request(reader)
        await read_request(reader)  # and hangs up

    async with upstream_of(script) as (server, upstream, clock):
        await Caller(upstream, clock).done
        again = Caller(upstream, clock)
        assert (await again.done).raw == b"1"
        assert (again.attempt.attempts, server.connections) == (2, 2)


async def test_a_call_that_two_kept_connections_swallowed_fails() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        came.release()
        await go.wait()
        writer.write(ok(b"1"))
        await read_request(reader)
        swallowed.append(1)

    came, go, swallowed = asyncio.Semaphore(0), asyncio.Event(), list[int]()
    async with upstream_of(script) as (_, upstream, clock):
        callers = [Caller(upstream, clock) for _ in range(3)]
        for _ in callers:
            await came.acquire()
        go.set()
        for caller in callers:
            await caller.done
        again = Caller(upstream, clock)
        with pytest.raises(BadAnswer):
            await again.done
        assert (again.attempt.attempts, len(swallowed)) == (2, 2)


async def test_a_call_of_which_an_answer_had_begun_is_not_sent_again() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(ok(b"1"))
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await writer.drain()
        writer.write_eof()
        await reader.read()

    async with upstream_of(script) as (server, upstream, clock):
        await Caller(upstream, clock).done
        again = Caller(upstream, clock)
        with pytest.raises(BadAnswer):
            await again.done
        assert (again.attempt.attempts, server.connections) == (1, 1)


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", ok(b"1")[:-1]], ids=["nothing", "a part", "all but a byte"]
)
async def test_a_predictor_that_does_not_go_on_is_left_at_the_deadline(said: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(said)
        await reader.read()

    async with upstream_of(script) as (server, upstream, clock):
        began = clock.now()
        caller = Caller(upstream, clock, seconds=0.03)
        with pytest.raises(TimedOut, match="no answer in 30 ms"):
            await caller.done
        assert 0.03 <= clock.now() - began < 0.08
        await server.gone.wait()
        assert endpoint(upstream).open == 0


async def test_a_call_whose_turn_does_not_come_is_left_at_the_deadline() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with upstream_of(silent, limit={"in_flight": 1}) as (server, upstream, clock):
        first, second = Caller(upstream, clock), Caller(upstream, clock, seconds=0.05)
        with pytest.raises(TimedOut, match="its turn did not come in 50 ms"):
            await second.done
        assert second.attempt.attempts == 0
        assert (server.connections, len(upstream.line), first.done.done()) == (1, 0, False)


async def test_a_full_line_is_told_at_once() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with upstream_of(silent, limit={"in_flight": 1, "waiting": 1}) as (_, upstream, clock):
        first = Caller(upstream, clock)
        second = Caller(upstream, clock)
        third = Caller(upstream, clock)
        assert isinstance(third.done.exception(), Overloaded)
        assert not second.done.done()
        first.attempt.cancel()


async def test_a_call_that_is_cancelled_hears_nothing_more() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        came.set()
        await reader.read()

    came = asyncio.Event()
    async with upstream_of(script) as (server, upstream, clock):
        caller = Caller(upstream, clock, seconds=2 * BUCKET)
        await came.wait()
        caller.attempt.cancel()
        caller.attempt.cancel()
        await server.gone.wait()
        later = Caller(upstream, clock, seconds=2 * BUCKET)
        with pytest.raises(TimedOut):
            await later.done
        assert not caller.done.done()


async def test_a_call_that_is_cancelled_before_it_is_sent_again_is_not() -> None:
    async with upstream_of(ok(b"1")) as (server, upstream, clock):
        await Caller(upstream, clock, "first").done
        again = Caller(upstream, clock, "again")
        endpoint(upstream).drop(again.attempt)
        again.attempt.broke(Unreachable("closed"), stale=True)  # which asks again, with the loop's next turn
        again.attempt.cancel()
        assert (await Caller(upstream, clock, "next").done).raw == b"1"
        assert sum(b'"again"' in request for request in server.requests) <= 1


async def test_the_answer_to_a_probe_is_awaited() -> None:
    async with upstream_of(ok(b'{"health":"ok"}')) as (server, upstream, clock):
        message = await upstream.get("/health", Run(Message(b"null"), clock, b"me"))
        assert message.raw == b'{"health":"ok"}'
        assert server.requests[0].startswith(b"GET /health?id=me HTTP/1.1\r\n")


async def test_the_failure_of_a_probe_is_raised() -> None:
    async with upstream_of(NO) as (_, upstream, clock):
        with pytest.raises(PlaitError, match="status 422"):
            await upstream.get("/health", Run(Message(b"null"), clock, b"me"))


async def test_a_probe_that_is_cancelled_ends_its_connection() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        came.set()
        await reader.read()

    came = asyncio.Event()
    async with upstream_of(script) as (server, upstream, clock):
        probe = asyncio.get_running_loop().create_task(upstream.get("/health", Run(Message(b"null"), clock, b"me")))
        await came.wait()
        probe.cancel()
        await asyncio.wait([probe])
        await server.gone.wait()
        assert endpoint(upstream).open == 0
