"""Jobs at work in one worker: the store, once it is open, and all that looks after what is in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from plait.background import Background
from plait.jobs.errors import NotInstalled
from plait.jobs.lease import LEASE, Lease
from plait.jobs.pulse import Pulse
from plait.jobs.queues import Queues
from plait.jobs.runner import Runner
from plait.jobs.upkeep import Upkeep
from plait.jobs.writing import Writing
from plait.spec.sinks import QueueSink

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.counts import JobCounts
    from plait.graph.spec import Config
    from plait.jobs.held import Held
    from plait.jobs.keeping import Keeping
    from plait.jobs.reviving import Reviving
    from plait.jobs.writing import Told

_INSTALLED = find_spec("sqlalchemy") is not None

OPEN = 2.0
"""Seconds between two looks whether there are jobs of others already."""


class Place(NamedTuple):
    """Where jobs are kept.

    Args:
        keeping: The store; nothing is made before it is opened.
        wanted: Whether it is to be opened though nobody asked for a job here: there may be jobs in it.
        installed: Whether there are the packages that it needs.
    """

    keeping: Keeping
    wanted: Callable[[], bool]
    installed: bool = _INSTALLED

    def check(self) -> None:
        """See that the packages are there.

        Raises:
            NotInstalled: If they are not.
        """
        if not self.installed:
            raise NotInstalled("jobs need packages that are not installed here: pip install 'plait[jobs]'")


class Working:
    """Runs what is in the store, and keeps it going.

    Args:
        place: Where jobs are kept.
        reviving: Compiles the graphs of those that this worker did not take in.
        clock: The worker's clock.
        told: Hears of messages to sinks, once they are durable.
        counts: Where jobs are counted.
    """

    def __init__(self, place: Place, reviving: Reviving, clock: Clock, told: Told, counts: JobCounts) -> None:
        self.keeping, self.wanted = place.keeping, place.wanted
        self.background = Background()
        lease = Lease(clock)
        self.runner = Runner(self.keeping, Writing(self.keeping, lease, told, counts), reviving, clock, self.background)
        self.opened = False
        self._place = place
        self._reviving = reviving
        self._upkeep = Upkeep(self.keeping, self.runner, clock, lease, told)
        self._queues = Queues(self.keeping, self.runner, clock, self.background)
        self._specs: dict[str, QueueSink] = {}
        self._opening = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None
        self._expected = False
        self.runner.changed = self._changed

    async def change(self, config: Config) -> None:
        """This is configured from now on."""
        self.runner.spec = config.jobs
        self._reviving.now(config)
        self._expected = any(graph.late == "keep" or graph.rules for graph in config.graphs.values())
        self._specs = {name: spec for name, spec in config.sinks.items() if isinstance(spec, QueueSink)}
        if self.opened:
            await self._queues.change(self._specs)
            self._changed()
        elif self._looking is None and self._place.installed:
            self._looking = self.background.start(Pulse("opening the store of jobs", OPEN, self._look).beat())

    async def open(self) -> None:
        """Open the store, and look after jobs from now on, unless that is so already.

        Raises:
            NotInstalled: If the extra `jobs` is missing.
        """
        if self.opened:
            return
        self._place.check()
        async with self._opening:
            if not self.opened:
                await self._open()

    async def _open(self) -> None:
        await self.keeping.open()
        await self.keeping.renew(LEASE)
        self.opened = True
        for pulse in self._upkeep.pulses:
            self.background.start(pulse.beat())
        await self._queues.change(self._specs)
        if self._looking is not None:
            self._looking.cancel()

    async def take(self, held: Held) -> None:
        """Have a job that is kept now run: here, or by whoever has room or its queue."""
        job, runner = held.job, self.runner
        if job.queue is not None:
            self._queues.now(job.queue)
            return
        runner.take(held)
        if runner.draining or runner.waiting > runner.spec.concurrency:
            await runner.give_up((runner.last(),))
            self._upkeep.more()

    def more(self) -> None:
        """There is a job in the store that nobody runs."""
        self._upkeep.more()

    async def drain(self, seconds: float) -> None:
        """Leave queues, and jobs that have not begun, to others at once, and after so many seconds the rest."""
        self.runner.draining = True
        await self._queues.close()
        await self.runner.drain(seconds)

    async def close(self) -> None:
        """Leave all jobs to others, and close the store."""
        await self.drain(0.0)
        await self.background.close()
        if self.opened:
            await self.keeping.close()

    async def _look(self) -> None:
        if not self.opened and (self._expected or self.wanted()):
            await self.open()

    def _changed(self) -> None:
        self._queues.go_on()
        self._upkeep.room()
