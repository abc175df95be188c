"""Runs jobs: so many at once, the more urgent first, and of these whoever came first."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from plait.errors import PlaitError, fault
from plait.jobs.carried import Carried
from plait.jobs.errors import GivenUp, StoreDown
from plait.jobs.insist import insist
from plait.jobs.parts import recalled, told
from plait.jobs.records import RUNNING
from plait.spec.jobs import JobsSpec
from plait.types import Message, Run

if TYPE_CHECKING:
    from plait.background import Background
    from plait.clock import Clock
    from plait.graph.compile import Compiled
    from plait.jobs.held import Held
    from plait.jobs.keeping import Keeping
    from plait.jobs.records import StoredJob
    from plait.jobs.reviving import Reviving
    from plait.jobs.writing import Writing

MOST_DEATHS = 20
"""Times that the process may end by which a job runs, until it is to blame."""

LAST = 2.0
"""Seconds in which the last parts of a job that is left must be written."""

_log = logging.getLogger("plait")


class Runner:
    """The jobs that this worker owns.

    Args:
        keeping: The store.
        writing: Writes what becomes of them.
        reviving: Finds their graphs.
        clock: The worker's clock.
        background: Owns their tasks.

    `spec` says how many may run, and for how long; `held` has all of them by id; `changed` is called whenever there is more room;
    `doubt` says that the store may have jobs for this worker of which it knows nothing, because a call failed; `counts` counts.
    """

    def __init__(self, keeping: Keeping, writing: Writing, reviving: Reviving, clock: Clock, background: Background) -> None:
        self.spec = JobsSpec()
        self.held: dict[str, Held] = {}
        self.changed: Callable[[], None] = _nobody
        self.draining = False
        self.doubt = False
        self.counts = writing.counts
        self._keeping = keeping
        self._writing = writing
        self._reviving = reviving
        self._clock = clock
        self._background = background
        self._line: list[tuple[int, int, Held]] = []
        self._order = count()
        self._tasks: dict[Held, asyncio.Task[None]] = {}

    @property
    def free(self) -> int:
        """How many more could run now, those in line among them."""
        return self.spec.concurrency - len(self._tasks)

    @property
    def waiting(self) -> int:
        """How many are in line."""
        return sum(not held.left for _, _, held in self._line)

    def last(self) -> Held:
        """Whose turn comes last, of those in line."""
        return max(place for place in self._line if not place[2].left)[2]

    def take(self, held: Held) -> None:
        """Run a job when it is its turn."""
        self.keep(held)
        heapq.heappush(self._line, (held.job.priority, next(self._order), held))
        self._go_on()

    def begin(self, held: Held) -> None:
        """Run a job now; of one whose run is under way, write what becomes of it."""
        self.keep(held)
        self._tasks[held] = self._background.start(self._run(held))

    def drop(self, job: str) -> None:
        """Stop a job that is not to be run here any more."""
        held = self.held.get(job)
        if held is not None:
            held.leave()
            if held not in self._tasks:
                self._over(held)

    async def drain(self, seconds: float) -> None:
        """Leave to others what has not begun, and what does not end within so many seconds."""
        self.draining = True
        await self.give_up(held for held in self.held.values() if held not in self._tasks)
        if self._tasks:
            await asyncio.wait(tuple(self._tasks.values()), timeout=seconds)
        await self.give_up(self.held.values())

    async def give_up(self, jobs: Iterable[Held]) -> None:
        """Stop jobs, write what has happened so far, and leave them to others."""
        ours = [held for held in jobs if not held.left]
        tasks = [self._tasks[held] for held in ours if held in self._tasks]
        for held in ours:
            self.drop(held.job.id)
        if tasks:
            await asyncio.wait(tasks, timeout=LAST)
        if ours:
            await self.release({held.job.id: held.job.fence for held in ours})

    async def release(self, jobs: dict[str, int]) -> None:
        """Let others have jobs, by their fences."""
        try:
            await self._keeping.release(jobs)
        except StoreDown as exc:
            _log.warning("%d jobs could not be left to others, who take them over in some seconds: %s", len(jobs), exc.detail)

    def keep(self, held: Held) -> None:
        """Take a job that somebody else will begin."""
        before = self.held.get(held.job.id)
        if before is not None and before is not held:
            self.drop(held.job.id)  # it was lost, and has come back
        if before is not held and held.job.status == RUNNING:  # those that are left to others are queued
            self.counts.taken_over += 1
        self.held[held.job.id] = held

    def _go_on(self) -> None:
        while self._line and self.free > 0 and not self.draining:
            held = heapq.heappop(self._line)[2]
            if not held.left:
                self.begin(held)

    def _over(self, held: Held) -> None:
        self._tasks.pop(held, None)
        if self.held.get(held.job.id) is held:
            del self.held[held.job.id]
        held.end()
        self._go_on()
        self.changed()

    async def _run(self, held: Held) -> None:
        try:
            if held.carried is None:
                await self._revived(held)
            else:
                await self._writing.follow(held)
        except PlaitError as exc:
            if not held.left:
                await self._writing.end(held, exc)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the job must have an end
            held.leave()
            await self._writing.end(held, fault(exc))
        finally:
            self._over(held)

    async def _revived(self, held: Held) -> None:
        job, compiled = held.job, held.compiled
        if job.status == RUNNING and job.fence > MOST_DEATHS:
            raise GivenUp(f"{MOST_DEATHS} times the process that ran this job ended while it did; ask again if that is mended")
        if compiled is not None:
            await self._carried(held, compiled)
            return
        revived = await insist(partial(self._reviving.graph, job, self._keeping.slice))
        try:
            await self._carried(held, revived.compiled)
        finally:
            await revived.close()

    async def _carried(self, held: Held, compiled: Compiled) -> None:
        job, clock = held.job, self._clock
        run = run_of(job, clock)
        if held.compiled is None:
            parts = await insist(partial(self._keeping.parts, job.id))
            held.known.update(part.key for part in parts)
            held.before = list(map(told, parts))
            run.recalled = recalled(parts) or None
            if compiled.validate is not None:
                compiled.validate(run.message)
        if held.left:
            return
        carried = Carried(compiled.call, run, clock.now() + self.spec.timeout)
        held.follow(carried)
        carried.start()
        await self._writing.follow(held)


def run_of(job: StoredJob, clock: Clock) -> Run:
    """The run of a job, not yet begun."""
    headers = {name.encode(): value.encode("latin-1") for name, value in job.headers.items()}
    run = Run(Message(job.input), clock, job.request_id.encode(), headers, job.forwarded.encode("latin-1"))
    run.job, run.priority = job.id, job.priority
    return run


def _nobody() -> None:
    """Nobody wants to know."""
