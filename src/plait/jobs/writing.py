"""What happens to a job, written in the order in which it happens; the run itself waits for nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.jobs.ending import as_ended, ended, notice
from plait.jobs.insist import insist
from plait.jobs.parts import stored
from plait.jobs.records import CANCELLED, Outgoing

if TYPE_CHECKING:
    from plait.counts import JobCounts
    from plait.events import Part
    from plait.jobs.held import Held
    from plait.jobs.keeping import Keeping
    from plait.jobs.lease import Lease
    from plait.types import Message

_NO_FAILURE = frozenset({"ok", "skipped", "cancelled"})

Told = Callable[[Sequence[Outgoing]], None]
"""Begins to send what has just been written."""


class Writing:
    """Writes for jobs that run here.

    Args:
        keeping: The store.
        lease: That of this worker's jobs.
        told: Hears of messages to sinks, once they are durable.
        counts: Where jobs are counted.
    """

    def __init__(self, keeping: Keeping, lease: Lease, told: Told, counts: JobCounts) -> None:
        self.counts = counts
        self._keeping = keeping
        self._lease = lease
        self._told = told

    async def follow(self, held: Held) -> None:
        """Write everything from the beginning to the end; where the job is this process's no more, stop it.

        Args:
            held: A job whose run has begun.
        """
        carried, job = held.carried, held.job
        ours = held.begun or await insist(partial(self._keeping.begin, job.id, job.fence))
        while ours and carried is not None:
            await held.woken.wait()
            held.woken.clear()
            parts = held.taken()
            if carried.outcome is not None and not held.left:
                await self._outcome(held, carried.outcome, parts)
                return
            if parts:
                held.woken.set()  # there may be more, or it is over
                ours = await self._parts(held, parts)
            elif held.left:
                return
            elif carried.over:
                await self._cancelled(held)
                return
        held.leave()

    async def end(self, held: Held, outcome: Message | PlaitError, parts: Sequence[Part] = ()) -> None:
        """Write the end, the last parts, and with it what a sink is to hear of it: all or nothing."""
        job = held.job
        end = ended(outcome, job.request_id)
        outgoing: list[Outgoing] = []
        if job.notify is not None:
            outgoing.append(notice(job.notify, as_ended(job, end), held.parts))
        if await insist(partial(self._keeping.finish, job.id, job.fence, end, outgoing, [*map(stored, parts)])):
            self.counts.ended(job.graph, end.status)
            if outgoing:
                self._told(outgoing)

    async def _outcome(self, held: Held, outcome: Message | PlaitError, parts: Sequence[Part]) -> None:
        if self._lease.lapsed and (isinstance(outcome, PlaitError) or _fail(parts)):
            await self._leave(held)
        else:
            await self.end(held, outcome, parts)

    async def _cancelled(self, held: Held) -> None:
        """Whoever began it has stopped it."""
        found = await insist(partial(self._keeping.cancel, held.job.id, None))
        if found is not None and found.status == CANCELLED:
            self.counts.ended(found.graph, CANCELLED)

    async def _parts(self, held: Held, parts: Sequence[Part]) -> bool:
        """Whether all were written, and it goes on."""
        if self._lease.lapsed and _fail(parts):
            await self._leave(held)
            return False
        job, keep = held.job, self._keeping.part
        if len(parts) == 1:
            return await insist(partial(keep, job.id, job.fence, stored(parts[0])))
        async with asyncio.TaskGroup() as group:  # together they are one commit
            tasks = [group.create_task(insist(partial(keep, job.id, job.fence, stored(part)))) for part in parts]
        return all(task.result() for task in tasks)

    async def _leave(self, held: Held) -> None:
        """Let others have a job that failed while this worker was stopped, or had no store: time passed, but nobody was asked."""
        held.leave()
        await insist(partial(self._keeping.release, {held.job.id: held.job.fence}))


def _fail(parts: Sequence[Part]) -> bool:
    return any(part.status not in _NO_FAILURE for part in parts)
