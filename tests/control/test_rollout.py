"""The guard takes a worse revision back: once, and never where there is a newer one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plait.control.rollout import AUTHOR, Guard, Watched
from plait.errors import PlaitError
from plait.server.tally import Tally
from plait.spec.control import RollbackSpec
from plait.testing.virtual import run_virtual

SPEC = RollbackSpec()
GOOD, BAD = (200,) * 99 + (503,), (200,) * 70 + (503,) * 30


class Refusal(PlaitError):
    """What the ledger says instead of doing it."""

    def __init__(self, status: int) -> None:
        super().__init__("it says no")
        self.status = status


class Machine:
    """Workers that count, a ledger that remembers what it was asked for, and a clock that is turned by hand."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.pids = [1, 2]
        self.tallies = {1: Tally(), 2: Tally()}
        self.silent = False
        self.asked: list[tuple[int, str, int]] = []
        self.reasons: list[str] = []
        self.refusals: list[Refusal] = []
        self.told: list[tuple[int, str]] = []
        self.meanwhile: list[tuple[Any, ...]] = []
        self.guard = Guard(self.snapshots, self.activate, self.hear, lambda: self.moment)

    async def snapshots(self) -> list[dict[str, Any]]:
        if self.silent:
            return []
        return [
            {"worker": place, "pid": pid, "graphs": {n: g.facts() for n, g in self.tallies[pid].graphs.items()}, "predictors": {}}
            for place, pid in enumerate(self.pids)
        ]

    async def activate(self, number: int, /, *, author: str, reason: str, if_match: int) -> None:
        self.asked.append((number, author, if_match))
        self.reasons.append(reason)
        for args in self.meanwhile:
            self.guard.began(*args)
        if self.refusals:
            raise self.refusals.pop(0)
        self.guard.began(if_match + 1, if_match, SPEC, author=author)

    def hear(self, watched: Watched) -> None:
        self.told.append((watched.revision, watched.state))

    async def serve(self, seconds: int, statuses: tuple[int, ...], took: float = 0.03) -> None:
        """A hundred requests a second, half of them in each worker; the guard looks each second."""
        for _ in range(seconds):
            self.moment += 1.0
            for place, status in enumerate(statuses):
                self.tallies[self.pids[place % 2]].graph("a").saw(status, took, [])
            await self.guard.look()

    async def settled(self) -> None:
        """Revision 1 serves well."""
        self.guard.began(1, None, SPEC)
        await self.serve(60, GOOD)
        self.told.clear()


def running(test: Any) -> Machine:
    machine = Machine()
    run_virtual(test(machine))
    return machine


async def worse(machine: Machine) -> None:
    await machine.settled()
    machine.guard.began(2, 1, SPEC)
    await machine.serve(30, BAD)


def test_a_worse_revision_is_taken_back_once_and_by_whom_and_why_is_said() -> None:
    machine = running(worse)
    assert machine.asked == [(1, AUTHOR, 2)]
    assert machine.reasons[0].startswith("revision 2 is worse than 1: a: 30.0% of")
    assert machine.told == [(2, "watching"), (2, "taken back")]
    facts = machine.guard.facts()
    assert (facts["revision"], facts["previous"], facts["state"]) == (2, 1, "taken back")
    assert facts["reason"].startswith("a: 30.0% of")


def test_one_that_is_as_good_is_left_and_found_healthy_when_the_time_is_over() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        await machine.serve(59, GOOD)
        assert machine.guard.facts()["seconds_left"] == 1.0
        await machine.serve(1, GOOD)
        await machine.serve(60, BAD)

    machine = running(test)
    assert (machine.asked, machine.told) == ([], [(2, "watching"), (2, "healthy")])


def test_a_slower_one_is_taken_back_too() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        await machine.serve(5, GOOD, took=0.3)

    machine = running(test)
    assert machine.asked == [(1, AUTHOR, 2)]
    assert "95th percentile" in machine.reasons[0]


def test_without_traffic_nothing_is_decided() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        await machine.serve(60, ())

    machine = running(test)
    assert (machine.asked, machine.told) == ([], [(2, "watching"), (2, "undecided")])


def test_the_revision_that_takes_another_back_is_not_watched() -> None:
    async def test(machine: Machine) -> None:
        await worse(machine)
        await machine.serve(90, BAD)

    assert len(running(test).asked) == 1


