"""Jobs survive `kill -9`: none that was acknowledged is lost or stuck, each ends once, and what was stored is not asked again."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from proof.client import get, post
from proof.load import at_once, at_rate
from proof.mortal import Mortals, mortal
from proof.row import Figures, Goal, Row, Run, quantile
from proof.witness import Call, Noted, Notes, Witness
from trouble import Trouble

PARTS = ("a", "b", "c")
PROXIES, WORKERS = 2, 2
EVERY = 0.8
"""Seconds from one kill to the next, on average: a spare takes a dead worker's place at once, and another follows."""
END = 60.0
"""Seconds until everything has ended, after the last kill."""
WIDTH = 16
_LATER = {"Prefer": "respond-async"}


@dataclass(frozen=True, slots=True)
class Scale:
    kills: int
    stops: int
    jobs: int


@dataclass(slots=True)
class Found:
    """What became of the jobs.

    Args:
        given: The id that was acknowledged for each number.
    """

    given: dict[int, str] = field(default_factory=dict)
    lost: int = 0
    failed: int = 0


def _config(url: str) -> Mapping[str, Any]:
    """One part, then two at once; predictors hear which process asks."""
    asked = {"n": "${request.n}", "process": "${process}"}
    steps: list[Any] = [
        {"python": "proof.inside:process", "name": "process"},
        {"predict": "a", "input": asked},
        {"parallel": [{"predict": "b", "input": asked, "name": "b"}, {"predict": "c", "input": asked, "name": "c"}]},
    ]
    return {
        "server": {"workers": WORKERS},
        "predictors": {part: {"url": f"{url}/{part}", "timeout": "10s"} for part in PARTS},
        "graphs": {"predict": {"sequence": steps}},
        "jobs": {},
    }


async def measure(scale: Scale, run: Run) -> Figures:
    """Submit, and kill meanwhile; then look at every job, every call, and everything that was written."""
    found = Found()
    async with Witness(run, 0.02, 0.4) as witness, mortal(_config(witness.url), run.folder, PROXIES) as plait:
        notes = Notes(run.folder / ".plait" / "jobs.db")
        await _submit(plait, -1)
        notes.begin()
        seconds = scale.kills * EVERY
        async with asyncio.TaskGroup() as group:
            group.create_task(plait.killed(scale.kills, EVERY, run.random("kills")))
            group.create_task(plait.stopped(scale.stops, seconds, run.random("stops")))
            group.create_task(_submissions(plait, scale.jobs, seconds, found, run))
        stuck = await notes.ended(END)
        await at_once(WIDTH, scale.jobs, lambda number: _look(plait, number, found))
        twice = notes.jobs() - 1 - len(set(found.given.values()))
        return {**_judged(found, witness, notes.read(), plait), "stuck": stuck, "taken in twice": twice, **_counts(scale, witness)}


def _counts(scale: Scale, witness: Witness) -> dict[str, float]:
    return {"kills": scale.kills, "stops": scale.stops, "jobs": scale.jobs, "calls": sum(map(len, witness.calls.values()))}


async def _submissions(plait: Mortals, jobs: int, seconds: float, found: Found, run: Run) -> None:
    """Submit so many at random moments of so many seconds, and more where the draw gave fewer."""

    async def one(number: int) -> None:
        found.given[number] = await _submit(plait, number)
        run.progress(min(1.0, len(found.given) / jobs))

    begun = await at_rate(jobs / seconds, seconds, one, run.random("submissions"), most=jobs)
    await at_once(WIDTH, jobs - begun, lambda number: one(begun + number))


async def _submit(plait: Mortals, number: int) -> str:
    """The id of a job that was acknowledged, after however many tries with the same key."""
    body = b'{"n": %d}' % number
    answer = await plait.surely(post(body=body, Idempotency_Key=f"job-{number}", X_Request_Id=f"job-{number}", **_LATER))
    if answer.status != 202:
        raise Trouble(f"a job was answered {answer.status}: {answer.body[:500]!r}")
    return str(json.loads(answer.body)["id"])


async def _look(plait: Mortals, number: int, found: Found) -> None:
    """See that a job is there, with the answer that it should have."""
    answer = await plait.ask(get(f"/jobs/{found.given[number]}"))
    if answer.status != 200:
        found.lost += 1
        return
    job = json.loads(answer.body)
    found.failed += job["status"] != "succeeded" or job["result"] != {"b": {"n": number}, "c": {"n": number}}


