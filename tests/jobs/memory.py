"""A store of jobs in memory, shared by as many processes as a test has, that keeps time by the loop's clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import asdict, replace

from plait.jobs.errors import Full, KeyReused, StoreDown
from plait.jobs.records import (
    CANCELLED,
    ENDED,
    FAILED,
    QUEUED,
    RUNNING,
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

_COMMIT = 0.004
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Sending:
    """How a message does: whose it is, under which fence, when it is due."""

    owner: str | None
    due: float
    fence: int = 1
    attempts: int = 0
    ended: str | None = None


class Tables:
    """What is durable, and who has written the end of which job; `wanted` says whether a process should look into it by itself."""

    def __init__(self) -> None:
        self.jobs: dict[str, StoredJob] = {}
        self.expires: dict[str, float] = {}
        self.parts: dict[str, list[StoredPart]] = {}
        self.slices: dict[str, bytes] = {}
        self.keys: dict[tuple[str, str, str], tuple[str, str]] = {}
        self.leases: dict[str, float] = {}
        self.queues: dict[str, tuple[str, float]] = {}
        self.outbox: dict[str, Outgoing] = {}
        self.sending: dict[str, Sending] = {}
        self.disabled: dict[tuple[str, str], str] = {}
        self.ends: list[tuple[str, str]] = []
        self.wanted = True

    def time(self) -> float:
        return asyncio.get_running_loop().time()

    def alive(self, owner: str | None) -> bool:
        return owner is not None and self.leases.get(owner, -1.0) > self.time()


class Memory:
    """The store, as one process sees it.

    `down` makes every call fail; `confused` does what the next write wants, and fails all the same; `stopped` lets no call return,
    as if the process were.
    """

    def __init__(self, tables: Tables, owner: str) -> None:
        self.tables = tables
        self.owner = owner
        self.down = False
        self.confused = False
        self.opened = 0
        self.closed = False
        self.calls: list[str] = []
        self._running = asyncio.Event()
        self._running.set()

    def stop(self) -> None:
        self._running.clear()

    def wake(self) -> None:
        self._running.set()

    async def open(self) -> None:
        await self._write("open", lambda: None)
        self.opened += 1

    async def close(self) -> None:
        self.closed = True

    async def add(self, job: NewJob, parts: Sequence[StoredPart] = (), outgoing: Sequence[Outgoing] = (), /) -> Added:
        return await self._write("add", lambda: self._add(job, parts, outgoing))

    async def begin(self, job: str, fence: int, /) -> bool:
        return await self._write("begin", lambda: self._set(job, fence, status=RUNNING, begun=self._now()))

    async def part(self, job: str, fence: int, part: StoredPart, /) -> bool:
        return await self._write("part", lambda: self._part(job, fence, part))

    async def finish(
        self, job: str, fence: int, ended: Ended, outgoing: Sequence[Outgoing] = (), parts: Sequence[StoredPart] = (), /
    ) -> bool:
        def finish() -> bool:
            for part in parts:
                self._part(job, fence, part)
            if not self._set(job, fence, finished=self._now(), **asdict(ended)):
                return False
            self.tables.ends.append((job, self.owner))
            self._promise(outgoing)
            return True

        return await self._write("finish", finish)

    async def release(self, jobs: Mapping[str, int], /) -> None:
        def release() -> None:
            for job, fence in jobs.items():
                self._set(job, fence, owner=None, status=QUEUED)

        await self._write("release", release)

    async def forsake(self, known: Collection[str], /) -> None:
        def forsake() -> None:
            for job in tuple(self.tables.jobs.values()):
                if job.owner == self.owner and job.id not in known and job.status not in ENDED:
                    self.tables.jobs[job.id] = replace(job, owner=None, status=QUEUED)

        await self._write("forsake", forsake)

    async def cancel(self, job: str, client: str | None, /) -> StoredJob | None:
        def cancel() -> StoredJob | None:
            found = self.tables.jobs.get(job)
            if found is None or client not in (None, found.client):
                return None
            if found.status not in ENDED:
                found = replace(found, status=CANCELLED, fence=found.fence + 1, finished=self._now())
                self.tables.jobs[job] = found
                self.tables.ends.append((job, self.owner))
            return found

        return await self._write("cancel", cancel)

    async def retry(self, job: str, /) -> StoredJob | None:
        def retry() -> StoredJob | None:
            found = self.tables.jobs.get(job)
            if found is not None and found.status in (FAILED, CANCELLED):
                found = replace(found, status=QUEUED, owner=None, error=None, finished=None, fence=found.fence + 1)
                self.tables.jobs[job] = found
                self.tables.parts[job] = [part for part in self.tables.parts[job] if part.output is not None]
            return found

        return await self._write("retry", retry)

    async def job(self, job: str, /) -> StoredJob | None:
        return await self._read("job", lambda: self.tables.jobs.get(job))

    async def parts(self, job: str, after: int = 0, /) -> list[StoredPart]:
        return await self._read("parts", lambda: [part for part in self.tables.parts.get(job, []) if part.seq > after])

    async def slice(self, digest: str, /) -> bytes | None:
        return await self._read("slice", lambda: self.tables.slices.get(digest))

    async def renew(self, seconds: float, /) -> list[str]:
        def renew() -> list[str]:
            self.tables.leases[self.owner] = self.tables.time() + seconds
            found = [job for job in self.tables.jobs.values() if job.owner == self.owner and job.status == CANCELLED]
            for job in found:
                self.tables.jobs[job.id] = replace(job, owner=None)
            return [job.id for job in found]

        return await self._write("renew", renew)

    async def claim(self, limit: int, /) -> list[StoredJob]:
        return await self._write("claim", lambda: self._claim(None, limit))

    async def hold(self, queue: str, seconds: float, /) -> bool:
        def hold() -> bool:
            owner, until = self.tables.queues.get(queue, ("", 0.0))
            if owner not in ("", self.owner) and until > self.tables.time():
                return False
            self.tables.queues[queue] = (self.owner, self.tables.time() + seconds)
            return True

        return await self._write("hold", hold)

    async def claim_queue(self, queue: str, limit: int, /) -> list[StoredJob]:
        return await self._write("claim_queue", lambda: self._claim(queue, limit))

    async def leave(self, queue: str, /) -> None:
        def leave() -> None:
            if self.tables.queues.get(queue, ("",))[0] == self.owner:
                del self.tables.queues[queue]

        await self._write("leave", leave)

    async def promise(self, outgoing: Sequence[Outgoing], /) -> list[bool]:
        return await self._write("promise", lambda: self._promise(outgoing))

    async def claim_outgoing(self, limit: int) -> list[StoredOutgoing]:
        return await self._write("claim_outgoing", lambda: self._claim_outgoing(limit))

    async def sent(self, message: str, fence: int) -> None:
        await self._write("sent", lambda: self._end(message, fence, ""))

    async def postpone(self, message: str, fence: int, seconds: float, error: str) -> None:
        def postpone() -> None:
            if (found := self._under(message, fence)) is not None:
                found.owner, found.due, found.attempts = None, self.tables.time() + seconds, found.attempts + 1

        await self._write("postpone", postpone)

    async def drop(self, message: str, fence: int, error: str) -> None:
        await self._write("drop", lambda: self._end(message, fence, error))

    async def waiting(self) -> dict[str, int]:
        tables = self.tables
        return await self._read(
            "waiting",
            lambda: dict(Counter(each.sink for name, each in tables.outbox.items() if tables.sending[name].ended is None)),
        )

    async def disable(self, sink: str, target: str, reason: str) -> None:
        def disable() -> None:
            self.tables.disabled[sink, target] = reason
            for name, found in self.tables.sending.items():
                if self.tables.outbox[name].sink == sink and found.ended is None:
                    found.ended = reason

        await self._write("disable", disable)

    async def disabled(self) -> dict[tuple[str, str], str]:
        return await self._read("disabled", lambda: dict(self.tables.disabled))

    def _promise(self, outgoing: Sequence[Outgoing]) -> list[bool]:
        tables, new = self.tables, []
        for each in outgoing:
            new.append(each.id not in tables.outbox)
            if new[-1]:
                tables.outbox[each.id] = each
                tables.sending[each.id] = Sending(self.owner, tables.time() + 60)
        return new

    def _claim_outgoing(self, limit: int) -> list[StoredOutgoing]:
        tables, claimed = self.tables, []
        for name, found in tables.sending.items():
            due, free = found.due <= tables.time(), not tables.alive(found.owner)
            mine = found.owner == self.owner
            if (
                found.ended is None
                and len(claimed) < limit
                and ((mine and due) or (free and not mine and (due or not found.attempts)))
            ):
                found.owner, found.due, found.fence = self.owner, tables.time() + 60, found.fence + 1
                facts = {"attempts": found.attempts, "created": datetime.now(UTC), "fence": found.fence}
                claimed.append(StoredOutgoing(**asdict(tables.outbox[name]), **facts))
        return claimed

    def _under(self, message: str, fence: int) -> Sending | None:
        found = self.tables.sending.get(message)
        return found if found is not None and (found.owner, found.fence, found.ended) == (self.owner, fence, None) else None

    def _end(self, message: str, fence: int, why: str) -> None:
        if (found := self._under(message, fence)) is not None:
            found.ended = why

    async def sweep(self, keep: float, /) -> list[StoredJob]:
        def sweep() -> list[StoredJob]:
            now = self._now()
            for job in tuple(self.tables.jobs.values()):
                if job.finished is not None and now - job.finished > timedelta(seconds=keep):
                    del self.tables.jobs[job.id], self.tables.parts[job.id]
            late = [j for j in self.tables.jobs.values() if j.status == QUEUED and self.tables.expires[j.id] < self.tables.time()]
            failed = [replace(job, status=FAILED, finished=now, fence=job.fence + 1, error=b'{"title":"Expired"}') for job in late]
            self.tables.jobs.update({job.id: job for job in failed})
            return failed

        return await self._write("sweep", sweep)

    async def listed(self, wanted: Wanted, /) -> list[ListedJob]:
        return await self._read("listed", lambda: self._listed(wanted))

    async def counts(self) -> dict[tuple[str, str], int]:
        return await self._read(
            "counts", lambda: dict(Counter((job.graph, job.status) for job in self.tables.jobs.values() if job.status not in ENDED))
        )

    def _listed(self, wanted: Wanted) -> list[ListedJob]:
        newest = sorted(self.tables.jobs.values(), key=lambda job: (job.created, job.id), reverse=True)
        ids = [job.id for job in newest]
        older = newest[ids.index(wanted.before) + 1 :] if wanted.before in ids else newest if wanted.before is None else []
        found = [
            job
            for job in older
            if wanted.graph in (None, job.graph)
            and (not wanted.status or job.status in wanted.status)
            and wanted.queue in (None, job.queue)
        ]
        names = ListedJob.__struct_fields__
        return [ListedJob(**{name: getattr(job, name) for name in names}) for job in found[: wanted.limit]]

    def _add(self, new: NewJob, parts: Sequence[StoredPart], outgoing: Sequence[Outgoing]) -> Added:
        tables = self.tables
        key = (new.graph, new.client, new.key or "")
        if new.key and key in tables.keys:
            job, body = tables.keys[key]
            if body != new.body:
                raise KeyReused("the key was sent with another body")
            return Added(job, created=False)
        if sum(job.graph == new.graph and job.status not in ENDED for job in tables.jobs.values()) >= new.most:
            raise Full("there are too many jobs")
        known = {name: value for name, value in asdict(new).items() if name in StoredJob.__struct_fields__}
        owner = None if new.queue else self.owner
        how = {"status": RUNNING, "begun": self._now()} if new.begins else {"status": QUEUED}
        tables.jobs[new.id] = StoredJob(**known, **how, owner=owner, fence=1, created=self._now())
        tables.expires[new.id] = tables.time() + new.expires
        tables.parts[new.id] = [replace(part, seq=place) for place, part in enumerate(parts, 1)]
        tables.slices[new.digest] = new.slice
        self._promise(outgoing)
        if new.key:
            tables.keys[key] = (new.id, new.body)
        return Added(new.id, created=True, fence=1, at=self._now())

    def _part(self, job: str, fence: int, part: StoredPart) -> bool:
        if not self._set(job, fence):
            return False
        parts = self.tables.parts[job]
        if all(part.key != each.key for each in parts):
            parts.append(replace(part, seq=len(parts) + 1))
        return True

    def _set(self, job: str, fence: int, **fields: Any) -> bool:
        found = self.tables.jobs.get(job)
        if found is None or (found.owner, found.fence) != (self.owner, fence) or found.status in ENDED:
            return False
        self.tables.jobs[job] = replace(found, **fields)
        return True

    def _claim(self, queue: str | None, limit: int) -> list[StoredJob]:
        found = [
            job
            for job in sorted(self.tables.jobs.values(), key=lambda job: (job.priority, job.created))
            if job.status not in ENDED and job.queue == queue and not self.tables.alive(job.owner)
        ][:limit]
        claimed = [replace(job, owner=self.owner, fence=job.fence + 1) for job in found]
        self.tables.jobs.update({job.id: job for job in claimed})
        return claimed

    def _now(self) -> datetime:
        return _EPOCH + timedelta(seconds=self.tables.time())

    async def _read(self, what: str, work: Callable[[], Any]) -> Any:
        return await self._write(what, work)

    async def _write(self, what: str, work: Callable[[], Any]) -> Any:
        """Each call takes as long as a commit, and is done at its end."""
        await asyncio.sleep(_COMMIT)
        await self._running.wait()
        self.calls.append(what)
        if self.down:
            raise StoreDown("the store is down")
        found = work()
        if self.confused:
            self.confused = False
            raise StoreDown("nobody knows whether it was written")
        await self._running.wait()
        return found
