"""What happens to a job, from the beginning on: in memory where it runs here, else as the store has it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from plait.errors import NotFound
from plait.jobs.parts import told
from plait.jobs.records import ENDED, StoredJob
from plait.jobs.state import JobState, state_of

if TYPE_CHECKING:
    from plait.events import Part
    from plait.jobs.held import Held
    from plait.jobs.keeping import Keeping

LOOK = 0.2
"""Seconds between two looks at a job that runs elsewhere."""


class Following:
    """Follows one job.

    Args:
        job: As it is kept.
        keeping: The store.
        held: Finds it among those that run here.
    """

    def __init__(self, job: StoredJob, keeping: Keeping, held: Callable[[str], Held | None]) -> None:
        self._job = job
        self._keeping = keeping
        self._held = held
        self._seen: set[str] = set()
        self._after = 0

    async def events(self) -> AsyncIterator[Part | JobState]:
        """Each part, once; at last the job that has ended.

        Raises:
            NotFound: If it is kept no more.
        """
        while True:
            async for part in self._live():
                yield part
            job = await self._keeping.job(self._job.id)
            kept = await self._keeping.parts(self._job.id, self._after)
            for each in kept:
                self._after = max(self._after, each.seq)
                if each.key not in self._seen:
                    self._seen.add(each.key)
                    yield told(each)
            if job is None:
                raise NotFound("the job ended so long ago that it is kept no more")
            if job.status in ENDED:
                yield state_of(job, map(told, await self._keeping.parts(job.id)))
                return
            await asyncio.sleep(LOOK)

    async def _live(self) -> AsyncIterator[Part]:
        """The parts of a run here, until it is over."""
        held = self._held(self._job.id)
        if held is None or held.carried is None or held.left:
            return
        heard: deque[Part | None] = deque(held.carried.run.parts)
        woken = asyncio.Event()

        def hears(part: Part | None) -> None:
            heard.append(part)
            woken.set()

        leave = held.listen(hears)
        try:
            while True:
                while heard:
                    part = heard.popleft()
                    if part is None:
                        return
                    if part.key not in self._seen:
                        self._seen.add(part.key)
                        yield part
                woken.clear()
                await woken.wait()
        finally:
            leave()
