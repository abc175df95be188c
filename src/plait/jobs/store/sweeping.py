"""What is forgotten, and what has waited too long."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import delete, select, update

from plait.http1.problem import problem
from plait.jobs.errors import Expired
from plait.jobs.records import FAILED, QUEUED, StoredJob
from plait.jobs.store.rows import STORED, moment, stored_job
from plait.jobs.store.tables import JOBS, OUTBOX, OWNERS, PARTS, SLICES, unfinished
from plait.jobs.store.turn import Turn

MOST = 1_000
"""Of each kind, in one sweep: it holds up others."""
DAY = 24 * 3600.0
UNUSED = 3600.0
"""Seconds for which a slice is kept that no job runs on: one may be on its way that does."""


def sweep(turn: Turn, keep: float) -> list[StoredJob]:
    """Forget what ended longer ago than so many seconds; fail what has waited too long, and say which jobs these are."""
    _forget(turn, turn.now - keep)
    late = (
        select(*STORED).where(unfinished, JOBS.c.status == QUEUED, JOBS.c.expires < turn.now).order_by(JOBS.c.expires).limit(MOST)
    )
    return [_failed(turn, stored_job(row)) for row in turn.locked(late)]


def _forget(turn: Turn, before: float) -> None:
    ended = select(JOBS.c.id).where(JOBS.c.finished < before).order_by(JOBS.c.finished).limit(MOST)
    old = list(turn.connection.execute(ended).scalars())
    if old:
        turn.connection.execute(delete(PARTS).where(PARTS.c.job.in_(old)))
        turn.connection.execute(delete(JOBS).where(JOBS.c.id.in_(old)))
        used = select(JOBS.c.digest)
        turn.connection.execute(delete(SLICES).where(SLICES.c.used < turn.now - UNUSED, SLICES.c.digest.not_in(used)))
    done = select(OUTBOX.c.id).where(OUTBOX.c.ended < before).order_by(OUTBOX.c.ended).limit(MOST)
    turn.connection.execute(delete(OUTBOX).where(OUTBOX.c.id.in_(done)))
    turn.connection.execute(delete(OWNERS).where(OWNERS.c.until < turn.now - DAY))


def _failed(turn: Turn, job: StoredJob) -> StoredJob:
    error = problem(Expired("the job stood in line for longer than it may (jobs: {expire: …}); ask again"), job.request_id).body
    facts = {"status": FAILED, "error": error, "fence": job.fence + 1}
    turn.connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(finished=turn.now, **facts))
    return replace(job, finished=moment(turn.now), **facts)
