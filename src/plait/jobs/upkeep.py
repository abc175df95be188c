"""What a worker does about jobs all the time: it says that it lives, takes over those of the dead, and clears away."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from plait.jobs.ending import notice
from plait.jobs.errors import StoreDown
from plait.jobs.held import Held
from plait.jobs.lease import LEASE
from plait.jobs.pulse import Pulse
from plait.jobs.records import ENDED

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.jobs.keeping import Keeping
    from plait.jobs.lease import Lease
    from plait.jobs.runner import Runner
    from plait.jobs.writing import Told

LOOK = 1.0
"""Seconds between two looks for jobs here that somebody has cancelled; each is a sign of life."""
RENEW = 3.0
"""Seconds between two signs of life of one that has no jobs."""
CLAIM = 2.0
"""Seconds between two looks for jobs that nobody runs."""
SWEEP = 30.0
"""Seconds between two sweeps."""
SHARE = 8
"""Which part of all places must be free until jobs that wait in the store are looked for at once."""

_log = logging.getLogger("plait")


class Upkeep:
    """Keeps the jobs of a worker going.

    Args:
        keeping: The store.
        runner: Runs them.
        clock: The worker's clock.
        lease: That of its jobs.
        told: Hears of messages to sinks, once they are durable.
    """

    def __init__(self, keeping: Keeping, runner: Runner, clock: Clock, lease: Lease, told: Told) -> None:
        self._keeping = keeping
        self._runner = runner
        self._clock = clock
        self._told = told
        self._lease = lease
        self._more = False
        self._claims = Pulse("taking over jobs", CLAIM, self._claim)
        self.pulses = (
            Pulse("the lease of this worker's jobs", LOOK, self.renew),
            self._claims,
            Pulse("clearing away old jobs", SWEEP, self._sweep),
        )

    def more(self) -> None:
        """There are jobs in the store that wait for room."""
        self._more = True
        self.room()

    def room(self) -> None:
        """There may be room for them."""
        runner = self._runner
        if self._more and runner.free - runner.waiting >= max(1, runner.spec.concurrency // SHARE):
            self._claims.now()

    async def renew(self) -> None:
        """Say that this worker lives, and stop what was cancelled; what others have taken over is stopped too."""
        now = self._clock.now()
        if not self._runner.held and self._lease.age < RENEW:
            return
        late = self._lease.lapsed
        for job in await self._keeping.renew(LEASE):
            self._runner.drop(job)
        if late:
            await self._verify()
        self._lease.renewed(now)

    async def _verify(self) -> None:
        """The lease has run out meanwhile: this worker was stopped, or had no store."""
        _log.warning("this worker gave no sign of life for more than %d s; jobs that others run now are stopped here", LEASE)
        for held in tuple(self._runner.held.values()):
            job = await self._keeping.job(held.job.id)
            if job is None or job.status in ENDED or (job.owner, job.fence) != (self._keeping.owner, held.job.fence):
                self._runner.drop(held.job.id)

    async def _claim(self) -> None:
        runner = self._runner
        if runner.doubt:
            await self._trust()
        room = 0 if runner.draining else runner.free - runner.waiting
        if room <= 0:
            return
        self._more = False
        try:
            jobs = await self._keeping.claim(room)
        except StoreDown:
            runner.doubt = True
            raise
        self._more = self._more or len(jobs) == room
        for job in jobs:
            runner.take(Held(job))

    async def _trust(self) -> None:
        """Leave to others what the store has for this worker, though it said that it failed."""
        self._runner.doubt = False
        try:
            await self._keeping.forsake(tuple(self._runner.held))
        except StoreDown:
            self._runner.doubt = True
            raise

    async def _sweep(self) -> None:
        expired = await self._keeping.sweep(self._runner.spec.keep)
        for job in expired:
            self._runner.counts.ended(job.graph, job.status)
            self._runner.drop(job.id)
        notices = [notice(job.notify, job, ()) for job in expired if job.notify is not None]
        if notices:
            await self._keeping.promise(notices)
            self._told(notices)
