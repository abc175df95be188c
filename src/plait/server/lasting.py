"""What a worker keeps from one generation to the next: upstreams, tasks, counts, answers that may be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.jobs.jobs import Jobs
from plait.server.hurry import Hurry
from plait.server.remembered import Remembered
from plait.server.tally import Tally
from plait.server.task import Tasks
from plait.upstream.registry import Upstreams

if TYPE_CHECKING:
    from plait.clock import Clock


class Lasting:
    """All state of a worker that outlives a configuration.

    Args:
        clock: The worker's clock.

    `waits` are the requests that wait for jobs, `streams` those that are answered by the events of jobs.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.upstreams = Upstreams(clock)
        self.tasks = Tasks()
        self.tally = Tally()
        self.remembered = Remembered(clock)
        self.jobs = Jobs()
        self.waits = Hurry()
        self.streams = Hurry()

    async def close(self) -> None:
        """End what runs, then every connection."""
        await self.tasks.close()
        await self.upstreams.close()
