"""Jobs that nobody runs, and queues that nobody has: who asks gets them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from sqlalchemy import bindparam, delete, or_, select, update

from plait.jobs.records import StoredJob
from plait.jobs.store.rows import STORED, stored_job
from plait.jobs.store.tables import JOBS, QUEUES, unfinished
from plait.jobs.store.turn import Turn

_CLAIMED = update(JOBS).where(JOBS.c.id == bindparam("which")).values(owner=bindparam("by"), fence=JOBS.c.fence + 1)


def claim(turn: Turn, queue: str | None, limit: int) -> list[StoredJob]:
    """Take over jobs of a queue, or of none, that are nobody's, or whose owner has no lease; the more urgent first."""
    in_it = JOBS.c.queue.is_(None) if queue is None else JOBS.c.queue == queue
    free = or_(JOBS.c.owner.is_(None), JOBS.c.owner.not_in(turn.alive))
    found = select(*STORED).where(in_it, unfinished, free).order_by(JOBS.c.priority, JOBS.c.created).limit(limit)
    jobs = [stored_job(row) for row in turn.locked(found)]
    if jobs:
        turn.connection.execute(_CLAIMED, [{"which": job.id, "by": turn.owner} for job in jobs])
    return [replace(job, owner=turn.owner, fence=job.fence + 1) for job in jobs]


def hold(turn: Turn, queue: str, seconds: float) -> bool:
    """Whether this process has the queue now."""
    free = or_(QUEUES.c.owner == turn.owner, QUEUES.c.until <= turn.now)
    values: dict[str, Any] = {"owner": turn.owner, "until": turn.now + seconds}
    done = turn.connection.execute(update(QUEUES).where(QUEUES.c.queue == queue, free).values(**values))
    return bool(done.rowcount > 0) or turn.add_if_new(QUEUES, queue=queue, **values)


def leave(turn: Turn, queue: str) -> None:
    """Let others have it."""
    turn.connection.execute(delete(QUEUES).where(QUEUES.c.queue == queue, QUEUES.c.owner == turn.owner))
