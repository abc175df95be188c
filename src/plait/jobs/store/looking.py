"""What is read of jobs."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, tuple_

from plait.jobs.records import ListedJob, StoredJob, StoredPart, Wanted
from plait.jobs.store.rows import LISTED, PART, STORED, listed_job, stored_job, stored_part
from plait.jobs.store.tables import JOBS, PARTS, SLICES, unfinished
from plait.jobs.store.turn import Turn

# Made once: these are asked for each job.
_JOB = select(*STORED).where(JOBS.c.id == bindparam("which"))
_PARTS = select(*PART).where(PARTS.c.job == bindparam("which"), PARTS.c.seq > bindparam("after")).order_by(PARTS.c.seq)


def job(turn: Turn, which: str) -> StoredJob | None:
    """A job by its id."""
    row = turn.connection.execute(_JOB, {"which": which}).first()
    return None if row is None else stored_job(row)


def parts(turn: Turn, which: str, after: int) -> list[StoredPart]:
    """Its parts, those after a place."""
    return [stored_part(row) for row in turn.connection.execute(_PARTS, {"which": which, "after": after})]


def slice_of(turn: Turn, digest: str) -> bytes | None:
    """What is kept under a digest."""
    return turn.connection.execute(select(SLICES.c.data).where(SLICES.c.digest == digest)).scalar()


def listed(turn: Turn, wanted: Wanted) -> list[ListedJob]:
    """Jobs, the newest first."""
    found = select(*LISTED).order_by(JOBS.c.created.desc(), JOBS.c.id.desc()).limit(wanted.limit)
    if wanted.graph is not None:
        found = found.where(JOBS.c.graph == wanted.graph)
    if wanted.status:
        found = found.where(JOBS.c.status.in_(wanted.status))
    if wanted.queue is not None:
        found = found.where(JOBS.c.queue == wanted.queue)
    if wanted.before is not None:
        last = select(JOBS.c.created, JOBS.c.id).where(JOBS.c.id == wanted.before)
        row = turn.connection.execute(last).first()
        if row is None:
            return []
        found = found.where(tuple_(JOBS.c.created, JOBS.c.id) < tuple_(row.created, row.id))
    return [listed_job(row) for row in turn.connection.execute(found)]


def counts(turn: Turn) -> dict[tuple[str, str], int]:
    """How many jobs have not ended, by graph and status: those that have may be very many."""
    found = select(JOBS.c.graph, JOBS.c.status, func.count()).where(unfinished).group_by(JOBS.c.graph, JOBS.c.status)
    return {(graph, status): number for graph, status, number in turn.connection.execute(found)}
