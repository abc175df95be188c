"""Jobs that are taken in, and those that are let run again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, insert, select, update

from plait.jobs.errors import Full, KeyReused
from plait.jobs.records import CANCELLED, FAILED, QUEUED, RUNNING, Added, NewJob, Outgoing, StoredJob, StoredPart
from plait.jobs.store.looking import job
from plait.jobs.store.messages import promise
from plait.jobs.store.rows import added, job_row, part_row
from plait.jobs.store.tables import JOBS, PARTS, SLICES, unfinished
from plait.jobs.store.turn import Turn

FRESH = 600.0
"""Seconds for which it is known well enough that a slice was used lately."""

# Made once: what is written for each job must not be put together each time.
_ADDED = insert(JOBS)
_SAME_KEY = select(JOBS.c.id, JOBS.c.body).where(
    JOBS.c.graph == bindparam("of"), JOBS.c.client == bindparam("by"), JOBS.c.key == bindparam("under")
)
_COUNT = select(func.count()).select_from(JOBS).where(JOBS.c.graph == bindparam("of"), unfinished)
_USED = select(SLICES.c.used).where(SLICES.c.digest == bindparam("of"))


def add(turn: Turn, new: NewJob, parts: Sequence[StoredPart], outgoing: Sequence[Outgoing]) -> Added:
    """Keep a new job.

    Raises:
        KeyReused: If its key was sent with another body; nothing was written.
        Full: If there are too many; nothing was written.
    """
    if new.key is not None and (known := _by_key(turn, new, new.key)) is not None:
        return known
    _count(turn, new)
    now = turn.next_moment()
    _keep_slice(turn, new, now)
    owner = None if new.queue else turn.owner
    how = {"status": RUNNING, "begun": now} if new.begins else {"status": QUEUED, "begun": None}
    turn.connection.execute(_ADDED, job_row(new, now) | {"owner": owner, "fence": 1, **how})
    if parts:
        turn.connection.execute(insert(PARTS), [part_row(new.id, part, place) for place, part in enumerate(parts, 1)])
    promise(turn, outgoing)
    return added(new, now)


def retry(turn: Turn, which: str) -> StoredJob | None:
    """Let a job that failed or was cancelled run again; of its parts, those stay that have an answer."""
    again = update(JOBS).where(JOBS.c.id == which, JOBS.c.status.in_((FAILED, CANCELLED)))
    changes = {
        "status": QUEUED, "owner": None, "fence": JOBS.c.fence + 1, "error": None, "begun": None, "finished": None,
        "expires": turn.now + (JOBS.c.expires - JOBS.c.created),
    }  # fmt: skip
    if turn.connection.execute(again.values(**changes)).rowcount:
        turn.connection.execute(delete(PARTS).where(PARTS.c.job == which, PARTS.c.output.is_(None)))
    return job(turn, which)


def _by_key(turn: Turn, new: NewJob, key: str) -> Added | None:
    row = turn.connection.execute(_SAME_KEY, {"of": new.graph, "by": new.client, "under": key}).first()
    if row is None:
        return None
    if row.body != new.body:
        raise KeyReused("this Idempotency-Key came with another body; a new request needs a new key")
    return Added(row.id, created=False)


def _count(turn: Turn, new: NewJob) -> None:
    """One more of its graph, if there is room; where several proxies count at once, a few more may get in."""
    counts = turn.unfinished
    if new.graph not in counts:
        counts[new.graph] = turn.connection.execute(_COUNT, {"of": new.graph}).scalar_one()
    if counts[new.graph] >= new.most:
        raise Full(f"{new.most} jobs of this graph have not ended, and there may be no more (jobs: {{most: …}}); ask later")
    counts[new.graph] += 1


def _keep_slice(turn: Turn, new: NewJob, now: float) -> None:
    used = turn.connection.execute(_USED, {"of": new.digest}).scalar()
    if used is None:
        turn.add_if_new(SLICES, digest=new.digest, data=new.slice, used=now)
    elif used < now - FRESH:
        turn.connection.execute(update(SLICES).where(SLICES.c.digest == new.digest).values(used=now))
