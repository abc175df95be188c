"""Jobs, for those who operate plait: in the store that the workers have, opened when somebody asks for what is in it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from plait.control.counting import Counting
from plait.control.errors import NotRetried
from plait.errors import NotFound
from plait.jobs.cancelling import cancelled
from plait.jobs.parts import told
from plait.jobs.records import CANCELLED, ENDED, FAILED
from plait.jobs.state import JobState, moment, state_of

if TYPE_CHECKING:
    from plait.control.outcome import Desired
    from plait.jobs.keeping import Keeping
    from plait.jobs.records import ListedJob, StoredJob, Wanted
    from plait.jobs.working import Place

_ID = re.compile(r"[0-9a-f]{32}")


class OperatedJob(JobState, frozen=True, kw_only=True):
    """A job as its operator sees it: what its client does, and more.

    Args:
        client: Who sent it, where clients are told apart.
        queue: The queue that it stands in, if it does.
        begun: When it began to run last.
    """

    client: str
    queue: str | None
    begun: str | None


class Acted(NamedTuple):
    """A job after something was done to it, and whether that made any difference."""

    job: OperatedJob
    changed: bool


class Jobs:
    """All jobs, whoever sent them.

    Where the store cannot be reached, every method raises `StoreDown`; without the extra `jobs`, `NotInstalled`.

    Args:
        place: Where they are kept; else what is desired first says so.

    `counting` knows how many there are.
    """

    def __init__(self, place: Place | None = None) -> None:
        self._place = place
        self._opening = asyncio.Lock()
        self._opened = False
        self.counting = Counting(self.store)

    def follow(self, desired: Desired, before: Desired | None) -> None:  # noqa: ARG002 - as those who act on it are told
        """Something is desired: the first of it says where jobs are kept, for as long as plait runs."""
        from plait.jobs.store.open import place_of  # noqa: PLC0415 - the first plan does not wait for it

        if self._place is None:
            self._place = place_of(desired.loaded.config)

    async def store(self) -> Keeping | None:
        """The store, open; None where none was made yet, for then there are no jobs."""
        place = self._place
        if place is None:
            return None
        place.check()
        if not self._opened and not place.wanted():
            return None
        async with self._opening:
            if not self._opened:
                await place.keeping.open()
                self._opened = True
        return place.keeping

    async def listed(self, wanted: Wanted) -> list[ListedJob]:
        """Jobs, the newest first."""
        store = await self.store()
        return [] if store is None else await store.listed(wanted)

    async def find(self, job: str) -> OperatedJob:
        """A job by its id.

        Raises:
            NotFound: If there is none.
        """
        store, found = await self._stored(job)
        return await _whole(store, found)

    async def cancel(self, job: str, *, only_checked: bool = False) -> Acted:
        """End a job, wherever it runs; one that has ended stays as it is.

        Args:
            job: Its id.
            only_checked: Leave it as it is.

        Raises:
            NotFound: If there is none.
        """
        store, before = await self._stored(job)
        if only_checked or before.status in ENDED:
            return Acted(await _whole(store, before), changed=False)
        found, _ = await cancelled(store, job, None)  # workers send what it has promised
        changed = found is not None and found.status == CANCELLED
        if changed:
            self.counting.cancelled[before.graph] += 1
        return Acted(await _whole(store, found), changed)

    async def retry(self, job: str, *, only_checked: bool = False) -> Acted:
        """Let a job run again; of its parts, only those with an answer stay.

        Args:
            job: Its id.
            only_checked: Leave it as it is.

        Raises:
            NotFound: If there is none.
            NotRetried: If it neither failed nor was cancelled.
        """
        store, found = await self._stored(job)
        if found.status not in (FAILED, CANCELLED):
            raise NotRetried(f"the job is {found.status}; only one that failed or was cancelled can run again")
        if only_checked:
            return Acted(await _whole(store, found), changed=False)
        return Acted(await _whole(store, await store.retry(job)), changed=True)

    async def close(self) -> None:
        """Close the store."""
        await self.counting.close()
        if self._place is not None:
            await self._place.keeping.close()

    async def _stored(self, job: str) -> tuple[Keeping, StoredJob]:
        store = None if _ID.fullmatch(job) is None else await self.store()
        found = None if store is None else await store.job(job)
        if store is None or found is None:
            raise _unknown()
        return store, found


async def _whole(store: Keeping, job: StoredJob | None) -> OperatedJob:
    if job is None:  # it was forgotten meanwhile
        raise _unknown()
    state = state_of(job, map(told, await store.parts(job.id)))
    begun = None if job.begun is None else moment(job.begun)
    return OperatedJob(**msgspec.structs.asdict(state), client=job.client, queue=job.queue, begun=begun)


def _unknown() -> NotFound:
    return NotFound("there is no such job")
