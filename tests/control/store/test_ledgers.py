"""Ledgers on real stores: many writers, other proxies, and stores that go and come back."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from plait.control.errors import Stale, StoreDown
from plait.control.files import Taken, digest
from plait.control.known import Last
from plait.control.merge import delete, put
from plait.control.outcome import Desired, Outcome
from plait.control.store.open import FILE
from plait.control.store.statements import State
from plait.control.store.store import Store
from plait.database.postgres import Postgres as Dialect
from plait.database.sqlite import Sqlite
from plait.errors import ConfigError
from tests.control.ledgers import FILE_TEXT, begun, ledger
from tests.control.postgres import Postgres

NEW = {"url": "http://new"}
Another = Callable[..., Store]


@pytest.mark.slow
async def test_fifty_writers_at_two_proxies_lose_nothing(another: Another, tmp_path: Path):
    async with ledger(tmp_path, store=another()) as one, ledger(tmp_path, store=another(), proxy="two") as two:
        await begun(one)
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                proxy = (one, two)[number % 2]
                group.create_task(proxy.propose(put("predictors", f"n{number}", NEW), author="api"))
        await one.look()
        await two.look()
        assert one.active == two.active
        assert one.active.number == 51
        assert set(one.active.data["predictors"]) == {"a", "b", *(f"n{number}" for number in range(50))}


async def test_a_change_elsewhere_is_seen_by_looking(another: Another, tmp_path: Path):
    told: list[Desired] = []
    async with ledger(tmp_path, store=another()) as one, ledger(tmp_path, store=another(), proxy="two", told=told) as two:
        await begun(one)
        assert await two.look()
        assert not await two.look()
        await one.propose(put("predictors", "c", NEW), author="api")
        await one.exclude("a", author="api")
        assert await two.look()
        assert (two.active.number, list(two.marks)) == (2, ["a"])
        assert [(desired.plan.revision, desired.plan.excluded) for desired in told] == [(1, ()), (2, ("a",))]


async def test_if_match_guards_against_other_proxies_too(another: Another, tmp_path: Path):
    async with ledger(tmp_path, store=another()) as one, ledger(tmp_path, store=another(), proxy="two") as two:
        await begun(one)
        await two.look()
        await one.propose(put("predictors", "c", NEW), author="api")
        assert two.active.number == 1
        with pytest.raises(Stale):
            await two.propose(put("predictors", "d", NEW), author="api", if_match=1)
        assert two.active.number == 2


async def test_what_two_proxies_decide_at_once_fits_together(another: Another, tmp_path: Path):
    async with ledger(tmp_path, store=another()) as one, ledger(tmp_path, store=another(), proxy="two") as two:
        await begun(one)
        await two.look()
        await one.exclude("a", author="api")
        with pytest.raises(ConfigError, match="the branch a is excluded"):
            await two.propose(put("graphs", "other", {"parallel": ["a", "b"], "require": ["a"]}), author="api")
        assert list(two.marks) == ["a"]


async def test_what_the_store_has_lost_is_written_again(another: Another, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async with ledger(tmp_path, store=another()) as found:
        await begun(found)
        await found.propose(put("predictors", "c", NEW), author="api")
        await found.exclude("a", author="api")
        before = found.active
        await _emptied(another())
        await found.look()
        assert "the store has lost revision 2" in caplog.text
        assert found.active == before
        assert (await found.propose(delete("predictors", "c"), author="api")).revision == 3
    async with ledger(tmp_path, store=another()) as found:
        assert (found.active.number, list(found.marks)) == (3, ["a"])
        assert [entry.number for entry in await found.history(None, 10)] == [3, 2]


async def test_what_the_store_has_lost_does_not_let_the_file_speak_again(another: Another, tmp_path: Path):
    async with ledger(tmp_path, store=another()) as found:
        await begun(found)
        await found.propose(put("predictors", "c", NEW), author="api")
        await _emptied(another())
        await found.look()
        assert await found.take_file(FILE_TEXT, "yaml", "plait.yaml") is None
        assert found.active.number == 2


async def test_a_store_that_was_lost_while_nobody_looked_is_given_what_ran_last(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
        copy = _bytes(tmp_path / FILE)
        await found.propose(put("predictors", "c", NEW), author="api")
        await found.exclude("a", author="api")
        last = Last(State(0, found.active, found.marks), Taken("one", digest(FILE_TEXT)))
    for older in (None, copy):
        told: list[Desired] = []
        async with ledger(_fresh(tmp_path, older), last=last, told=told) as found:
            assert (found.active, list(found.marks)) == (last.state.newest, ["a"])
            assert [desired.plan.revision for desired in told] == [2]
            assert await found.take_file(FILE_TEXT, "yaml", "plait.yaml") is None
            await found.propose(delete("predictors", "c"), author="api")
        async with ledger(_fresh(tmp_path, None), last=None) as found:
            assert found.marks == {}


async def test_a_shared_store_is_not_told_what_ran_here_last(another: Another, tmp_path: Path):
    async with ledger(tmp_path / "other") as found:
        await begun(found)
        last = Last(State(0, replace(found.active, number=9), {}))
    async with ledger(tmp_path, store=another()) as found:
        await begun(found)
    async with ledger(tmp_path, store=another(), last=last) as found:
        assert found.active.number == 1


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def _fresh(folder: Path, older: bytes | None) -> Path:
    """A state folder of its own, with an older copy of the store if there is one."""
    fresh = folder / f"fresh-{len(list(folder.iterdir()))}"
    fresh.mkdir()
    if older is not None:
        (fresh / FILE).write_bytes(older)
    return fresh


async def _emptied(store: Store) -> None:
    def empty(connection: object) -> None:
        for table in ("plait_revisions", "plait_marks", "plait_proxies"):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # type: ignore[attr-defined] # noqa: S608 - our own names
        connection.exec_driver_sql("UPDATE plait_store SET turn = 100, digest = NULL")  # type: ignore[attr-defined]

    await store.state()
    await store._write(empty)


async def test_while_the_store_is_down_what_runs_is_known_and_then_changes_go_on(tmp_path: Path):
    store = Store(Sqlite(tmp_path / FILE, patience=0.05), shared=False)
    async with ledger(tmp_path, store=store) as found:
        await begun(found)
        other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for change in (
            found.propose(put("predictors", "c", NEW), author="api"),
            found.exclude("a", author="api"),
            begun(found, b"{}"),
        ):
            with pytest.raises(StoreDown, match="another program holds it"):
                await change
        with pytest.raises(StoreDown):
            await found.history(None, 1)
        assert (found.active.number, list(found.config.predictors)) == (1, ["a", "b"])
        assert await found.revision(1) == found.active
        assert (await found.propose(put("predictors", "c", NEW), author="api", dry_run=True)).created
        other.close()
        assert await found.look() is False
        assert (await found.propose(put("predictors", "c", NEW), author="api")).revision == 2


async def test_many_that_wait_for_a_locked_store_all_hear_of_it_at_once(tmp_path: Path):
    store = Store(Sqlite(tmp_path / FILE, patience=0.2), shared=False)
    clock = asyncio.get_running_loop()
    async with ledger(tmp_path, store=store) as found:
        await begun(found)
        other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = clock.time()
        changes = [asyncio.create_task(found.propose(put("predictors", f"n{number}", NEW), author="api")) for number in range(50)]
        await asyncio.wait(changes)
        assert clock.time() - began < 3.0
        assert all(isinstance(change.exception(), StoreDown) for change in changes)
        other.close()
        assert (await found.propose(put("predictors", "c", NEW), author="api")).revision == 2


async def test_a_store_that_is_down_at_the_start_is_tried_again(tmp_path: Path):
    async with ledger(tmp_path) as found:
        await begun(found)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    told: list[Desired] = []
    store = Store(Sqlite(tmp_path / FILE, patience=0.05), shared=False)
    with pytest.raises(StoreDown):
        async with ledger(tmp_path, store=store):
            pass
    async with ledger(
        tmp_path, store=Store(Sqlite(tmp_path / FILE, patience=0.05), shared=False), told=told, opened=False
    ) as found:
        with pytest.raises(StoreDown):
            await found.look()
        with pytest.raises(StoreDown, match="locked"):
            _ = found.active
        with pytest.raises(StoreDown):
            await found.propose(put("predictors", "c", NEW), author="api", dry_run=True)
        other.close()
        assert await found.look()
        assert [desired.plan.revision for desired in told] == [1]


class Unheard(sqlite3.Connection):
    """Commits, but whoever asked does not hear of it, as with a server that is lost at this moment."""

    silent = False

    def commit(self) -> None:
        super().commit()
        if Unheard.silent:
            Unheard.silent = False
            raise sqlite3.OperationalError("the connection was lost")


class Silent(Sqlite):
    """A file whose commits may go unheard."""

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, factory=Unheard)


async def test_a_change_of_which_nobody_heard_is_read_before_the_next(tmp_path: Path):
    told: list[Desired] = []
    async with ledger(tmp_path, store=Store(Silent(tmp_path / FILE), shared=False), told=told) as found:
        await begun(found)
        Unheard.silent = True
        with pytest.raises(StoreDown, match="the connection was lost"):
            await found.propose(put("predictors", "c", NEW), author="api")
        assert (found.active.number, len(told)) == (1, 1)
        again = await found.propose(put("predictors", "c", NEW), author="api")
        assert (again.revision, again.changed) == (2, False)
        assert [desired.plan.revision for desired in told] == [1, 2]
        Unheard.silent = True
        with pytest.raises(StoreDown):
            await found.exclude("a", author="api")
        assert await found.look()
        assert list(found.marks) == ["a"]
        assert found.desired.plan.excluded == ("a",)


class Log(logging.Handler):
    """What is logged, to wait for."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.put_nowait(record.getMessage())

    async def until(self, text: str) -> None:
        async with asyncio.timeout(30):
            while text not in await self.lines.get():
                continue


