"""A slow call that is sent a second time: where, when, what becomes of the loser, and in any order of events nothing is left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import strategies as st

from plait.errors import PlaitError, Refused, TimedOut, Unreachable
from plait.testing.server import ok
from tests.laws.seeded import law
from tests.upstream.calling import Caller, replicas_of, silent
from tests.upstream.wires import Wired, wired

SOON: dict[str, Any] = {"hedge": {"after": "50ms"}}
P95: dict[str, Any] = {"hedge": {}}
MARGIN = 0.011
"""Seconds by which time has passed a moment and the clock's bucket after it."""


async def test_a_second_copy_goes_to_another_replica_and_its_answer_counts() -> None:
    async with replicas_of(silent, ok(b"2"), **SOON) as ((slow, fast), upstream, clock):
        caller = Caller(upstream, clock)
        assert (await caller.done).raw == b"2"
        assert 0.05 <= caller.seconds < 0.2
        assert (caller.attempt.attempts, caller.attempt.endpoint, caller.attempt.code) == (2, f"127.0.0.1:{fast.port}", 200)
        await slow.empty()  # the loser's connection was closed


def test_the_first_answer_wins_and_the_other_exchange_ends() -> None:
    async def test(world: Wired) -> None:
        for winner in (0, 1):
            caller = world.call()
            first = next(number for number, count in enumerate(world.held) if count)
            await world.pass_time(0.05 + MARGIN)
            assert world.held == [1, 1]
            place = first if winner == 0 else 1 - first
            world.wires[place].answer(body=b"%d" % winner)
            assert (await caller.done).raw == b"%d" % winner
            assert world.held == [0, 0]
            assert world.upstream.limit.in_flight == 0
        assert sum(wire.dropped for wire in world.wires) == 2

    wired(2, test, **SOON)


def test_a_call_that_is_answered_in_time_is_not_copied() -> None:
    async def test(world: Wired) -> None:
        caller = world.call()
        await world.pass_time(0.04)
        world.wires[0].answer()
        await caller.done
        await world.pass_time(1.0)
        assert ([wire.asked for wire in world.wires], caller.attempt.attempts) == ([1, 0], 1)

    wired(2, test, **SOON)


def test_with_one_replica_the_copy_goes_there_too() -> None:
    async def test(world: Wired) -> None:
        caller = world.call()
        await world.pass_time(0.05 + MARGIN)
        assert world.held == [2]
        world.wires[0].answer()
        await caller.done

    wired(1, test, **SOON)


def test_the_live_95th_percentile_is_learnt_before_the_first_copy() -> None:
    async def test(world: Wired) -> None:
        for _ in range(100):
            caller = world.call()
            assert sum(world.held) == 1
            await world.pass_time(0.02)
            next(wire for wire in world.wires if wire.held).answer()
            await caller.done
        caller = world.call()
        await world.pass_time(0.015)
        assert sum(world.held) == 1
        await world.pass_time(0.02)
        assert world.held == [1, 1]
        world.wires[0].answer()
        await caller.done

    wired(2, test, **P95)


def test_if_one_of_two_copies_fails_the_other_may_still_answer() -> None:
    async def test(world: Wired) -> None:
        for first in (0, 1):
            caller = world.call()
            await world.pass_time(0.05 + MARGIN)
            world.wires[first].break_off()
            assert not caller.done.done()
            world.wires[1 - first].answer()
            assert (await caller.done).raw == b"1"

    wired(2, test, **SOON)


def test_if_both_copies_fail_the_call_fails_once_and_for_good() -> None:
    async def test(world: Wired) -> None:
        caller = world.call()
        await world.pass_time(0.05 + MARGIN)
        world.wires[1].answer(500)
        assert not caller.done.done()
        world.wires[0].answer(500)
        error = await caller.error()
        assert (error.status, error.final, caller.attempt.attempts) == (502, True, 2)

    wired(2, test, **SOON)


@pytest.mark.parametrize("who", [0, 1])
def test_a_refusal_is_an_answer_and_not_waited_out(who: int) -> None:
    async def test(world: Wired) -> None:
        caller = world.call()
        await world.pass_time(0.05 + MARGIN)
        world.wires[who].answer(422)
        assert isinstance(await caller.error(), Refused)
        assert world.held == [0, 0]
        assert world.upstream.limit.in_flight == 0

    wired(2, test, **SOON)


def test_the_permit_of_a_copy_that_failed_goes_to_whoever_waits() -> None:
    async def test(world: Wired) -> None:
        first = world.call()
        await world.pass_time(0.05 + MARGIN)
        second = world.call()
        assert (world.held, len(world.upstream.line)) == ([1, 1], 1)
        world.wires[1].break_off()
        await world.pass_time(0.0)
        assert len(world.upstream.line) == 0
        for caller in (first, second):
            caller.attempt.cancel()

    wired(2, test, limit={"in_flight": 2}, **SOON)


def test_no_copy_is_sent_and_none_is_paid_where_others_wait_or_no_permit_is_left() -> None:
    async def test(world: Wired) -> None:
        callers = [world.call() for _ in range(2)]
        await world.pass_time(0.2)
        assert (world.held, world.upstream.budget.spent) == ([1, 1], 0)
        for caller in callers:
            caller.attempt.cancel()

    wired(2, test, limit={"in_flight": 2}, **SOON)


def test_copies_are_paid_by_the_budget() -> None:
    async def test(world: Wired) -> None:
        callers = [world.call() for _ in range(14)]
        await world.pass_time(0.2)
        assert sum(caller.attempt.attempts for caller in callers) == 14 + 10
        for caller in callers:
            caller.attempt.cancel()

    wired(2, test, limit={"in_flight": 100}, **SOON)


