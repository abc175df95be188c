"""What is read and written, each function within one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from plait.control.errors import Conflict
from plait.control.files import Taken
from plait.control.marks import Mark, Marks
from plait.control.revisions import Entry, Revision
from plait.control.store.tables import (
    ENTRY,
    MARKS,
    PROXIES,
    REVISIONS,
    STORE,
    entry_of,
    from_json,
    json_text,
    mark_of,
    moment,
    revision_of,
    row_of,
)
from plait.database.errors import Damaged

_TRIES = 10


@dataclass(frozen=True, slots=True)
class State:
    """What the store says now.

    Args:
        turn: Grows with each change of the others.
        newest: The newest revision, which is the active one; none in a new store.
        marks: The predictors that are excluded.
    """

    turn: int
    newest: Revision | None
    marks: Marks


@dataclass(frozen=True, slots=True)
class Proxy:
    """What a proxy said of itself.

    Args:
        id: Which it is.
        runs: What its workers run; none if it never said.
        seen: When it said so, in UTC.
    """

    id: str
    runs: Any
    seen: datetime | None


def turn(connection: Connection) -> int:
    """The store's turn.

    Raises:
        Damaged: If it has none.
    """
    found = connection.execute(select(STORE.c.turn)).scalar()
    if found is None:
        raise Damaged("a row has gone from its tables")
    return int(found)


def state(connection: Connection) -> State:
    """What the store says, all of one moment.

    Raises:
        Damaged: If a row has what is none, or it changes all the time.
    """
    for _ in range(_TRIES):
        before = turn(connection)
        row = connection.execute(select(REVISIONS).order_by(REVISIONS.c.number.desc()).limit(1)).first()
        marks = [mark_of(row) for row in connection.execute(select(MARKS).order_by(MARKS.c.created))]
        if turn(connection) == before:
            return State(before, revision_of(row) if row else None, {mark.predictor: mark for mark in marks})
    raise Damaged("a row has changed each time that it was read")


def append(connection: Connection, revision: Revision, expected: int, taken: Taken | None, kept: int) -> None:
    """Add a revision, unless somebody was first; and forget the oldest beyond those that are kept.

    Raises:
        Conflict: If somebody was first.
    """
    _next_turn(connection, expected)
    largest = connection.execute(select(func.max(REVISIONS.c.number))).scalar()
    if largest is not None and largest >= revision.number:
        raise Conflict(f"there is a revision {largest}")
    connection.execute(insert(REVISIONS).values(**row_of(revision)))
    newest = select(REVISIONS.c.number).order_by(REVISIONS.c.number.desc()).limit(kept).subquery()
    connection.execute(delete(REVISIONS).where(REVISIONS.c.number < select(func.min(newest.c.number)).scalar_subquery()))
    if taken:
        took(connection, taken)


def mark(connection: Connection, found: Mark, expected: int) -> None:
    """Set a mark, unless somebody changed something."""
    _next_turn(connection, expected)
    _mark(connection, found)


def unmark(connection: Connection, predictor: str, expected: int) -> None:
    """Take a mark away, unless somebody changed something."""
    _next_turn(connection, expected)
    connection.execute(delete(MARKS).where(MARKS.c.predictor == predictor))


def put_back(connection: Connection, known: State, expected: int, found: Taken | None) -> None:
    """Write the newest revision, the marks and the digest into a store that has lost them, unless somebody changed something."""
    _next_turn(connection, expected)
    if known.newest is not None:
        connection.execute(insert(REVISIONS).values(**row_of(known.newest)))
    connection.execute(delete(MARKS))
    for each in known.marks.values():
        _mark(connection, each)
    if found:
        took(connection, found)


def revision(connection: Connection, number: int) -> Revision | None:
    """A revision by its number."""
    row = connection.execute(select(REVISIONS).where(REVISIONS.c.number == number)).first()
    return revision_of(row) if row else None


def history(connection: Connection, before: int | None, limit: int) -> list[Entry]:
    """Revisions without their data, the newest first."""
    found = select(*ENTRY).order_by(REVISIONS.c.number.desc()).limit(limit)
    return [entry_of(row) for row in connection.execute(found if before is None else found.where(REVISIONS.c.number < before))]


def taken(connection: Connection, proxy: str) -> tuple[str | None, str | None]:
    """The digests of the file that a proxy, and that any proxy, took in last."""
    own = connection.execute(select(PROXIES.c.digest).where(PROXIES.c.id == proxy)).scalar()
    return own, connection.execute(select(STORE.c.digest)).scalar()


def took(connection: Connection, found: Taken) -> None:
    """Note that a proxy took in a file."""
    _upsert(connection, PROXIES, {"id": found.proxy}, {"digest": found.digest})
    connection.execute(update(STORE).values(digest=found.digest))


def report(connection: Connection, found: Proxy) -> None:
    """Note what a proxy says of itself."""
    seen = found.seen.isoformat() if found.seen else None
    _upsert(connection, PROXIES, {"id": found.id}, {"runs": json_text(found.runs), "seen": seen})


def proxies(connection: Connection) -> list[Proxy]:
    """All proxies that ever said something."""
    rows = connection.execute(select(PROXIES).order_by(PROXIES.c.id))
    return [Proxy(row.id, row.runs and from_json(row.runs), moment(row.seen) if row.seen else None) for row in rows]


def forget(connection: Connection, proxy: str) -> None:
    """Forget a proxy."""
    connection.execute(delete(PROXIES).where(PROXIES.c.id == proxy))


def _next_turn(connection: Connection, expected: int) -> None:
    """Take the turn; who comes second waits here for the first one's end, and then is refused."""
    changed = connection.execute(update(STORE).where(STORE.c.turn == expected).values(turn=expected + 1))
    if changed.rowcount != 1:
        raise Conflict(f"the turn is not {expected}")


def _mark(connection: Connection, found: Mark) -> None:
    facts = {"author": found.author, "reason": found.reason, "created": found.created.isoformat()}
    _upsert(connection, MARKS, {"predictor": found.predictor}, facts)


def _upsert(connection: Connection, table: Table, key: Mapping[str, str], values: Mapping[str, Any]) -> None:
    ((name, value),) = key.items()
    changed = connection.execute(update(table).where(table.c[name] == value).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(table).values(**key, **values))
