"""The jobs of one worker, as those see them who ask for one."""

from __future__ import annotations

from collections.abc import AsyncIterator

from plait.events import Part
from plait.jobs.asked import Asked
from plait.jobs.carried import Carried
from plait.jobs.state import JobState


class Jobs:
    """Jobs that are taken in, run here, or are asked for here.

    Where the store cannot be reached, every method raises `StoreDown`.
    """

    async def submit(self, asked: Asked) -> JobState:
        """Keep a job; it is durable when this returns, and runs as soon as it is its turn.

        With a key that is known, it is the job that was taken in before.

        Raises:
            NotInstalled: If the extra `jobs` is missing.
            KeyReused: If the key was sent with something else.
            Full: If there are as many jobs of the graph as there may be.
        """
        raise NotImplementedError

    async def adopt(self, carried: Carried, asked: Asked) -> JobState:
        """Make a job of a run under way, under the id of `carried.run.job`: no part is lost, and none is asked for again.

        Whoever began it still has it if this fails.

        Raises:
            NotInstalled: If the extra `jobs` is missing.
            Full: If there are as many jobs of the graph as there may be.
        """
        raise NotImplementedError

    async def find(self, job: str, client: str) -> JobState:
        """A job by its id.

        Raises:
            NotFound: If there is none of that client's.
        """
        raise NotImplementedError

    async def wait(self, job: str, client: str, seconds: float) -> JobState:
        """A job once it has ended, or as it is after so many seconds.

        Raises:
            NotFound: If there is none of that client's.
        """
        raise NotImplementedError

    async def cancel(self, job: str, client: str) -> JobState:
        """Stop a job, wherever it runs; one that has ended stays as it is.

        Raises:
            NotFound: If there is none of that client's.
        """
        raise NotImplementedError

    def events(self, job: str, client: str) -> AsyncIterator[Part | JobState]:
        """Each part of a job, from the first on, as it ends; then, last, the job that has ended.

        Raises:
            NotFound: Before the first event, if there is none of that client's.
        """
        raise NotImplementedError

    async def drain(self, seconds: float) -> None:
        """Begin nothing more, and leave what is queued to others; what runs has so many seconds to end, and is then left too."""
        raise NotImplementedError

    async def close(self) -> None:
        """Leave all jobs to others, and close the store."""
        raise NotImplementedError
