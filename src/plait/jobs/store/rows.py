"""What stands in the rows of the store of jobs, as records, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from plait.database.errors import Damaged
from plait.jobs.records import Added, ListedJob, NewJob, Outgoing, StoredJob, StoredOutgoing, StoredPart
from plait.jobs.store.tables import JOBS, OUTBOX, PARTS

_encode = msgspec.json.Encoder().encode
_headers = msgspec.json.Decoder(dict[str, str]).decode
_KEPT = ("graph", "client", "request_id", "revision", "digest", "input", "forwarded", "priority", "queue", "ruled", "notify")

STORED = [JOBS.c[name] for name in StoredJob.__struct_fields__]
LISTED = [JOBS.c[name] for name in ListedJob.__struct_fields__]
PART = [PARTS.c[name] for name in StoredPart.__struct_fields__]
OUTGOING = [OUTBOX.c[name] for name in StoredOutgoing.__struct_fields__]


def moment(seconds: float) -> datetime:
    """A moment from a row."""
    return datetime.fromtimestamp(seconds, UTC)


def job_row(job: NewJob, now: float) -> dict[str, Any]:
    """The row of a new job, but for who owns it and how it is."""
    kept = {name: getattr(job, name) for name in _KEPT}
    headers = _encode(job.headers).decode()
    return kept | {
        "id": job.id, "headers": headers, "key": job.key, "body": job.body, "complete": True,
        "created": now, "expires": now + job.expires,
    }  # fmt: skip


def stored_job(row: Row[Any]) -> StoredJob:
    """A job from its row.

    Raises:
        Damaged: If the row has what is none.
    """
    facts = dict(row._mapping)  # noqa: SLF001 - its public name
    try:
        facts["headers"] = _headers(facts["headers"])
    except (msgspec.MsgspecError, TypeError) as exc:
        raise Damaged(f"a row has headers that are none: {exc}") from None
    return StoredJob(**_moments(facts))


def listed_job(row: Row[Any]) -> ListedJob:
    """A job of a list from its row."""
    return ListedJob(**_moments(dict(row._mapping)))  # noqa: SLF001 - the same


def part_row(job: str, part: StoredPart, seq: int) -> dict[str, Any]:
    """The row of a part."""
    return msgspec.structs.asdict(part) | {"job": job, "seq": seq}


def stored_part(row: Row[Any]) -> StoredPart:
    """A part from its row."""
    return StoredPart(**row._mapping)  # noqa: SLF001 - the same


def outgoing_row(message: Outgoing, owner: str, now: float, due: float) -> dict[str, Any]:
    """The row of a message that is this process's own."""
    facts = msgspec.structs.asdict(message)
    return facts | {"owner": owner, "fence": 1, "attempts": 0, "created": now, "due": due, "ended": None, "error": ""}


def stored_outgoing(row: Row[Any]) -> StoredOutgoing:
    """A message from its row."""
    return StoredOutgoing(**_moments(dict(row._mapping)))  # noqa: SLF001 - the same


def added(job: NewJob, now: float) -> Added:
    """What became of a new job."""
    return Added(job.id, created=True, fence=1, at=moment(now))


def _moments(facts: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: facts[name] for name in ("created", "begun", "finished") if facts.get(name) is not None}
    return {**facts, **{name: moment(seconds) for name, seconds in times.items()}}
