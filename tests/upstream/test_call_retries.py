"""A call that is made again: when, where, how often, and by when it must have ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plait.clock import BUCKET
from plait.errors import BadAnswer, Refused, TimedOut, Unreachable
from plait.spec.policies import RetrySpec
from plait.testing.server import Script, ok, read_request
from tests.upstream.calling import Caller, hangs_up, replicas_of, silent, status, upstream_of

ONE = ok(b"1")
AGAIN = {"idempotent": True}
LATE = 2 * BUCKET + 0.03
"""Seconds that a machine with much to do may be late."""


async def test_where_there_is_no_connection_the_next_replica_is_asked() -> None:
    async with replicas_of(None, ONE) as ((_, good), upstream, clock):
        caller = Caller(upstream, clock)
        assert (await caller.done).raw == b"1"
        assert (caller.attempt.attempts, caller.attempt.endpoint, caller.attempt.code) == (2, f"127.0.0.1:{good.port}", 200)


async def test_where_there_is_no_connection_to_any_three_attempts_are_made_and_the_failure_is_final() -> None:
    async with replicas_of(None, None, None, None) as (_, upstream, clock):
        caller = Caller(upstream, clock)
        error = await caller.error()
        assert isinstance(error, Unreachable)
        assert (caller.attempt.attempts, error.final, error.endpoint) == (3, True, caller.attempt.endpoint)


async def test_a_call_of_one_attempt_is_not_made_again() -> None:
    async with replicas_of(None, ONE, retry={"attempts": 1}) as ((_, good), upstream, clock):
        caller = Caller(upstream, clock)
        error = await caller.error()
        assert isinstance(error, Unreachable)
        assert (caller.attempt.attempts, error.final, good.connections) == (1, False, 0)


@pytest.mark.parametrize(
    ("bad", "options"),
    [
        (status(502), AGAIN),
        (status(503), AGAIN),
        (status(504), AGAIN),
        (hangs_up, AGAIN),
        (status(500), {"retry": {"on": [500]}}),
        (status(429), {"retry": {"on": [429]}}),
        (hangs_up, {"retry": {"on": ["broken"]}}),
    ],
    ids=["502", "503", "504", "broken", "500 named", "429 named", "broken named"],
)
async def test_what_may_reach_it_twice_is_asked_of_another_replica(bad: Script | bytes, options: dict[str, Any]) -> None:
    async with replicas_of(bad, ONE, **options) as (_, upstream, clock):
        caller = Caller(upstream, clock)
        assert (await caller.done).raw == b"1"
        assert caller.attempt.attempts == 2


@pytest.mark.parametrize(
    ("bad", "options"),
    [
        (status(502), {}),
        (status(503), {}),
        (hangs_up, {}),
        (status(500), AGAIN),
        (status(404), AGAIN),
        (ok(b"<html>"), AGAIN),
        (status(503), {"retry": {"on": ["connect"]}, **AGAIN}),
        (status(502), {"idempotent": False}),
        (hangs_up, {"idempotent": False}),
    ],
    ids=["502", "503", "broken", "500", "404", "no JSON", "connect alone", "502, not twice", "broken, not twice"],
)
async def test_what_nobody_asked_to_repeat_is_not(bad: Script | bytes, options: dict[str, Any]) -> None:
    async with replicas_of(bad, ONE, **options) as ((_, good), upstream, clock):
        caller = Caller(upstream, clock)
        error = await caller.error()
        assert isinstance(error, BadAnswer)
        assert (caller.attempt.attempts, error.final, good.connections) == (1, False, 0)


@pytest.mark.parametrize("code", [400, 413, 415, 422])
async def test_a_refusal_is_passed_on_and_held_against_nobody(code: int) -> None:
    async with replicas_of(status(code), ONE, eject={"failures": 1}, **AGAIN) as ((bad, good), upstream, clock):
        for _ in range(2):
            caller = Caller(upstream, clock)
            if caller.attempt.endpoint.endswith(f":{bad.port}"):
                error = await caller.error()
                assert isinstance(error, Refused)
                assert (error.status, caller.attempt.attempts, error.final) == (code, 1, False)
            await asyncio.wait([caller.done])
        assert [replica.health.rate for replica in upstream.fleet.replicas] == [0.0, 0.0]
        assert (len(bad.requests), len(good.requests)) == (1, 1)


async def test_each_attempt_has_its_share_of_the_time() -> None:
    async with replicas_of(silent, ONE, retry={"on": ["timeout"]}) as (_, upstream, clock):
        caller = Caller(upstream, clock, seconds=0.24)
        assert (await caller.done).raw == b"1"
        assert caller.attempt.attempts == 2
        assert 0.08 <= caller.seconds < 0.08 + LATE


async def test_attempts_never_move_the_deadline() -> None:
    async with replicas_of(silent, silent, silent, retry={"on": ["timeout"], "attempts": 10}) as (_, upstream, clock):
        caller = Caller(upstream, clock, seconds=0.2)
        error = await caller.error()
        assert isinstance(error, TimedOut)
        assert error.final
        assert 0.2 <= caller.seconds < 0.2 + LATE
        assert 2 <= caller.attempt.attempts <= 10


async def test_without_a_budget_there_is_one_attempt() -> None:
    async with replicas_of(None, None) as (_, upstream, clock):
        while upstream.budget.take(clock.now()):
            pass
        caller = Caller(upstream, clock)
        error = await caller.error()
        assert (caller.attempt.attempts, error.final) == (1, True)


async def test_without_a_budget_a_silent_attempt_may_have_all_of_the_time() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        asked.set()
        await go.wait()
        writer.write(ONE)
        await reader.read()

    asked, go = asyncio.Event(), asyncio.Event()
    async with replicas_of(slow, silent, retry={"on": ["timeout"], "attempts": 2}) as ((_, other), upstream, clock):
        while upstream.budget.take(clock.now()):
            pass
        caller = Caller(upstream, clock, seconds=0.3)
        await asked.wait()
        asyncio.get_running_loop().call_later(0.2, go.set)
        assert (await caller.done).raw == b"1"
        assert (caller.attempt.attempts, other.connections) == (1, 0)


async def test_a_call_that_must_not_reach_it_twice_does_not_where_a_kept_connection_swallowed_it() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(ONE)
        seen.append(await read_request(reader))

    seen: list[bytes] = []
    async with upstream_of(script, idempotent=False) as (server, upstream, clock):
        await Caller(upstream, clock).done
        again = Caller(upstream, clock)
        assert isinstance(await again.error(), BadAnswer)
        assert (again.attempt.attempts, server.connections, len(seen)) == (1, 1, 1)


async def test_a_failure_after_a_kept_connection_swallowed_the_first_attempt_is_final() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(ONE if server.connections == 1 else status(500))
        await read_request(reader)

    async with upstream_of(script) as (server, upstream, clock):
        await Caller(upstream, clock).done
        again = Caller(upstream, clock)
        assert (await again.error()).final
        assert again.attempt.attempts == 2


async def test_a_node_may_ask_in_its_own_way() -> None:
    async with replicas_of(status(500), ONE) as (_, upstream, clock):
        node = upstream.repeating(RetrySpec(on=(500,)), None)
        assert (await Caller(node, clock).done).raw == b"1"


BUSY = status(503, b"Retry-After: 1")


async def test_another_replica_is_asked_without_the_wait_that_one_asked_for() -> None:
    async with replicas_of(BUSY, ONE, **AGAIN) as (_, upstream, clock):
        caller = Caller(upstream, clock)
        await caller.done
        assert caller.seconds < 0.5


async def test_where_the_wait_is_too_long_the_call_fails_at_once() -> None:
    async with upstream_of(status(503, b"Retry-After: 5"), **AGAIN) as (server, upstream, clock):
        caller = Caller(upstream, clock, seconds=4.0)
        error = await caller.error()
        assert (error.retry_after, error.final, len(server.requests)) == (5.0, True, 1)
        assert caller.seconds < 0.5


@pytest.mark.parametrize("field", [b"9" * 30 + b" Jan 2030", b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT", b"\xff", b"-1"])
async def test_a_wait_that_makes_no_sense_is_none(field: bytes) -> None:
    async with upstream_of(status(503, b"Retry-After: " + field), **AGAIN) as (server, upstream, clock):
        caller = Caller(upstream, clock)
        await caller.error()
        assert len(server.requests) == 3
        assert caller.seconds < 0.5


async def test_a_final_failure_is_not_asked_about_again() -> None:
    final = status(503, b"X-Plait-Final: true")
    async with replicas_of(final, ONE, **AGAIN) as ((_, good), upstream, clock):
        caller = Caller(upstream, clock)
        error = await caller.error()
        assert (error.final, caller.attempt.attempts, good.connections) == (True, 1, 0)
