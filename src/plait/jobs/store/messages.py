"""Messages on their way to sinks."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import and_, bindparam, func, or_, select, update

from plait.jobs.records import Outgoing, StoredOutgoing
from plait.jobs.store.rows import OUTGOING, outgoing_row, stored_outgoing
from plait.jobs.store.tables import OUTBOX, SINKS
from plait.jobs.store.turn import Turn

UNDER_WAY = 60.0
"""Seconds in which whoever promised a message, or claimed it, must have tried to send it, or it is due again."""

_CLAIMED = (
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("which"))
    .values(owner=bindparam("by"), fence=OUTBOX.c.fence + 1, due=bindparam("again"))
)
_waits = OUTBOX.c.ended.is_(None)


def promise(turn: Turn, outgoing: Sequence[Outgoing]) -> list[bool]:
    """Keep messages, this process's own; True for those that are new."""
    if not outgoing:
        return []
    now = turn.now
    return [turn.add_if_new(OUTBOX, **outgoing_row(each, turn.owner, now, now + UNDER_WAY)) for each in outgoing]


def claim_outgoing(turn: Turn, limit: int) -> list[StoredOutgoing]:
    """Take what was put off and is due, what is under way at a process that lives no more, and what this one has lost sight of."""
    nobodys, ours, dead = OUTBOX.c.owner.is_(None), OUTBOX.c.owner == turn.owner, OUTBOX.c.owner.not_in(turn.alive)
    due = OUTBOX.c.due <= turn.now
    found = select(*OUTGOING).where(_waits, or_(and_(or_(nobodys, ours), due), dead))
    claimed = [stored_outgoing(row) for row in turn.locked(found.order_by(OUTBOX.c.due).limit(limit))]
    if claimed:
        again = turn.now + UNDER_WAY
        turn.connection.execute(_CLAIMED, [{"which": each.id, "by": turn.owner, "again": again} for each in claimed])
    return [replace(each, fence=each.fence + 1) for each in claimed]


def sent(turn: Turn, message: str, fence: int) -> None:
    """It was taken; that it was is remembered, what it said is not."""
    _change(turn, message, fence, ended=turn.now, payload=b"", error="")


def postpone(turn: Turn, message: str, fence: int, seconds: float, error: str) -> None:
    """It was not: it is nobody's until it is due."""
    _change(turn, message, fence, owner=None, due=turn.now + seconds, attempts=OUTBOX.c.attempts + 1, error=error)


def drop(turn: Turn, message: str, fence: int, error: str) -> None:
    """It is given up."""
    _change(turn, message, fence, ended=turn.now, payload=b"", error=error)


def waiting(turn: Turn) -> dict[str, int]:
    """How many wait, by sink."""
    found = select(OUTBOX.c.sink, func.count()).where(_waits).group_by(OUTBOX.c.sink)
    return {row.sink: row[1] for row in turn.connection.execute(found)}


def disable(turn: Turn, sink: str, target: str, reason: str) -> None:
    """Send nothing more to a sink as long as it leads there; what waits for it is given up."""
    if not turn.add_if_new(SINKS, sink=sink, target=target, reason=reason):
        turn.connection.execute(update(SINKS).where(SINKS.c.sink == sink, SINKS.c.target == target).values(reason=reason))
    gone = {"ended": turn.now, "payload": b"", "error": reason}
    turn.connection.execute(update(OUTBOX).where(OUTBOX.c.sink == sink, _waits).values(**gone))


def disabled(turn: Turn) -> dict[tuple[str, str], str]:
    """The sinks that nothing is sent to."""
    return {(row.sink, row.target): row.reason for row in turn.connection.execute(select(SINKS))}


def _change(turn: Turn, message: str, fence: int, **values: object) -> None:
    ours = (OUTBOX.c.id == message, OUTBOX.c.owner == turn.owner, OUTBOX.c.fence == fence, _waits)
    turn.connection.execute(update(OUTBOX).where(*ours).values(**values))
