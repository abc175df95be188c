"""What a call waits for between two attempts, on virtual time."""

from __future__ import annotations

import asyncio
import gc

import pytest

from plait.errors import Unreachable
from plait.upstream.call import Call
from tests.upstream.wires import Wired, wired

AGAIN = {"idempotent": True}


def test_the_same_replica_is_asked_after_the_wait_that_it_asked_for() -> None:
    async def test(world: Wired) -> None:
        caller = world.call()
        (wire,) = world.wires
        wire.answer(503, retry_after="2")
        await world.pass_time(1.99)
        assert wire.asked == 1
        await world.pass_time(0.05)
        assert wire.asked == 2
        wire.answer()
        await caller.done
        assert caller.attempt.attempts == 2

    wired(1, test, **AGAIN)


def test_the_wait_counts_where_the_only_other_replica_is_out() -> None:
    async def test(world: Wired) -> None:
        good, bad = world.wires
        for wire in (good, bad, good, bad):
            caller = world.call()
            if wire is good:
                wire.answer()
            else:
                wire.break_off()
            await asyncio.wait([caller.done])
            caller.done.exception()
        caller = world.call()
        good.answer(503, retry_after="1")
        await world.pass_time(0.9)
        assert (good.asked, bad.asked) == (3, 2)
        await world.pass_time(0.2)
        assert (good.asked, bad.asked) == (4, 2)
        good.answer()
        await caller.done

    wired(2, test, retry={"on": [503]}, eject={"failures": 2, "time": "1m", "longest": "1m"})


def test_a_wait_that_would_end_after_the_deadline_is_none() -> None:
    async def test(world: Wired) -> None:
        caller = world.call(seconds=1.5)
        world.wires[0].answer(503, retry_after="2")
        error = await caller.error()
        assert (error.retry_after, error.final, caller.seconds) == (2.0, True, 0.0)

    wired(1, test, **AGAIN)


def test_no_call_is_made_again_once_its_upstream_has_closed() -> None:
    async def test(world: Wired) -> None:
        caller = world.call()
        world.wires[0].answer(503, retry_after="2")
        await world.upstream.close()
        await world.pass_time(3.0)
        assert isinstance(await caller.error(), Unreachable)
        assert world.wires[0].asked == 1

    wired(1, test, **AGAIN)


def test_a_call_that_is_cancelled_while_it_waits_is_not_made_again() -> None:
    async def test(world: Wired) -> None:
        caller = world.call()
        world.wires[0].answer(503, retry_after="2")
        caller.attempt.cancel()
        assert world.upstream.limit.in_flight == 0
        await world.pass_time(3.0)
        assert (world.wires[0].asked, caller.done.done()) == (1, False)

    wired(1, test, **AGAIN)


@pytest.mark.parametrize("end", ["answer", "refuse", "leave", "expire"])
def test_nothing_holds_a_call_that_has_ended(end: str) -> None:
    async def test(world: Wired) -> None:
        gc.collect()  # what other tests have left
        caller = world.call(seconds=1.0)
        if end == "expire":
            await world.pass_time(1.1)
        elif end == "leave":
            caller.attempt.cancel()
        else:
            world.wires[0].answer(200 if end == "answer" else 422)
        if end != "leave":
            await asyncio.wait([caller.done])
            caller.done.exception()
        assert [each for each in gc.get_objects() if isinstance(each, Call)] == [caller.attempt]
        del caller
        assert not [each for each in gc.get_objects() if isinstance(each, Call)]

    wired(1, test, hedge={"after": "5s"})
