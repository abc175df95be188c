"""Places where a store may be: a file of SQLite, and a real Postgres."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from plait.control.store.open import FILE
from plait.control.store.store import Store
from plait.database.postgres import Postgres as PostgresDialect
from plait.database.sqlite import Sqlite
from tests.control.postgres import Postgres
from tests.control.postgres import postgres as postgres  # noqa: PLC0414 - a fixture of these tests

Open = Callable[..., Store]
"""One more store on the same place, as another process has it."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.e2e)])
async def another(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    if request.param == "sqlite":
        dialect = Sqlite(tmp_path / FILE)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        dialect = PostgresDialect(server.database())
    opened: list[Store] = []

    def another(**options: Any) -> Store:
        opened.append(Store(dialect, shared=True, **options))
        return opened[-1]

    yield another
    for store in opened:
        await store.close()


@pytest.fixture
def store(another: Open) -> Store:
    return another()
