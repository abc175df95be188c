"""What happens to a job while it runs: every write names its owner and its fence, and writes nothing where these are others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects.sqlite import Insert

from plait.jobs.records import CANCELLED, QUEUED, RUNNING, Ended, Outgoing, StoredJob, StoredPart
from plait.jobs.store.looking import job
from plait.jobs.store.messages import promise
from plait.jobs.store.tables import JOBS, OWNERS, PARTS, cancelled, unfinished
from plait.jobs.store.turn import Turn, insert_of

# Made once: what is written for each job must not be put together each time.
_HELD = (JOBS.c.id == bindparam("which"), JOBS.c.owner == bindparam("by"), JOBS.c.fence == bindparam("under"), unfinished)
_OURS = select(JOBS.c.id).where(*_HELD).with_for_update()
_BEGUN = update(JOBS).where(*_HELD).values(status=RUNNING, begun=bindparam("now"))
_ENDED = (
    update(JOBS)
    .where(*_HELD)
    .values({name: bindparam(f"new_{name}") for name in ("status", "result", "complete", "error")} | {"finished": bindparam("now")})
)
_RELEASED = update(JOBS).where(*_HELD).values(owner=None, status=QUEUED)


@cache
def _part(dialect: str) -> Insert:
    """Add a part after the others, if the job is held as it should be, and the part is not known."""
    given = {name: bindparam(f"new_{name}", type_=PARTS.c[name].type) for name in StoredPart.__struct_fields__ if name != "seq"}
    seq = select(func.coalesce(func.max(PARTS.c.seq), 0) + 1).where(PARTS.c.job == bindparam("which")).scalar_subquery()
    row = select(JOBS.c.id, seq, *given.values()).where(*_HELD).with_for_update()
    into: Insert = insert_of(dialect)(PARTS).from_select(["job", "seq", *given], row)
    added: Insert = into.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return added


def begin(turn: Turn, which: str, fence: int) -> bool:
    """It runs."""
    return bool(turn.connection.execute(_BEGUN, _held(turn, which, fence) | {"now": turn.now}).rowcount)


def part(turn: Turn, which: str, fence: int, found: StoredPart) -> bool:
    """Keep a part, unless its key is known."""
    held = _held(turn, which, fence)
    facts = {f"new_{name}": value for name, value in asdict(found).items() if name != "seq"}
    if turn.connection.execute(_part(turn.connection.dialect.name), held | facts).rowcount > 0:
        return True
    return turn.connection.execute(_OURS, held).first() is not None


def finish(turn: Turn, which: str, fence: int, ended: Ended, outgoing: Sequence[Outgoing], parts: Sequence[StoredPart]) -> bool:
    """It has ended, with these last parts, and this is promised with it."""
    for each in parts:
        part(turn, which, fence, each)
    facts = {"new_status": ended.status, "new_result": ended.result, "new_complete": ended.complete, "new_error": ended.error}
    done = turn.connection.execute(_ENDED, _held(turn, which, fence) | facts | {"now": turn.now})
    if done.rowcount:
        promise(turn, outgoing)
    return bool(done.rowcount)


def release(turn: Turn, jobs: Mapping[str, int]) -> None:
    """Leave jobs to others."""
    if jobs:
        turn.connection.execute(_RELEASED, [_held(turn, which, fence) for which, fence in jobs.items()])


def forsake(turn: Turn, known: Collection[str]) -> None:
    """Leave to others every job of this process but these."""
    ours = select(JOBS.c.id, JOBS.c.fence).where(JOBS.c.owner == turn.owner, unfinished)
    kept = set(known)
    release(turn, {row.id: row.fence for row in turn.connection.execute(ours) if row.id not in kept})


def cancel(turn: Turn, which: str, client: str | None) -> StoredJob | None:
    """End a job, whoever runs it: its owner keeps its name on it until it has heard of that."""
    mine = () if client is None else (JOBS.c.client == client,)
    changes: dict[str, Any] = {"status": CANCELLED, "fence": JOBS.c.fence + 1, "finished": turn.now}
    turn.connection.execute(update(JOBS).where(JOBS.c.id == which, unfinished, *mine).values(**changes))
    found = job(turn, which)
    return found if found is not None and client in (None, found.client) else None


def renew(turn: Turn, seconds: float) -> list[str]:
    """Renew the lease; which jobs of this process were cancelled, told once."""
    until = turn.now + seconds
    done = turn.connection.execute(update(OWNERS).where(OWNERS.c.owner == turn.owner).values(until=until))
    if not done.rowcount:
        turn.connection.execute(insert(OWNERS).values(owner=turn.owner, until=until))
    of_us = (JOBS.c.owner == turn.owner, cancelled)
    found = list(turn.connection.execute(select(JOBS.c.id).where(*of_us)).scalars())
    if found:
        turn.connection.execute(update(JOBS).where(*of_us).values(owner=None))
    return found


def _held(turn: Turn, which: str, fence: int) -> dict[str, Any]:
    return {"which": which, "by": turn.owner, "under": fence}
