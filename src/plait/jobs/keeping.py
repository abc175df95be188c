"""What running jobs needs of the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from plait.jobs.outbox import Outbox
from plait.jobs.records import Added, Ended, ListedJob, NewJob, Outgoing, StoredJob, StoredPart, Wanted


class Keeping(Outbox, Protocol):
    """The store of jobs, with its outbox; every method raises `StoreDown` where it does not do what it should.

    `owner` is this process, anew at each start. Whatever is given a fence does nothing, and says so, where the job is no more this
    process's under that fence, or has ended.
    """

    @property
    def owner(self) -> str: ...

    async def open(self) -> None:
        """Make it, where it is missing."""
        ...

    async def close(self) -> None: ...

    async def add(self, job: NewJob, parts: Sequence[StoredPart] = (), outgoing: Sequence[Outgoing] = (), /) -> Added:
        """Keep a new job, this process's own; in a queue, nobody's."""
        ...

    async def begin(self, job: str, fence: int, /) -> bool:
        """It runs."""
        ...

    async def part(self, job: str, fence: int, part: StoredPart, /) -> bool:
        """Keep a part; one whose key is known stays as it is."""
        ...

    async def finish(
        self, job: str, fence: int, ended: Ended, outgoing: Sequence[Outgoing] = (), parts: Sequence[StoredPart] = (), /
    ) -> bool:
        """It has ended, with these last parts, as in `part`."""
        ...

    async def release(self, jobs: Mapping[str, int], /) -> None:
        """Leave jobs to others, each by its fence."""
        ...

    async def forsake(self, known: Collection[str], /) -> None:
        """Leave to others every job of this process but these: of a call that failed nobody knows what it did."""
        ...

    async def cancel(self, job: str, client: str | None, /) -> StoredJob | None:
        """End a job of a client's, or of anybody's; it as it is then, or None where there is none."""
        ...

    async def retry(self, job: str, /) -> StoredJob | None:
        """Let one that failed or was cancelled run again."""
        ...

    async def job(self, job: str, /) -> StoredJob | None: ...

    async def parts(self, job: str, after: int = 0, /) -> list[StoredPart]: ...

    async def slice(self, digest: str, /) -> bytes | None: ...

    async def renew(self, seconds: float, /) -> list[str]:
        """Renew this process's lease; its jobs that somebody has cancelled meanwhile."""
        ...

    async def claim(self, limit: int, /) -> list[StoredJob]:
        """Take over jobs in no queue that are nobody's, or those of an owner without a lease; their status is as it was."""
        ...

    async def hold(self, queue: str, seconds: float, /) -> bool:
        """Whether this process is the one that runs a queue, for so long."""
        ...

    async def claim_queue(self, queue: str, limit: int, /) -> list[StoredJob]: ...

    async def leave(self, queue: str, /) -> None: ...

    async def sweep(self, keep: float, /) -> list[StoredJob]:
        """Forget what ended longer ago; fail what has waited too long, and say which jobs these are."""
        ...

    async def listed(self, wanted: Wanted, /) -> list[ListedJob]:
        """Jobs, the newest first."""
        ...

    async def counts(self) -> dict[tuple[str, str], int]:
        """How many jobs have not ended, by graph and status."""
        ...
