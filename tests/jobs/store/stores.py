"""Stores of jobs on a file of SQLite and on a real Postgres, whose time is that of the test."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from plait.database.lane import Lane
from plait.database.postgres import Postgres as PostgresDialect
from plait.database.sqlite import Sqlite
from plait.jobs.records import SUCCEEDED, Ended, NewJob, Outgoing, StoredPart
from plait.jobs.store.open import FILE
from plait.jobs.store.store import Store
from plait.jobs.store.work import opened
from tests.control.postgres import Postgres

Another = Callable[[str], Store]
"""One more process, by its name."""


class Watch:
    """The time of a store, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0


class TimedSqlite(Sqlite):
    """A file whose time is that of the test."""

    watch: Watch

    def now(self, connection: Connection) -> float:
        return self.watch.now


class TimedPostgres(PostgresDialect):
    """A database whose time is that of the test."""

    watch: Watch

    def now(self, connection: Connection) -> float:
        return self.watch.now


def store(dialect: Any, owner: str, seconds: float = 4.0) -> Store:
    """A store as one process has it."""
    return Store(Lane("store", dialect.where, lambda: opened(dialect, owner), seconds), owner)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.e2e)])
async def another(request: pytest.FixtureRequest, tmp_path: Path, watch: Watch) -> AsyncIterator[Another]:
    dialect: Any
    if request.param == "sqlite":
        dialect = TimedSqlite(tmp_path / FILE, kept=True)
        object.__setattr__(dialect, "watch", watch)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        dialect = TimedPostgres(server.database())
        dialect.watch = watch
    made: list[Store] = []

    def another(owner: str) -> Store:
        made.append(store(dialect, owner))
        return made[-1]

    yield another
    for each in made:
        await each.close()


def new(**facts: Any) -> NewJob:
    """A job that is to be kept."""
    known: dict[str, Any] = {
        "id": secrets.token_hex(16), "graph": "predict", "client": "", "request_id": "r-1", "revision": 3, "digest": "d",
        "slice": b"{}", "input": b'{"n":1}', "headers": {"x-a": "b"}, "forwarded": "", "priority": 2, "expires": 100.0,
        "most": 1000,
    }  # fmt: skip
    return NewJob(**known | facts)


def part(key: str, **facts: Any) -> StoredPart:
    """A part that has just ended."""
    known: dict[str, Any] = {
        "key": key, "node": "predict", "predictor": key, "status": "ok", "code": 200, "seconds": 0.25, "attempts": 1,
        "endpoint": "e", "error": "", "output": b"[1]",
    }  # fmt: skip
    return StoredPart(**known | facts)


def message(name: str, sink: str = "pager") -> Outgoing:
    """A message to a sink."""
    return Outgoing(id=name, sink=sink, payload=b"{}")


DONE = Ended(status=SUCCEEDED, result=b"2", complete=False)
