"""The store of jobs, for the loop: asked in a thread of its own, and within a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from plait.database.lane import Lane
    from plait.jobs.records import (
        Added,
        Ended,
        ListedJob,
        NewJob,
        Outgoing,
        StoredJob,
        StoredOutgoing,
        StoredPart,
        Wanted,
    )
    from plait.jobs.store.statements import Statements
    from plait.jobs.store.turn import Turn


class Doing(NamedTuple):
    """What a piece of work is given: what can be said to the store, and the transaction in which it is."""

    say: type[Statements]
    turn: Turn


class Store:
    """Jobs, their parts and what is promised to sinks, durable: as `plait.jobs.keeping` and `plait.sinks.outbox` say.

    Args:
        lane: Where it is.
        owner: This process, anew at each start.
    """

    def __init__(self, lane: Lane[Doing], owner: str) -> None:
        self.owner = owner
        self._lane = lane

    async def open(self) -> None:
        """Make it, where it is missing."""
        await self._lane.read(lambda _: None)

    async def close(self) -> None:
        """Close it; nothing can be asked any more."""
        await self._lane.close()

    async def add(self, job: NewJob, parts: Sequence[StoredPart] = (), outgoing: Sequence[Outgoing] = (), /) -> Added:
        """Keep a new job, this process's own; in a queue, nobody's.

        Raises:
            KeyReused: If its key was sent with another body.
            Full: If there are as many of its graph as there may be.
        """
        return await self._lane.write(lambda do: do.say.add(do.turn, job, parts, outgoing))

    async def begin(self, job: str, fence: int, /) -> bool:
        """It runs."""
        return await self._lane.write(lambda do: do.say.begin(do.turn, job, fence))

    async def part(self, job: str, fence: int, part: StoredPart, /) -> bool:
        """Keep a part; one whose key is known stays as it is."""
        return await self._lane.write(lambda do: do.say.part(do.turn, job, fence, part))

    async def finish(
        self, job: str, fence: int, ended: Ended, outgoing: Sequence[Outgoing] = (), parts: Sequence[StoredPart] = (), /
    ) -> bool:
        """It has ended, with these last parts."""
        return await self._lane.write(lambda do: do.say.finish(do.turn, job, fence, ended, outgoing, parts))

    async def release(self, jobs: Mapping[str, int], /) -> None:
        """Leave jobs to others, each by its fence."""
        await self._lane.write(lambda do: do.say.release(do.turn, jobs))

    async def forsake(self, known: Collection[str], /) -> None:
        """Leave to others every job of this process but these."""
        await self._lane.write(lambda do: do.say.forsake(do.turn, known))

    async def cancel(self, job: str, client: str | None, /) -> StoredJob | None:
        """End a job of a client's, or of anybody's."""
        return await self._lane.write(lambda do: do.say.cancel(do.turn, job, client))

    async def retry(self, job: str, /) -> StoredJob | None:
        """Let one that failed or was cancelled run again."""
        return await self._lane.write(lambda do: do.say.retry(do.turn, job))

    async def job(self, job: str, /) -> StoredJob | None:
        """A job by its id."""
        return await self._lane.read(lambda do: do.say.job(do.turn, job))

    async def parts(self, job: str, after: int = 0, /) -> list[StoredPart]:
        """Its parts, those after a place."""
        return await self._lane.read(lambda do: do.say.parts(do.turn, job, after))

    async def slice(self, digest: str, /) -> bytes | None:
        """What is kept under a digest."""
        return await self._lane.read(lambda do: do.say.slice_of(do.turn, digest))

    async def renew(self, seconds: float, /) -> list[str]:
        """Renew this process's lease; its jobs that somebody has cancelled meanwhile."""
        return await self._lane.write(lambda do: do.say.renew(do.turn, seconds))

    async def claim(self, limit: int, /) -> list[StoredJob]:
        """Take over jobs in no queue that are nobody's, or those of an owner without a lease."""
        return await self._lane.write(lambda do: do.say.claim(do.turn, None, limit))

    async def hold(self, queue: str, seconds: float, /) -> bool:
        """Whether this process is the one that runs a queue, for so long."""
        return await self._lane.write(lambda do: do.say.hold(do.turn, queue, seconds))

    async def claim_queue(self, queue: str, limit: int, /) -> list[StoredJob]:
        """The same of a queue."""
        return await self._lane.write(lambda do: do.say.claim(do.turn, queue, limit))

    async def leave(self, queue: str, /) -> None:
        """Let others run a queue."""
        await self._lane.write(lambda do: do.say.leave(do.turn, queue))

    async def sweep(self, keep: float, /) -> list[StoredJob]:
        """Forget what ended longer ago; fail what has waited too long, and say which jobs these are."""
        return await self._lane.write(lambda do: do.say.sweep(do.turn, keep))

    async def listed(self, wanted: Wanted, /) -> list[ListedJob]:
        """Jobs, the newest first."""
        return await self._lane.read(lambda do: do.say.listed(do.turn, wanted))

    async def counts(self) -> dict[tuple[str, str], int]:
        """How many jobs have not ended, by graph and status."""
        return await self._lane.read(lambda do: do.say.counts(do.turn))

    async def promise(self, outgoing: Sequence[Outgoing], /) -> list[bool]:
        """Keep messages to sinks, this process's own; True for those that are new."""
        return await self._lane.write(lambda do: do.say.promise(do.turn, outgoing))

    async def claim_outgoing(self, limit: int) -> list[StoredOutgoing]:
        """Make those its own that are due, or under way at a process that lives no more."""
        return await self._lane.write(lambda do: do.say.claim_outgoing(do.turn, limit))

    async def sent(self, message: str, fence: int) -> None:
        """The message was taken."""
        await self._lane.write(lambda do: do.say.sent(do.turn, message, fence))

    async def postpone(self, message: str, fence: int, seconds: float, error: str) -> None:
        """It was not, and is due again in so many seconds."""
        await self._lane.write(lambda do: do.say.postpone(do.turn, message, fence, seconds, error))

    async def drop(self, message: str, fence: int, error: str) -> None:
        """It will not be sent any more."""
        await self._lane.write(lambda do: do.say.drop(do.turn, message, fence, error))

    async def waiting(self) -> dict[str, int]:
        """How many wait, by sink."""
        return await self._lane.read(lambda do: do.say.waiting(do.turn))

    async def disable(self, sink: str, target: str, reason: str) -> None:
        """Send nothing more to a sink as long as it leads where it does; what waits for it is given up."""
        await self._lane.write(lambda do: do.say.disable(do.turn, sink, target, reason))

    async def disabled(self) -> dict[tuple[str, str], str]:
        """The sinks that nothing is sent to, each with where it leads and the reason."""
        return await self._lane.read(lambda do: do.say.disabled(do.turn))
