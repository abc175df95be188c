"""The tables of the store of jobs; moments are seconds since 1970, by the store's clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text, text

from plait.database.database import Schema
from plait.jobs.records import CANCELLED, ENDED

metadata = MetaData()

STORE = Table(
    "plait_job_store",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # there is one row, 1
    Column("version", Integer, nullable=False),
)
SCHEMA = Schema(metadata, STORE, version=1, first={"id": 1})

OWNERS = Table(
    "plait_job_owners",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("until", Double, nullable=False),  # when its lease runs out
)
QUEUES = Table(
    "plait_job_queues",
    metadata,
    Column("queue", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Double, nullable=False),
)
SLICES = Table(
    "plait_slices",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("used", Double, nullable=False),  # about when a job was added that runs on it
)
JOBS = Table(
    "plait_jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("graph", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("owner", Text),
    Column("fence", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("queue", Text),
    Column("ruled", Boolean, nullable=False),
    Column("notify", Text),
    Column("created", Double, nullable=False),
    Column("begun", Double),
    Column("finished", Double),
    Column("expires", Double, nullable=False),  # when it has stood in line for too long
    Column("key", Text),  # the client's, if it gave one
    Column("body", Text, nullable=False),
    Column("headers", Text, nullable=False),  # as JSON
    Column("forwarded", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("input", LargeBinary, nullable=False),
    Column("result", LargeBinary),
    Column("error", LargeBinary),
)
PARTS = Table(
    "plait_parts",
    metadata,
    Column("job", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("predictor", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("code", Integer),
    Column("seconds", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("output", LargeBinary),
    Column("failure", LargeBinary),
)
OUTBOX = Table(
    "plait_outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sink", Text, nullable=False),
    Column("job", Text),
    Column("owner", Text),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created", Double, nullable=False),
    Column("due", Double, nullable=False),
    Column("ended", Double),  # when it was taken, or given up
    Column("error", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)
SINKS = Table(
    "plait_sinks",
    metadata,
    Column("sink", Text, primary_key=True),
    Column("target", Text, primary_key=True),  # where it led
    Column("reason", Text, nullable=False),  # why nothing is sent to it
)

unfinished = text("status NOT IN ('" + "', '".join(ENDED) + "')")
"""Of a job that has not ended; as an index has it, word for word, for that is how it is found."""
cancelled = text(f"status = '{CANCELLED}'")
"""The same of one that was cancelled."""


def _index(name: str, *columns: Column[Any], where: Any = None, unique: bool = False) -> None:
    """An index; of some rows only, if there is a condition."""
    only = {} if where is None else {"sqlite_where": where, "postgresql_where": where}
    Index(name, *columns, unique=unique, **only)


_index("plait_jobs_open", JOBS.c.queue, JOBS.c.priority, JOBS.c.created, JOBS.c.owner, where=unfinished)
_index("plait_jobs_counted", JOBS.c.graph, JOBS.c.status, where=unfinished)
_index("plait_jobs_cancelled", JOBS.c.owner, where=cancelled)
_index("plait_jobs_by_age", JOBS.c.created)
_index("plait_jobs_finished", JOBS.c.finished)
_index("plait_jobs_by_key", JOBS.c.graph, JOBS.c.client, JOBS.c.key, where=JOBS.c.key.is_not(None), unique=True)
_index("plait_parts_by_key", PARTS.c.job, PARTS.c.key, unique=True)
_index("plait_outbox_open", OUTBOX.c.due, where=OUTBOX.c.ended.is_(None))
_index("plait_outbox_ended", OUTBOX.c.ended)
