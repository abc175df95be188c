"""Calls that wait for a permit, and calls that need not wait because it would be in vain."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from plait.errors import Overloaded
from plait.testing import RawServer
from plait.testing.server import ok, read_request
from tests.server.serving import one, post, proxy
from tests.upstream.calling import Caller, upstream_of
from tests.upstream.wires import Wired, wired


async def test_a_limit_of_one_makes_calls_follow_each_other() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            body = (await read_request(reader)).rpartition(b"\r\n\r\n")[2]
            busy.append(server.open)
            writer.write(ok(body))

    busy: list[int] = []
    async with upstream_of(script, limit={"in_flight": 1}) as (server, upstream, clock):
        callers = [Caller(upstream, clock, f"c{number}") for number in range(20)]
        assert len(upstream.line) == 19
        assert [(await caller.done).raw for caller in callers] == [b'"c%d"' % number for number in range(20)]
        assert (busy, server.connections) == ([1] * 20, 1)


def test_whoever_waits_is_called_in_the_order_of_coming_and_one_who_has_left_is_passed_over() -> None:
    async def test(world: Wired) -> None:
        callers = [world.call() for _ in range(4)]
        callers[1].attempt.cancel()
        (wire,) = world.wires
        for caller in (callers[0], callers[2], callers[3]):
            assert len(wire.held) == 1
            wire.answer()
            await caller.done
            await world.pass_time(0.0)
        assert (wire.asked, callers[1].done.done()) == (3, False)

    wired(1, test, limit={"in_flight": 1})


@pytest.mark.parametrize("how", ["answer", "fail", "refuse", "cancel", "expire"])
def test_however_a_call_ends_the_next_one_has_its_permit(how: str) -> None:
    async def test(world: Wired) -> None:
        first, second = world.call(seconds=0.1), world.call()
        (wire,) = world.wires
        if how == "answer":
            wire.answer()
        elif how == "fail":
            wire.answer(500)
        elif how == "refuse":
            wire.answer(422)
        elif how == "cancel":
            first.attempt.cancel()
        await world.pass_time(0.12)
        assert len(wire.held) == 1
        wire.answer()
        assert (await second.done).raw == b"1"
        assert first.done.done() is (how != "cancel")

    wired(1, test, limit={"in_flight": 1})


def test_one_whose_turn_would_come_too_late_is_turned_away_at_once() -> None:
    async def test(world: Wired) -> None:
        for _ in range(60):
            caller = world.call()
            await world.pass_time(0.1)
            world.wires[0].answer()
            await caller.done
        first, second = world.call(), world.call(seconds=0.15)
        assert isinstance(await second.error(), Overloaded)
        assert second.attempt.attempts == 0
        first.attempt.cancel()

    wired(1, test, limit={"in_flight": 1})


async def test_a_client_hears_of_it_in_a_moment_with_the_time_after_which_to_come_again() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()

    asked = asyncio.Event()
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(RawServer(script))
        served = await stack.enter_async_context(proxy(one(model.url, limit={"in_flight": 1, "waiting": 0})))
        busy, client = [await stack.enter_async_context(served.client()) for _ in range(2)]
        busy.writer.write(post())
        await asked.wait()
        began = served.clock.now()
        answer = await client.ask(post())
        assert served.clock.now() - began < 0.05
        assert (answer.status, answer.headers["retry-after"], answer.json["type"]) == (503, "1", "urn:plait:problem:overloaded")
        assert answer.json["parts"]["a"]["status"] == "overloaded"


def test_whoever_comes_does_not_overtake_those_who_wait() -> None:
    async def test(world: Wired) -> None:
        (wire,) = world.wires
        callers = [world.call(), world.call()]
        for _ in range(5):
            wire.answer()
            callers.append(world.call())  # in the same turn of the loop, while the permit is free
            await callers.pop(0).done
            await world.pass_time(0.0)
            assert wire.held == [callers[0].attempt]
        for caller in callers:
            caller.attempt.cancel()

    wired(1, test, limit={"in_flight": 1})


def test_a_permit_that_comes_to_one_who_leaves_in_that_moment_is_given_back() -> None:
    async def test(world: Wired) -> None:
        (wire,) = world.wires
        first, late, other = world.call(), world.call(seconds=0.3), world.call()
        left = late.ended

        def ended(*outcome: Any) -> None:  # one that is told that its turn came too late stops the other, as a parallel node does
            left(*outcome)
            other.attempt.cancel()

        late.ended = ended  # type: ignore[method-assign]
        await world.pass_time(0.29)
        wire.answer()
        await first.done
        assert isinstance(await late.error(), Overloaded)
        await world.pass_time(0.0)
        assert (wire.asked, world.upstream.limit.in_flight) == (1, 0)

    wired(1, test, limit={"in_flight": 1})
