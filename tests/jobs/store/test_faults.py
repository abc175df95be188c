"""A store of jobs that is locked, moved away, damaged or hangs: told clearly, and well again once that has ended."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from plait.database.postgres import Postgres as PostgresDialect
from plait.database.sqlite import Sqlite
from plait.jobs.errors import StoreDown
from plait.jobs.store.open import FILE, open_jobs
from plait.jobs.store.store import Store
from tests.control.postgres import Postgres
from tests.jobs.store.stores import DONE, new, part, store

SECONDS = 1.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / FILE


@pytest.fixture
async def kept(path: Path) -> AsyncIterator[Store]:
    made = store(Sqlite(path, patience=0.05, kept=True), "ours")
    yield made
    await made.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else writes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_nothing_is_made_before_it_is_asked_and_then_for_nobody_else(path: Path) -> None:
    made = open_jobs(None, path.parent)
    assert not path.parent.exists()
    await made.open()
    assert stat.S_IMODE((await asyncio.to_thread(path.stat)).st_mode) == 0o600
    await made.close()


async def test_while_another_holds_the_lock_nothing_is_written_and_then_it_is(kept: Store, path: Path) -> None:
    await kept.add(new())
    job = new()
    with locked(path):
        with pytest.raises(StoreDown, match="locked; another program holds it"):
            await kept.add(job)
        assert await kept.job(job.id) is None
    assert (await kept.add(job)).created


async def test_a_file_that_was_moved_away_is_made_anew_and_one_that_is_put_back_is_read(kept: Store, path: Path) -> None:
    job = new()
    await kept.add(job)
    aside = await asyncio.to_thread(path.rename, path.with_name("aside.db"))
    assert await kept.job(job.id) is None
    await kept.add(new())
    await asyncio.to_thread(aside.replace, path)
    assert await kept.job(job.id) is not None


@pytest.fixture
def damaged(path: Path) -> Path:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    return path


async def test_a_damaged_file_is_told_of_and_left_as_it_is(damaged: Path, kept: Store) -> None:
    with pytest.raises(StoreDown, match="move it away, or put a copy in its place"):
        await kept.open()
    assert await asyncio.to_thread(damaged.read_bytes) == b"no database" * 1000


async def test_jobs_of_a_process_that_was_killed_amid_a_write_are_as_it_last_said(kept: Store, path: Path) -> None:
    job = new()
    await kept.add(job)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:  # it ends without a commit, its journal stays
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM plait_jobs")
    assert await kept.job(job.id) is not None
    assert await kept.finish(job.id, 1, DONE)


@pytest.mark.e2e
async def test_a_postgres_that_hangs_is_given_up_and_asked_again(postgres: Postgres) -> None:
    made = store(PostgresDialect(postgres.database()), "ours", SECONDS)
    jobs = [new() for _ in range(20)]
    await made.add(jobs[0])
    postgres.stop()
    try:
        async with asyncio.timeout(SECONDS * 4):
            given = await asyncio.gather(*(made.add(job) for job in jobs[1:]), return_exceptions=True)  # noqa: TID251 - errors too
        assert {type(each) for each in given} == {StoreDown}
    finally:
        postgres.go_on()
    async with asyncio.timeout(30):
        while True:
            try:
                assert await made.part(jobs[0].id, 1, part("a"))
                break
            except StoreDown:
                continue
    await made.close()


@pytest.mark.e2e
async def test_a_postgres_that_ends_is_asked_again_once_it_is_back(postgres: Postgres) -> None:
    made = store(PostgresDialect(postgres.database()), "ours", SECONDS)
    job = new()
    await made.add(job)
    postgres.end()
    try:
        with pytest.raises(StoreDown):
            await made.part(job.id, 1, part("a"))
    finally:
        postgres.start()
    assert await made.part(job.id, 1, part("a"))
    await made.close()


async def test_a_url_that_is_none_is_told_without_showing_it(tmp_path: Path) -> None:
    made = open_jobs("postgresql://u:secret@h:port/x?no=such", tmp_path)
    with pytest.raises(StoreDown) as caught:
        await made.open()
    assert "secret" not in caught.value.detail
    await made.close()
