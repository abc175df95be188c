"""Replicas that calls take out and bring back, and callers who try to take out good ones."""

from __future__ import annotations

import asyncio

import pytest

from plait.errors import PlaitError, TimedOut
from plait.testing.server import ok, read_request
from plait.upstream.defaults import SLOW_START
from plait.upstream.fleet import TICK
from tests.upstream.calling import Caller, replicas_of, status
from tests.upstream.wires import Wired, wired

GOOD = ok(b"1")


async def test_a_replica_that_fails_gets_no_more_calls_than_its_streak() -> None:
    async with replicas_of(status(500), GOOD, GOOD) as ((bad, *_), upstream, clock):
        for _ in range(60):
            caller = Caller(upstream, clock)
            await asyncio.wait([caller.done])
            assert caller.done.exception() is None or caller.attempt.endpoint.endswith(f":{bad.port}")
        assert len(bad.requests) == 4


async def test_a_replica_that_is_gone_is_not_dialled_for_each_call() -> None:
    async with replicas_of(None, GOOD, GOOD) as (_, upstream, clock):
        attempts = []
        for _ in range(60):
            caller = Caller(upstream, clock)
            await caller.done
            attempts.append(caller.attempt.attempts)
        assert (sum(attempts), max(attempts)) == (64, 2)


async def test_a_replica_that_is_well_again_comes_back_by_one_trial() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(GOOD if well else status(500))

    well = False
    rule = {"failures": 2, "time": "20ms", "longest": "20ms"}
    async with replicas_of(script, GOOD, GOOD, eject=rule, idempotent=True, retry={"on": [500]}) as (_, upstream, clock):
        for _ in range(30):
            await Caller(upstream, clock).done
        replica = next(replica for replica in upstream.fleet.replicas if replica.health.ejected)
        well = True
        while replica.health.ejected:
            await Caller(upstream, clock).done
        assert replica.health.rate == 0.0


def test_while_a_trial_is_in_flight_no_other_call_goes_there() -> None:
    async def test(world: Wired) -> None:
        bad = world.wires[0]
        while bad.asked < 2:
            caller = world.call()
            for wire in world.wires:
                if wire.held:
                    wire.break_off() if wire is bad else wire.answer()
            await asyncio.wait([caller.done])
            caller.done.exception()
        await world.pass_time(1.1)
        callers = [world.call() for _ in range(20)]
        assert (bad.asked, len(bad.held)) == (3, 1)
        bad.answer()
        for caller in callers:
            caller.attempt.cancel()
        await world.pass_time(SLOW_START + TICK)
        callers = [world.call() for _ in range(60)]
        assert bad.asked > 3
        for caller in callers:
            caller.attempt.cancel()

    wired(3, test, eject={"failures": 2, "time": "1s"}, limit={"in_flight": 200})


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_predictor_is_never_emptied(replicas: int, caplog: pytest.LogCaptureFixture) -> None:
    async def test(world: Wired) -> None:
        for _ in range(10 * replicas):
            caller = world.call()
            next(wire for wire in world.wires if wire.held).answer(500)
            await caller.error()
        assert all(wire.asked >= 4 for wire in world.wires)
        caller = world.call()
        next(wire for wire in world.wires if wire.held).answer()
        assert (await caller.done).raw == b"1"

    wired(replicas, test)
    assert f"{replicas} of {replicas} replicas are unfit, too many to do without: all are asked" in caplog.text


async def served(world: Wired, seconds: float, count: int) -> None:
    """So many calls that take so long."""
    for _ in range(count):
        caller = world.call()
        await world.pass_time(seconds)
        next(wire for wire in world.wires if wire.held).answer()
        await caller.done


def test_callers_without_time_take_no_replica_out() -> None:
    async def test(world: Wired) -> None:
        await served(world, 0.05, 60)
        for _ in range(200):
            caller = world.call(seconds=0.02)
            await world.pass_time(0.03)
            assert isinstance(await caller.error(), TimedOut)
        assert not any(replica.health.out or replica.health.rate for replica in world.upstream.fleet.replicas)
        assert world.upstream.limit.limit >= 8

    wired(3, test)


def test_callers_who_leave_take_no_replica_out() -> None:
    async def test(world: Wired) -> None:
        for _ in range(200):
            world.call().attempt.cancel()
        assert not any(replica.health.out or replica.health.rate for replica in world.upstream.fleet.replicas)

    wired(3, test)


def test_a_replica_that_is_silent_is_taken_out_though_callers_have_less_time_than_its_timeout() -> None:
    async def test(world: Wired) -> None:
        await served(world, 0.05, 60)
        mute = world.wires[0]
        before = mute.asked
        for _ in range(40):
            caller = world.call(seconds=0.5)
            await world.pass_time(0.05)
            for wire in world.wires[1:]:
                if wire.held:
                    wire.answer()
            await world.pass_time(0.5)
            await asyncio.wait([caller.done])
            assert caller.done.exception() is None or isinstance(caller.done.exception(), PlaitError)
        assert mute.asked - before <= 4 + 5  # and the trials of twenty seconds

    wired(3, test)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 413, 415, 422])
def test_what_callers_can_bring_about_is_held_against_nobody(code: int) -> None:
    async def test(world: Wired) -> None:
        for _ in range(40):
            caller = world.call()
            next(wire for wire in world.wires if wire.held).answer(code)
            await caller.error()
        assert not any(replica.health.out or replica.health.rate for replica in world.upstream.fleet.replicas)

    wired(3, test)