def test_a_copy_that_was_sent_just_before_the_deadline_is_not_to_blame() -> None:
    async def test(world: Wired) -> None:
        caller = world.call(seconds=0.0601)
        await world.pass_time(0.1)
        assert isinstance(await caller.error(), TimedOut)
        assert caller.attempt.attempts == 2
        second, first = world.upstream.fleet.replicas
        assert (first.health.rate > 0, second.health.rate) == (True, 0.0)

    wired(2, test, **SOON)


def test_a_silent_attempt_has_its_share_of_the_time_though_its_copy_has_failed() -> None:
    async def test(world: Wired) -> None:
        caller = world.call(seconds=0.9)
        await world.pass_time(0.05 + MARGIN)
        next(wire for wire in world.wires[1:] if wire.held).break_off()
        await world.pass_time(0.4)
        assert world.wires[0].dropped == 1
        assert (caller.attempt.attempts, sum(world.held)) == (3, 1)
        next(wire for wire in world.wires if wire.held).answer()
        await caller.done

    wired(3, test, retry={"on": ["timeout"], "attempts": 3}, **SOON)


EVENT = st.one_of(
    st.tuples(st.just("call"), st.sampled_from([0.03, 0.07, 0.4, 2.0])),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("pass"), st.sampled_from([0.0, 0.006, 0.03, 0.051, 0.2])),
    st.tuples(st.sampled_from(["answer", "422", "500", "503", "busy", "odd", "break", "stale", "gone"]), st.integers(0, 2)),
)
POLICIES = st.fixed_dictionaries(
    {
        "limit": st.sampled_from([{"in_flight": 1, "waiting": 2}, {"in_flight": 2, "waiting": 0}, {"in_flight": 3}, {}]),
        "hedge": st.sampled_from([None, {"after": "50ms"}, {"after": "1ms"}, {}]),
        "retry": st.sampled_from([None, {"attempts": 1}, {"on": ["connect", "broken", "timeout", 503, 500]}]),
        "idempotent": st.sampled_from([None, True]),
        "eject": st.sampled_from([False, {"failures": 1, "time": "100ms"}, None]),
        "balance": st.sampled_from(["p2c", "round_robin", "least_loaded"]),
    }
)


def happens(world: Wired, what: str, place: int) -> None:
    """An exchange at a wire ends, if there is one."""
    wire = world.wires[place % len(world.wires)]
    if not wire.held:
        return
    if what == "answer":
        wire.answer()
    elif what == "busy":
        wire.answer(503, retry_after="1")
    elif what == "odd":
        wire.answer(503, retry_after="Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
    elif what in {"422", "500", "503"}:
        wire.answer(int(what))
    else:
        wire.break_off(Unreachable("refused") if what == "gone" else None, stale=what == "stale")


@law(st.integers(1, 3), POLICIES, st.lists(EVENT, min_size=5, max_size=40), few=150, many=3000)
def test_whatever_happens_in_whatever_order_nothing_is_left(replicas: int, policies: dict[str, Any], events: list[Any]) -> None:
    async def test(world: Wired) -> None:
        callers: list[Caller] = []
        gone: set[Caller] = set()
        for what, value in events:
            if what == "call":
                callers.append(world.call(seconds=value))
            elif what == "pass":
                await world.pass_time(value)
            elif what != "cancel":
                happens(world, what, value)
            elif value < len(callers):
                gone.add(callers[value])
                heard = callers[value].done.done()
                callers[value].attempt.cancel()
                assert callers[value].done.done() is heard
            assert world.upstream.limit.in_flight >= sum(world.held)
        await world.pass_time(2.5)
        for caller in callers:
            assert caller.done.done() or caller in gone
            assert caller.done.cancelled() or not caller.done.done() or heard_well(caller)
            assert caller.seconds <= 2.0 + MARGIN
        assert (world.held, world.upstream.limit.in_flight, len(world.upstream.line)) == ([0] * replicas, 0, 0)
        assert [replica.in_flight for replica in world.upstream.fleet.replicas] == [0] * replicas
        last = world.call()
        next(wire for wire in world.wires if wire.held).answer()
        assert (await last.done).raw == b"1"

    wired(replicas, test, **{key: value for key, value in policies.items() if value is not None})


def heard_well(caller: Caller) -> bool:
    """Whether a call ended with an answer or an error of plait's, after as many attempts as it may have."""
    error = caller.done.exception()
    assert error is None or isinstance(error, PlaitError)
    return caller.attempt.attempts <= 4


async def test_a_hundred_races_over_sockets_leave_nothing() -> None:
    async def twenty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
            asyncio.get_running_loop().call_later(0.02, writer.write, ok(b"1"))

    async with replicas_of(twenty, twenty, twenty, hedge={"after": "20ms"}, limit={"in_flight": 64}) as (_, upstream, clock):
        callers = [Caller(upstream, clock) for _ in range(100)]
        for caller in callers:
            assert (await caller.done).raw == b"1"
        assert upstream.limit.in_flight == 0


def test_an_attempt_after_the_first_is_not_copied() -> None:
    async def test(world: Wired) -> None:
        caller = world.call()
        next(wire for wire in world.wires if wire.held).answer(503)
        await world.pass_time(1.0)
        assert ([wire.asked for wire in world.wires].count(1), caller.attempt.attempts) == (2, 2)
        caller.attempt.cancel()

    wired(3, test, **SOON, retry={"attempts": 2, "on": [503]})
