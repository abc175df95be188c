"""What a worker keeps from one generation to the next: upstreams, tasks, counts, answers that may be judged, jobs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from plait.graph.compile import compile_graph
from plait.jobs.errors import StoreDown
from plait.jobs.jobs import Jobs
from plait.jobs.reviving import Reviving
from plait.rules import ruled
from plait.rules.acts import Acts
from plait.server.hurry import Hurry
from plait.server.remembered import Remembered
from plait.server.tally import Tally
from plait.server.task import Tasks
from plait.sinks.deliver import Deliveries
from plait.upstream.registry import Upstreams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.clock import Clock
    from plait.graph.compile import Compiled
    from plait.graph.spec import Config
    from plait.jobs.jobs import Place
    from plait.jobs.records import Outgoing
    from plait.rules.acting import Promising
    from plait.upstream.upstream import Upstream

LAST_EVENTS = 0.5
"""Seconds that streams have, once no job runs here any more, for the events of those that have ended."""

LAST_MESSAGES = 2.0
"""Seconds that messages have which are being sent then; the others are durable, and sent by whoever comes next."""

_log = logging.getLogger("plait")


class Lasting:
    """All state of a worker that outlives a configuration.

    Args:
        clock: The worker's clock.
        place: Where jobs are kept.
        promising: Who takes what rules promise to sinks, if not the sinks themselves.

    `waits` are the requests that wait for jobs, `streams` those that are answered by the events of jobs.
    """

    def __init__(self, clock: Clock, place: Place, promising: Promising | None = None) -> None:
        self.clock = clock
        self.upstreams = Upstreams(clock)
        self.tasks = Tasks()
        self.tally = Tally()
        self.remembered = Remembered(clock)
        self.jobs = jobs = Jobs(place, Reviving(self.upstreams, self._compiled), clock, self._told, self.tally.jobs)
        self.sinks = Deliveries(place.keeping, jobs, self.tally.sink)
        self.acts = Acts(clock, promising or self.sinks, self.tally.rule)
        self._kept_at: tuple[str | None, str] | None = None
        self.waits = Hurry()
        self.streams = Hurry()

    async def change(self, config: Config, revision: int, folder: str = "") -> None:
        """This is configured from now on, whatever the store of jobs says to it.

        Args:
            config: A configuration without problems.
            revision: Its number.
            folder: Where modules with functions of users are looked for.
        """
        kept_at = config.jobs.store, config.server.state
        if self._kept_at not in (None, kept_at):
            _log.warning("jobs stay in the store that plait was started with; another one takes a restart")
        self._kept_at = self._kept_at or kept_at
        self.acts.largest = config.server.limits.body
        await self.sinks.change(config, revision, folder)
        try:
            await self.jobs.change(config)
        except StoreDown as exc:
            _log.warning("other workers hear some seconds later which queues are run here: %s", exc.detail)

    async def drain(self, seconds: float) -> None:
        """Let nobody wait for a job any more; jobs that run have so many seconds to end, and are left to others then."""
        self.waits.tell()
        try:
            await self.jobs.drain(seconds)
            await self.acts.drain(seconds)
            await self.sinks.drain(min(seconds, LAST_MESSAGES))
            await self.streams.emptied(LAST_EVENTS)
        finally:
            self.streams.tell()

    async def close(self) -> None:
        """End what runs, then every connection."""
        await self.acts.close()
        await self.sinks.close()
        await self.jobs.close()
        await self.tasks.close()
        await self.upstreams.close()

    def _told(self, messages: Sequence[Outgoing]) -> None:
        """What a job has promised is durable."""
        self.sinks.begin(messages)

    def _compiled(self, config: Config, name: str, upstreams: Mapping[str, Upstream], by_rule: bool) -> Compiled:  # noqa: FBT001 - the protocol's
        compiled = compile_graph(config, name, upstreams, self.tasks.background, self.tally.predictor)
        return compiled if by_rule else ruled(compiled, self.acts)