def _judged(found: Found, witness: Witness, noted: Noted, plait: Mortals) -> dict[str, float]:
    """What the witnesses say, beside each other."""
    numbers = {job: number for number, job in found.given.items()}
    again = [call for job, number in numbers.items() for call in _again(job, witness.calls[number], noted)]
    killed_at = _killed(numbers, witness, noted, plait.kills)
    taken = [seconds for job in numbers for seconds in _takeovers(noted.owners[job], noted.ends.get(job, ()), killed_at)]
    calls = sum(len(witness.calls[number]) for number in found.given)
    return {
        "acknowledged jobs lost": found.lost,
        "acknowledged jobs without their answer": found.failed,
        "ended other than once": sum(len(noted.ends.get(job, ())) != 1 for job in numbers),
        "asked for again though it was stored": sum(call.process not in plait.slept for call in again),
        "taken over after, longest": max(taken, default=math.nan),
        "taken over after, median": quantile(taken, 0.5),
        "taken over": len(taken),
        "asked for again by processes that were stopped": sum(call.process in plait.slept for call in again),
        "calls made again, of those under way": calls - len(PARTS) * len(found.given),
    }


def _again(job: str, calls: list[Call], noted: Noted) -> list[Call]:
    """Calls for a part that was stored by then."""
    return [call for call in calls if call.at > noted.parts.get((job, call.part), math.inf)]


def _killed(numbers: Mapping[str, int], witness: Witness, noted: Noted, kills: Mapping[int, list[float]]) -> dict[str, float]:
    """When each owner was killed: it is the process that made the calls of its jobs."""
    processes: defaultdict[str, Counter[int]] = defaultdict(Counter)
    first: dict[str, float] = {}
    for job, number in numbers.items():
        stints = noted.owners[job]
        for owner, at in stints:
            if owner is not None:
                first[owner] = min(at, first.get(owner, math.inf))
        for call in witness.calls[number]:
            owner = next((owner for owner, at in reversed(stints) if at <= call.at), None)
            if owner is not None:
                processes[owner][call.process] += 1
    found = {}
    for owner, asked in processes.items():
        ((process, _),) = asked.most_common(1)
        found[owner] = min((at for at in kills.get(process, ()) if at >= first[owner]), default=math.inf)
    return found


def _takeovers(
    stints: Sequence[tuple[str | None, float]], ends: Sequence[tuple[str, float]], killed_at: Mapping[str, float]
) -> list[float]:
    """Seconds from each kill of a job's owner, while it was that, to the next owner."""
    ended = min((at for _, at in ends), default=math.inf)
    found = []
    for (owner, _), (_, following) in pairwise([*stints, (None, math.inf)]):
        killed = killed_at.get(owner or "", math.inf)
        if killed < min(following, ended):
            found.append(following - killed)
    return found


ROW = Row(
    name="jobs",
    promise="jobs: `kill -9` at 1,000 random points while 10,000 are submitted",
    elsewhere="Celery needs two flags; Huey loses the job",
    goal="no acknowledged job lost, none stuck, final state written once, nothing stored asked for again; taken over within 30 s",
    how=f"Two plaits of {WORKERS} workers each, one store on SQLite. Jobs of three parts, one and then two at once, each 20 to 400 "
    "ms, with an `Idempotency-Key` and sent again until they are acknowledged. Kills at random moments, 0.8 s apart on "
    "average, of a worker drawn by the seed; one in 20 is of the main process and everything below it, which is started "
    "again. 20 times all of one plait is stopped for 12 s, longer than its lease, and wakes up: what it asks then before it "
    "knows is counted apart. Triggers in the store note every part, owner and end with the write itself; the predictors note "
    "which process made each call. A job is taken over from the kill of the process that owned it to the next owner in the "
    "store.",
    goals=(
        Goal("acknowledged jobs lost", 0),
        Goal("acknowledged jobs without their answer", 0),
        Goal("stuck", 0),
        Goal("taken in twice", 0),
        Goal("ended other than once", 0),
        Goal("asked for again though it was stored", 0),
        Goal("taken over after, longest", 30, "s"),
        Goal("taken over", 100, at_least=True, short=1),
        Goal("kills", 1000, at_least=True, short=50),
    ),
    measure=measure,
    full=Scale(1000, 20, 10_000),
    short=Scale(50, 1, 500),
)
