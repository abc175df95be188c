"""A Postgres that hangs, ends, refuses or loses a connection: told clearly within bounds, and well again by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from plait.control.errors import StoreDown
from plait.control.store.statements import State
from plait.control.store.store import Store
from plait.database.postgres import Postgres as Dialect
from plait.errors import StartError
from tests.control.postgres import Postgres
from tests.control.store.test_store import MARK, revision

pytestmark = [pytest.mark.e2e]
HASTE = 1.0
BOUND = 3.0


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.database()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    patient = Store(Dialect(url), shared=True)
    await patient.append(revision(1), 0)
    await patient.close()
    hasty = Store(Dialect(url), shared=True, seconds=HASTE)
    yield hasty
    await hasty.close()


async def test_one_that_hangs_is_given_up_and_asked_again(store: Store, postgres: Postgres):
    clock = asyncio.get_running_loop()
    postgres.stop()
    try:
        began = clock.time()
        for _ in range(2):
            with pytest.raises(StoreDown, match="does not answer"):
                await store.append(revision(2), 1)
        assert clock.time() - began < 2 * BOUND
        assert "does not answer" in store.failure
    finally:
        postgres.go_on()
    assert await _soon(store) in (State(1, revision(1), {}), State(2, revision(2), {}))  # nobody knew, and now it is read
    assert not store.failure


async def test_many_that_wait_for_one_that_hangs_all_hear_of_it_at_once(store: Store, postgres: Postgres):
    clock = asyncio.get_running_loop()
    postgres.stop()
    try:
        began = clock.time()
        async with asyncio.TaskGroup() as group:
            for _ in range(50):
                group.create_task(_refused(store))
        assert clock.time() - began < BOUND
    finally:
        postgres.go_on()
    assert (await _soon(store)).newest == revision(1)


async def _refused(store: Store) -> None:
    with pytest.raises(StoreDown):
        await store.turn()


async def test_one_that_ends_is_asked_again_once_it_is_back(store: Store, postgres: Postgres):
    postgres.end()
    try:
        for _ in range(2):
            with pytest.raises(StoreDown, match=r"the store plait_\d+ of Postgres at 127.0.0.1:\d+ fails: "):
                await store.mark(MARK, 1)
    finally:
        postgres.start()
    await store.mark(MARK, 1)
    assert await store.state() == State(2, revision(1), {"ä": MARK})


async def test_a_connection_that_was_ended_is_made_anew_without_a_failure(store: Store, url: str):
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    await store.append(revision(2), 1)
    assert (await store.state()).newest == revision(2)


async def test_a_row_that_another_holds_is_waited_for_no_longer_than_a_moment(url: str):
    store = Store(Dialect(url), shared=True)
    await store.append(revision(1), 0)
    with psycopg.connect(url) as other:
        other.execute("SELECT * FROM plait_store FOR UPDATE")
        with pytest.raises(StoreDown, match=r"lock timeout|statement timeout"):
            await store.append(revision(2), 1)
        assert (await store.state()).turn == 1
    await store.append(revision(2), 1)
    await store.close()


async def test_one_that_may_only_be_read_says_so(store: Store, url: str):
    database = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")  # type: ignore[call-overload] # our own name
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with pytest.raises(StoreDown, match="name the server that can be written"):
        await store.append(revision(2), 1)
    assert (await store.state()).newest == revision(1)


async def test_a_wrong_password_is_never_shown(url: str):
    bad = url.replace("plait@", "nobody_here:hush-hush@")
    store = Store(Dialect(bad), shared=True)
    with pytest.raises(StoreDown, match="does not exist; see the database and user") as raised:
        await store.turn()
    assert "hush-hush" not in raised.value.detail
    await store.close()


async def test_tables_that_were_dropped_are_made_anew(store: Store, url: str):
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("DROP TABLE plait_store, plait_revisions, plait_marks, plait_proxies")
    assert await _soon(store) == State(0, None, {})


@pytest.mark.parametrize("url", ["postgresql://u:hush@[::1/x", "postgresql://u:hush@h/d?nonsense=1"])
def test_what_is_no_url_of_postgres_is_refused_without_showing_it(url: str):
    with pytest.raises(StartError, match=r"server\.store is no URL of Postgres") as raised:
        Dialect(url)
    assert "hush" not in raised.value.detail


async def _soon(store: Store) -> State:
    """As soon as the store answers: the first call may find out that a connection has gone."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await store.state()
            except StoreDown:
                continue
