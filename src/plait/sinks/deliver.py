"""Promises to sinks, and their keeping: what is durable first, sent at once, and sent again until it is taken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from plait.background import Background
from plait.jobs.insist import insist
from plait.jobs.pulse import Pulse
from plait.jobs.records import Outgoing, StoredOutgoing
from plait.sinks.errors import Disabled, NotPromised, OutboxFull
from plait.sinks.lane import Lane
from plait.sinks.log import write
from plait.sinks.senders import sender_of
from plait.spec.sinks import LogSink, QueueSink, SinkSpec

if TYPE_CHECKING:
    from plait.counts import SinkCounts
    from plait.graph.spec import Config
    from plait.jobs.jobs import Jobs
    from plait.jobs.outbox import Outbox
    from plait.sinks.queue import Queued
    from plait.sinks.sender import Sender

LOOK = 1.0
"""Seconds between two looks for messages that are due."""
COUNT = 5.0
"""Seconds between two counts of those that wait."""
CLAIM = 64
"""Messages that are claimed at once."""
MOST = 10_000
"""Messages that may wait for one sink; further ones are not promised."""
AGAIN = 60.0
"""Seconds after which a message is looked at again whose sink is not configured."""

_log = logging.getLogger("plait")


class Deliveries:
    """What one worker sends to the sinks of its configuration; it outlives a generation.

    Args:
        outbox: Where messages are durable.
        jobs: Opens that, and takes in what is for a queue.
        counts: Where the messages of a sink are counted, by its name.
        make: From what a file says of a sink to what sends to it.
    """

    def __init__(
        self,
        outbox: Outbox,
        jobs: Jobs,
        counts: Callable[[str], SinkCounts],
        make: Callable[[SinkSpec], Sender] = sender_of,
    ) -> None:
        self._outbox = outbox
        self._jobs = jobs
        self._counts = counts
        self._make = make
        self._background = Background()
        self._specs: dict[str, SinkSpec] = {}
        self._queues: dict[str, Queued] = {}
        self._lanes: dict[str, Lane] = {}
        self._disabled: dict[tuple[str, str], str] = {}
        self._waiting: dict[str, int] = {}
        self._retired: list[asyncio.Task[None]] = []
        self._looking = False
        self._draining = False

    @property
    def waiting(self) -> dict[str, int]:
        """How many messages wait, by sink: of all processes, some seconds ago."""
        return {name: self._waiting.get(name, 0) for name in self._lanes}

    async def promise(self, outgoing: Outgoing) -> None:
        """Take a message to a sink; when this returns it is durable, and on its way.

        To a log it is written at once. For a queue the payload is the input of a job, which is taken in when this returns. To all
        others it is sent at least once, across restarts. The same id is sent once, however often it is promised.

        Raises:
            StoreDown: If it cannot be made durable.
            NotPromised: If the sink takes no more, or is there no more.
            Full: If the queue takes no more.
        """
        name = outgoing.sink
        counts = self._counts(name)
        try:
            await self._promise(name, self._specs.get(name), outgoing)
        except BaseException:
            counts.refused += 1
            raise
        counts.promised += 1

    def begin(self, outgoing: Sequence[Outgoing]) -> None:
        """Send messages that are durable, and this process's own: whoever calls has written them."""
        now = datetime.now(UTC)
        for each in outgoing:
            spec = self._specs.get(each.sink)
            if isinstance(spec, LogSink):
                write(spec, each.sink, each.payload)
                self._background.start(insist(partial(self._outbox.sent, each.id, 1)))
            elif (lane := self._lanes.get(each.sink)) is not None and self._wanted(each.sink, lane):
                lane.send([StoredOutgoing(**asdict(each), attempts=0, created=now, fence=1)])

    async def change(self, config: Config, revision: int, folder: str = "") -> None:
        """Send to the sinks of another configuration from now on; what is under way ends as it began.

        Args:
            config: A configuration without problems.
            revision: Its number.
            folder: Where modules with functions of users are looked for.
        """
        from plait.sinks.queue import Queued  # noqa: PLC0415 - only where there is a queue

        before, self._specs = self._specs, dict(config.sinks)
        self._queues = {
            name: Queued(name, spec, config, revision, folder) for name, spec in config.sinks.items() if isinstance(spec, QueueSink)
        }
        for name in [name for name in self._lanes if self._specs.get(name) != before.get(name)]:
            self._retired.append(self._background.start(self._lanes.pop(name).retire()))
        for name, spec in self._specs.items():
            if name not in self._lanes and not isinstance(spec, (QueueSink, LogSink)):
                self._lanes[name] = lane = Lane(name, self._make(spec), self._outbox, self._background, self._counts(name))
                lane.disabled = self._disable
        if self._specs and not self._looking:
            self._looking = True
            self._background.start(Pulse("sending what is due", LOOK, self._look).beat())
            self._background.start(Pulse("counting what waits for sinks", COUNT, self._count).beat())

    async def drain(self, seconds: float) -> None:
        """Begin nothing more; what is under way has so many seconds to end, and what is not is left to others."""
        self._draining = True
        if self._lanes:
            await asyncio.wait([self._background.start(lane.drain(seconds)) for lane in self._lanes.values()])

    async def close(self) -> None:
        """End what is under way, and every connection."""
        self._draining = True
        for lane in self._lanes.values():
            await lane.close()
        await self._background.close()

    async def _promise(self, name: str, spec: SinkSpec | None, outgoing: Outgoing) -> None:
        if spec is None:
            raise NotPromised(f"there is no sink {name} any more")
        if isinstance(spec, LogSink):
            write(spec, name, outgoing.payload)
            return
        if isinstance(spec, QueueSink):
            await self._jobs.submit(self._queues[name].asked(outgoing))
            return
        lane = self._lanes[name]
        if (why := self._disabled.get((name, lane.sender.target))) is not None:
            raise Disabled(why)
        if self._waiting.get(name, 0) >= MOST:
            raise OutboxFull(f"{MOST} messages wait for the sink {name}, and there may be no more")
        await self._jobs.open()
        (new,) = await self._outbox.promise([outgoing])
        if new:
            self._waiting[name] = self._waiting.get(name, 0) + 1
            self.begin([outgoing])

    async def _look(self) -> None:
        """Send what is due: postponed, or left by another process."""
        if self._draining or not self._jobs.opened:
            return
        room = True
        while room:
            claimed = await self._outbox.claim_outgoing(CLAIM)
            for each in claimed:
                await self._claimed(each)
            room = len(claimed) == CLAIM

    async def _claimed(self, message: StoredOutgoing) -> None:
        lane, spec = self._lanes.get(message.sink), self._specs.get(message.sink)
        if lane is not None and not self._wanted(message.sink, lane):
            await self._outbox.drop(message.id, message.fence, "its receiver wants nothing more")
        elif lane is not None:
            lane.send([message])
        elif isinstance(spec, LogSink):
            write(spec, message.sink, message.payload)
            await self._outbox.sent(message.id, message.fence)
        else:
            await self._outbox.postpone(message.id, message.fence, AGAIN, "there is no such sink here")

    async def _count(self) -> None:
        if self._jobs.opened:
            self._waiting = await self._outbox.waiting()
            self._disabled |= await self._outbox.disabled()

    def _disable(self, name: str, target: str, why: str) -> None:
        self._disabled[name, target] = why

    def _wanted(self, name: str, lane: Lane) -> bool:
        """Whether its receiver has not said that it wants nothing more."""
        return (name, lane.sender.target) not in self._disabled
