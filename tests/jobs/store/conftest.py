"""What the tests of the store of jobs share: two processes on one store, on SQLite and on Postgres."""

from __future__ import annotations

import pytest

from plait.jobs.store.store import Store
from tests.control.postgres import postgres as postgres  # noqa: PLC0414 - fixtures of these tests
from tests.jobs.store.stores import Another
from tests.jobs.store.stores import another as another  # noqa: PLC0414
from tests.jobs.store.stores import watch as watch  # noqa: PLC0414


@pytest.fixture
async def ours(another: Another) -> Store:
    store = another("ours")
    await store.renew(10)
    return store


@pytest.fixture
async def theirs(another: Another) -> Store:
    store = another("theirs")
    await store.renew(10)
    return store
