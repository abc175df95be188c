"""Calls of jobs beside calls that somebody waits for: who goes first, who is turned away, and what is learnt from whom."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import Overloaded, TimedOut, UpstreamError
from plait.types import DEFERRED, JOB, STREAM, SYNC
from plait.upstream.defaults import JOBS_BUDGET, JOBS_WAITING
from tests.upstream.wires import Wired, wired

ONE: dict[str, Any] = {"limit": {"in_flight": 1}}
QUIET = 10.5
"""Seconds after which nobody who was urgent counts any more."""


@pytest.mark.parametrize("came", [(DEFERRED, JOB, STREAM, SYNC), (JOB, SYNC, DEFERRED, STREAM), (SYNC, STREAM, JOB, DEFERRED)])
def test_whoever_is_more_urgent_goes_first_whatever_the_order_of_coming(came: tuple[int, ...]) -> None:
    async def test(world: Wired) -> None:
        first = world.call(60.0)
        waiting = {priority: world.call(60.0, priority) for priority in came}
        assert len(world.upstream.line) == 4
        await world.answer(first)
        for priority in (SYNC, STREAM, JOB, DEFERRED):
            if priority == JOB:
                await world.pass_time(QUIET)
            await world.answer(waiting[priority])

    wired(1, test, timeout="60s", **ONE)


def test_of_one_priority_whoever_came_first_goes_first() -> None:
    async def test(world: Wired) -> None:
        jobs = [world.call(60.0, JOB) for _ in range(5)]
        await world.answer(*jobs)

    wired(1, test, **ONE)


def test_jobs_leave_as_many_permits_as_were_lately_needed_and_one_more() -> None:
    async def test(world: Wired) -> None:
        (wire,) = world.wires
        first = [world.call() for _ in range(3)]
        jobs = [world.call(600.0, JOB) for _ in range(20)]
        assert world.upstream.share.in_flight == 0
        await world.answer(*first)
        await beside(world, 3, 120)
        assert world.upstream.share.in_flight == 4
        await world.pass_time(QUIET)
        assert world.upstream.share.in_flight == 8  # nobody else was there
        urgent = [world.call() for _ in range(2)]
        assert len(wire.held) == 8  # they wait for the next permits
        for job in jobs:
            job.attempt.cancel()
        await world.pass_time(0.0)
        assert len(wire.held) == 2
        await world.answer(*urgent)

    wired(1, test, limit={"in_flight": 8}, timeout="60s")


async def beside(world: Wired, width: int, times: int) -> None:
    """Ask so many at once, time after time, and answer those in a moment; jobs that are in flight stay so."""
    share, (wire,) = world.upstream.share, world.wires
    for _ in range(times):
        callers = [world.call() for _ in range(width)]
        await world.pass_time(0.05)
        for caller in callers:
            wire.held.remove(caller.attempt)
            wire.held.insert(0, caller.attempt)
            wire.answer()
            await caller.done
        await world.pass_time(0.0)
    assert share.in_flight == len(wire.held)


def test_no_job_begins_at_a_predictor_of_one_call_while_somebody_asks_it() -> None:
    async def test(world: Wired) -> None:
        first = world.call()
        job = world.call(600.0, JOB)
        await world.answer(first)
        for _ in range(30):
            await world.pass_time(1.0)
            await world.answer(world.call())
        assert not job.attempt.attempts
        await world.pass_time(QUIET)
        await world.answer(job)

    wired(1, test, **ONE)


def test_jobs_that_wait_turn_nobody_away_and_make_nobody_wait() -> None:
    async def test(world: Wired) -> None:
        first = world.call()
        jobs = [world.call(600.0, JOB) for _ in range(2000)]
        callers = [world.call(1.0) for _ in range(3)]
        await world.answer(first, *callers)
        assert not any(job.attempt.attempts for job in jobs)
        for job in jobs:
            job.attempt.cancel()

    wired(1, test, limit={"in_flight": 1, "waiting": 3})


def test_a_call_goes_past_jobs_that_wait_where_there_is_a_permit() -> None:
    async def test(world: Wired) -> None:
        urgent = world.call()
        job = world.call(600.0, JOB)
        assert not job.attempt.attempts
        second = world.call()
        assert second.attempt.attempts == 1
        await world.answer(urgent, second)
        job.attempt.cancel()

    wired(1, test, limit={"in_flight": 2})


def test_a_full_class_turns_away_its_own_only() -> None:
    async def test(world: Wired) -> None:
        urgent = [world.call(), world.call()]
        jobs = [world.call(600.0, JOB) for _ in range(JOBS_WAITING + 1)]
        assert isinstance(await jobs.pop().error(), Overloaded)
        others = [world.call(600.0, DEFERRED), world.call(600.0, STREAM)]
        assert not any(other.done.done() for other in others)
        for caller in (*urgent, *others, *jobs):
            caller.attempt.cancel()
        assert len(world.upstream.line) == 0

    wired(1, test, **ONE)


def test_a_job_waits_for_minutes_and_has_the_whole_timeout_from_its_turn_on() -> None:
    async def test(world: Wired) -> None:
        held = world.call(3600.0)
        job = world.call(3600.0, JOB)
        await world.pass_time(4.9)
        for _ in range(60):  # somebody always asks
            await world.answer(held)
            held = world.call(3600.0)
            await world.pass_time(4.9)
        assert not job.done.done()
        await world.answer(held)
        await world.pass_time(QUIET)
        assert job.attempt.attempts == 1
        await world.pass_time(4.5)  # since some moment of the last second and a half at the latest
        error = await job.error()
        assert (type(error), error.detail) == (TimedOut, "no answer in 5000 ms")

    wired(1, test, **ONE)


def test_a_job_whose_own_time_is_up_leaves_the_line_and_was_never_sent() -> None:
    async def test(world: Wired) -> None:
        held = world.call(60.0)
        job = world.call(20.0, JOB)
        error = await job.error()
        assert (type(error), error.detail) == (TimedOut, "its turn did not come in 20000 ms")
        assert (job.attempt.attempts, 20.0 <= job.seconds < 20.1) == (0, True)
        held.attempt.cancel()

    wired(1, test, timeout="60s", **ONE)


def test_a_job_that_is_cancelled_leaves_the_line_at_once() -> None:
    async def test(world: Wired) -> None:
        held = world.call()
        jobs = [world.call(600.0, priority) for priority in (JOB, DEFERRED)]
        for left, job in zip((1, 0), jobs, strict=True):
            job.attempt.cancel()
            assert len(world.upstream.line) == left
        await world.answer(held)

    wired(1, test, **ONE)


def test_what_becomes_of_jobs_teaches_the_limit_nothing() -> None:
    async def test(world: Wired) -> None:
        limit = world.upstream.limit
        (wire,) = world.wires
        before = (limit.limit, limit.usual, limit.took)
        for answer in (200, 503, None, 200, 503) * 40:
            job = world.call(600.0, JOB)
            await world.pass_time(0.5)
            if answer is None:
                await world.pass_time(6.0)
            else:
                wire.answer(answer)
            await world.pass_time(0.0)
            assert job.done.done()
            job.done.exception()
        assert (limit.limit, limit.usual, limit.took) == before

    wired(1, test, eject=False)


def test_a_job_that_is_made_again_lets_others_go_first() -> None:
    async def test(world: Wired) -> None:
        (wire,) = world.wires
        job = world.call(600.0, JOB)
        urgent = world.call()
        wire.answer(503)
        await world.pass_time(0.1)
        assert (job.attempt.attempts, urgent.attempt.attempts) == (1, 1)
        await world.answer(urgent)
        await world.pass_time(QUIET)
        assert job.attempt.attempts == 2
        await world.answer(job)

    wired(1, test, idempotent=True, **ONE)


@pytest.mark.parametrize("end", ["cancel", "expire", "close"])
def test_a_job_that_waits_to_be_made_again_gives_nothing_back_twice(end: str) -> None:
    async def test(world: Wired) -> None:
        (wire,) = world.wires
        job = world.call(12.0, JOB)
        urgent = world.call(60.0)
        wire.answer(503)
        await world.pass_time(0.1)
        assert (urgent.attempt.attempts, len(world.upstream.line), world.upstream.limit.in_flight) == (1, 1, 1)
        if end == "cancel":
            job.attempt.cancel()
        elif end == "close":
            await world.upstream.close()
        else:
            assert (await job.error()).detail.startswith("its turn did not come in 119")
        await world.pass_time(1.0)
        assert (len(world.upstream.line), world.upstream.share.in_flight) == (0, 0)
        urgent.attempt.cancel()
        if end != "cancel":
            job.done.exception()

    wired(1, test, idempotent=True, timeout="60s", **ONE)


def test_jobs_use_up_a_part_of_the_budget_only() -> None:
    async def test(world: Wired) -> None:
        spent = []
        for priority in (JOB, SYNC):
            for _ in range(30):
                caller = world.call(600.0, priority)
                await world.pass_time(0.0)
                while not caller.done.done():
                    next(wire for wire in world.wires if wire.held).answer(503)
                    await world.pass_time(0.02)
                assert isinstance(await caller.error(), UpstreamError)
            spent.append(world.upstream.budget.spent)
        assert spent == [10 * JOBS_BUDGET, 10]

    wired(1, test, idempotent=True, eject=False)


def test_jobs_are_not_sent_a_second_time_for_being_slow_but_others_are_while_jobs_wait() -> None:
    async def test(world: Wired) -> None:
        job = world.call(600.0, JOB)
        await world.pass_time(1.0)
        assert job.attempt.attempts == 1
        job.attempt.cancel()
        urgent = world.call()
        jobs = [world.call(600.0, JOB) for _ in range(5)]
        await world.pass_time(0.1)
        assert (urgent.attempt.attempts, [job.attempt.attempts for job in jobs]) == (2, [0] * 5)
        for caller in (urgent, *jobs):
            caller.attempt.cancel()

    wired(2, test, hedge={"after": "50ms"}, limit={"in_flight": 2})


def test_what_is_deferred_has_what_jobs_leave() -> None:
    async def test(world: Wired) -> None:
        deferred = [world.call(600.0, DEFERRED) for _ in range(6)]
        jobs = [world.call(600.0, JOB) for _ in range(3)]
        assert sum(each.attempt.attempts for each in deferred) == 1
        await world.answer(deferred[0], *jobs, *deferred[1:])

    wired(1, test, limit={"in_flight": 2})
