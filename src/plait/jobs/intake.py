"""Taking jobs in: new ones, and runs that are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from plait.http1.ids import new_id
from plait.jobs.errors import NotYetDurable, StoreDown
from plait.jobs.held import Held
from plait.jobs.parts import stored
from plait.jobs.records import RUNNING, Added, NewJob, StoredJob
from plait.jobs.taking import as_taken, new_job

if TYPE_CHECKING:
    from plait.jobs.asked import Asked
    from plait.jobs.carried import Carried
    from plait.jobs.working import Working

_T = TypeVar("_T")


class Intake:
    """Makes jobs durable, and has them run.

    Args:
        working: Who runs them.
    """

    def __init__(self, working: Working) -> None:
        self._working = working
        self._under_way: set[tuple[str, str, str]] = set()

    async def submit(self, asked: Asked) -> StoredJob | str:
        """The new job, or the id of the one that came before with the same key."""
        runner = self._working.runner
        begins = asked.queue is None and not runner.draining and runner.free > runner.waiting
        return await self._whole(self._submit(new_job(asked, new_id(), runner.spec, begins=begins), asked))

    async def adopt(self, carried: Carried, asked: Asked) -> StoredJob:
        """The job that a run under way is from now on."""
        return await self._whole(self._adopt(carried, new_job(asked, carried.run.job, self._working.runner.spec, begins=True)))

    async def _whole(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do it to its end though nobody may wait for it any more: what is kept must also be known here."""
        return await asyncio.shield(self._working.background.start(work))

    async def _submit(self, job: NewJob, asked: Asked) -> StoredJob | str:
        await self._working.open()
        mark = (job.graph, job.client, job.key or job.id)
        if mark in self._under_way:
            raise NotYetDurable("the first request with this Idempotency-Key is not durable yet; ask again")
        self._under_way.add(mark)
        try:
            added = await self._working.keeping.add(job)
        except StoreDown:
            self._working.runner.doubt = True
            raise
        finally:
            self._under_way.discard(mark)
        if not added.created:
            return added.id
        self._working.runner.counts.submitted(job.graph)
        taken = as_taken(job, added)
        await self._working.take(Held(taken, asked.compiled, begun=job.begins))
        return taken

    async def _adopt(self, carried: Carried, job: NewJob) -> StoredJob:
        await self._working.open()
        sofar = [stored(part) for part in carried.run.parts]
        held = Held(as_taken(job, Added(job.id, created=True)), known={part.key for part in sofar}, begun=True)
        leave = held.follow(carried)
        try:
            added = await self._working.keeping.add(job, sofar)
        except BaseException as exc:
            leave()
            self._working.runner.doubt = self._working.runner.doubt or isinstance(exc, StoreDown)
            raise
        held.job = as_taken(job, added)
        self._working.runner.counts.submitted(job.graph)
        self._working.runner.begin(held)
        return replace(held.job, status=RUNNING)