async def test_following_sees_the_store_go_and_come_back(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO", "plait")
    log = Log()
    told: list[Desired] = []
    logging.getLogger("plait").addHandler(log)
    async with ledger(tmp_path) as found:
        await begun(found)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store = Store(Sqlite(tmp_path / FILE, patience=0.02), shared=False)
    async with ledger(tmp_path, store=store, told=told, opened=False) as found:
        following = asyncio.create_task(found.follow(0.01))
        await log.until("it is tried again")
        other.close()
        await log.until("answers again")
        following.cancel()
        await asyncio.wait([following])
    logging.getLogger("plait").removeHandler(log)
    assert caplog.text.count("it is tried again") == 1
    assert [desired.plan.revision for desired in told] == [1]


@pytest.mark.e2e
async def test_a_postgres_that_hangs_holds_up_nobody_who_reads(postgres: Postgres, tmp_path: Path):
    dialect = Dialect(postgres.database())
    clock = asyncio.get_running_loop()
    async with ledger(tmp_path, store=Store(dialect, shared=True)) as found:
        await begun(found)
    async with ledger(tmp_path, store=Store(dialect, shared=True, seconds=1.0)) as found:
        postgres.stop()
        try:
            began = clock.time()
            changes = [
                asyncio.create_task(found.propose(put("predictors", f"n{number}", NEW), author="api")) for number in range(50)
            ]
            await asyncio.wait(changes)
            assert all(isinstance(change.exception(), StoreDown) for change in changes)
            assert clock.time() - began < 5.0
            assert (found.active.number, len(found.config.predictors)) == (1, 2)
        finally:
            postgres.go_on()
        outcome = await _again(lambda: found.propose(put("predictors", "c", NEW), author="api"))
        # A change that nobody confirmed may have been made all the same: then it is read, and nothing is lost.
        assert outcome == found.active.number
        numbers = [entry.number for entry in await found.history(None, 10)]
        assert numbers == list(range(outcome, 0, -1))
        assert "c" in found.active.data["predictors"]


@pytest.mark.e2e
async def test_a_postgres_that_ends_and_is_started_again_is_used_again(postgres: Postgres, tmp_path: Path):
    url = postgres.database()
    told: list[Desired] = []
    async with ledger(tmp_path, store=Store(Dialect(url), shared=True), told=told) as found:
        await begun(found)
        postgres.end()
        try:
            with pytest.raises(StoreDown):
                await found.look()
            with pytest.raises(StoreDown):
                await found.exclude("a", author="api")
            assert found.active.number == 1
        finally:
            postgres.start()
        await found.exclude("a", author="api")
        assert [desired.plan.excluded for desired in told] == [(), ("a",)]


async def _again(change: Callable[[], Awaitable[Outcome]]) -> int:
    """The revision of a change that is tried until the store answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                return (await change()).revision
            except StoreDown:
                continue


async def test_the_file_of_a_restarted_store_speaks_when_it_changed_only(another: Another, tmp_path: Path):
    async with ledger(tmp_path, store=another()) as found:
        await begun(found)
    async with ledger(tmp_path, store=another(), proxy="two") as found:
        assert await found.take_file(FILE_TEXT, "yaml", "plait.yaml") is None
        assert found.active.number == 1
