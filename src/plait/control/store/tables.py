"""The tables of the store, and what stands in their rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Integer, MetaData, Row, Table, Text

from plait.control.marks import Mark
from plait.control.revisions import Entry, Revision
from plait.database.database import Schema
from plait.database.errors import Damaged

metadata = MetaData()

STORE = Table(
    "plait_store",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # there is one row, 1
    Column("version", Integer, nullable=False),
    Column("turn", BigInteger, nullable=False),  # one more with each change of revisions or marks
    Column("digest", Text),  # of the file that any proxy took in last
)
REVISIONS = Table(
    "plait_revisions",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("created", Text, nullable=False),  # times are texts, as in ISO 8601: alike in both databases, and in order
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("difference", Text, nullable=False),
    Column("data", Text, nullable=False),
)
MARKS = Table(
    "plait_marks",
    metadata,
    Column("predictor", Text, primary_key=True),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created", Text, nullable=False),
)
PROXIES = Table(
    "plait_proxies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text),  # of the file that it took in last
    Column("runs", Text),  # what its workers run, as JSON
    Column("seen", Text),
)
SCHEMA = Schema(metadata, STORE, version=1, first={"id": 1, "turn": 0})
ENTRY = [column for column in REVISIONS.columns if column.name != "data"]

_encode = msgspec.json.Encoder().encode


def json_text(value: Any) -> str:
    """A value as it stands in a row."""
    return _encode(value).decode()


def from_json(text: str) -> Any:
    """A value from a row.

    Raises:
        Damaged: If it is no JSON.
    """
    try:
        return msgspec.json.decode(text)
    except (ValueError, TypeError) as exc:
        raise Damaged(f"a row has what is no JSON: {exc}") from None


def moment(text: str) -> datetime:
    """A time from a row.

    Raises:
        Damaged: If it is none.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, TypeError) as exc:
        raise Damaged(f"a row has what is no time: {exc}") from None


def row_of(revision: Revision) -> dict[str, Any]:
    """The row of a revision."""
    return {
        "number": revision.number,
        "created": revision.created.isoformat(),
        "author": revision.author,
        "reason": revision.reason,
        "difference": json_text(revision.difference),
        "data": json_text(revision.data),
    }


def entry_of(row: Row[Any]) -> Entry:
    """A revision without its data, from a row.

    Raises:
        Damaged: If the row has what is none.
    """
    return Entry(**_facts(row))


def revision_of(row: Row[Any]) -> Revision:
    """A revision from its row.

    Raises:
        Damaged: If the row has what is none.
    """
    data = from_json(row.data)
    if not isinstance(data, dict):
        raise Damaged("a row has data that is no mapping")
    return Revision(**_facts(row), data=data)


def _facts(row: Row[Any]) -> dict[str, Any]:
    difference = from_json(row.difference)
    if not isinstance(difference, list):
        raise Damaged("a row has a difference that is no list")
    return {
        "number": row.number,
        "created": moment(row.created),
        "author": row.author,
        "reason": row.reason,
        "difference": tuple(difference),
    }


def mark_of(row: Row[Any]) -> Mark:
    """A mark from its row.

    Raises:
        Damaged: If the row has what is none.
    """
    return Mark(row.predictor, row.author, row.reason, moment(row.created))