def test_a_newer_revision_is_compared_with_the_one_before_it_alone() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        machine.moment += 0.1
        machine.guard.began(3, 2, SPEC)
        await machine.serve(30, BAD)

    machine = running(test)
    assert machine.asked == []
    assert machine.told == [(2, "watching"), (3, "watching")]


def test_told_again_of_the_same_revision_it_goes_on_watching() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        await machine.serve(59, GOOD)
        machine.guard.began(2, 1, SPEC)
        await machine.serve(1, GOOD)

    assert running(test).told == [(2, "watching"), (2, "healthy")]


def test_what_was_counted_before_nobody_looked_is_compared_with_nothing() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, None)
        machine.guard.began(3, 2, SPEC)

    machine = running(test)
    assert machine.guard.facts()["reason"] == "nothing was counted before it"


def test_nothing_is_taken_back_where_somebody_makes_a_newer_one_in_that_moment() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        machine.meanwhile, machine.refusals = [(3, 2, SPEC)], [Refusal(412)]
        await machine.serve(3, BAD)
        machine.meanwhile = []

    machine = running(test)
    assert len(machine.asked) == 1
    assert machine.told == [(2, "watching"), (3, "watching"), (2, "superseded")]
    assert machine.guard.watched.revision == 3


def test_a_store_that_is_gone_is_asked_again_until_the_watch_is_over() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        machine.refusals = [Refusal(503)] * 3
        await machine.serve(30, BAD)

    machine = running(test)
    assert len(machine.asked) == 4
    assert machine.told == [(2, "watching"), (2, "kept"), (2, "taken back")]


@pytest.mark.parametrize("status", [409, 422])
def test_a_refusal_for_good_is_told_and_not_asked_for_again(status: int) -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        machine.refusals = [Refusal(status)]
        await machine.serve(60, BAD)

    machine = running(test)
    assert len(machine.asked) == 1
    assert machine.told == [(2, "watching"), (2, "kept")]
    assert machine.guard.facts()["reason"].endswith("; it could not be taken back: it says no")


def test_a_worker_that_is_replaced_changes_no_verdict() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        for pid in (3, 4, 5):
            await machine.serve(10, GOOD)
            machine.pids[0] = pid
            machine.tallies[pid] = Tally()
        await machine.serve(30, GOOD)

    machine = running(test)
    assert (machine.asked, machine.told) == ([], [(2, "watching"), (2, "healthy")])


def test_workers_that_do_not_answer_for_a_while_change_no_verdict() -> None:
    async def test(machine: Machine) -> None:
        await machine.settled()
        machine.guard.began(2, 1, SPEC)
        await machine.serve(10, GOOD)
        machine.silent = True
        await machine.serve(10, GOOD)
        machine.silent = False
        await machine.serve(40, GOOD)

    machine = running(test)
    assert (machine.asked, machine.told) == ([], [(2, "watching"), (2, "healthy")])


@pytest.mark.parametrize(
    ("previous", "spec", "why"),
    [
        (None, SPEC, "there is none before it"),
        (1, None, "the configuration does not ask for it"),
        (1, SPEC, "nothing was counted before it"),
    ],
)
def test_one_that_cannot_be_compared_is_not_watched_and_says_why(previous: int | None, spec: RollbackSpec | None, why: str) -> None:
    machine = Machine()
    machine.guard.began(2, previous, spec)
    assert machine.guard.facts() == {"revision": 2, "previous": previous, "state": "unwatched", "reason": why}


def test_it_only_looks_while_it_is_asked_to_and_goes_on_where_a_look_fails(caplog: pytest.LogCaptureFixture) -> None:

    async def test() -> int:
        looks = 0

        async def snapshots() -> list[dict[str, Any]]:
            nonlocal looks
            looks += 1
            if looks == 2:
                raise OSError("the line is broken")
            return []

        loop = asyncio.get_running_loop()
        guard = Guard(snapshots, Machine().activate, Machine().hear, loop.time)
        task = loop.create_task(guard.run())
        await asyncio.sleep(100)
        assert looks == 0
        guard.began(1, None, SPEC)
        await asyncio.sleep(9.5)
        before = looks
        guard.began(2, 1, None)
        await asyncio.sleep(100)
        assert looks == before
        task.cancel()
        await asyncio.wait([task])
        return looks

    assert run_virtual(test()) == 10
    assert "plait failed" in caplog.text
