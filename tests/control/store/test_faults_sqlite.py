"""A file of SQLite that is locked, full, damaged, moved away or newer: told clearly, and well again once that has ended."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plait.control.errors import StoreDown
from plait.control.store.open import FILE
from plait.control.store.statements import State
from plait.control.store.store import Store
from plait.database.sqlite import Sqlite
from tests.control.store.test_store import revision


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / FILE


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    store = Store(Sqlite(path, patience=0.05), shared=False)
    yield store
    await store.close()


async def test_the_file_and_its_folder_are_for_nobody_else(store: Store, path: Path):
    await store.append(revision(1), 0)
    assert _mode(path) == 0o600
    assert _mode(path.parent) == 0o700
    assert _names(path.parent) == [FILE]  # nothing of a write-ahead log


async def test_a_file_in_wal_mode_leaves_it(store: Store, path: Path):
    await store.append(revision(1), 0)
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    other.close()
    await store.append(revision(2), 1)
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    other.close()


async def test_while_another_holds_the_lock_nothing_is_written_and_then_it_is(store: Store, path: Path):
    await store.append(revision(1), 0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreDown, match="locked; another program holds it"):
        await store.append(revision(2), 1)
    assert store.failure
    assert await store.state() == State(1, revision(1), {})
    assert not store.failure
    other.execute("ROLLBACK")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreDown, match="locked"):
        await store.turn()
    other.close()
    await store.append(revision(2), 1)
    assert await store.turn() == 2


async def test_a_damaged_file_is_told_of_and_left_as_it_is(store: Store, path: Path):
    await store.append(revision(1), 0)
    sound = _bytes(path)
    broken = b"\0" * len(sound)
    _write(path, broken)
    for _ in range(2):
        with pytest.raises(StoreDown, match="move it away, or put a copy in its place"):
            await store.state()
        with pytest.raises(StoreDown):
            await store.append(revision(2), 1)
    assert _bytes(path) == broken
    _write(path, sound)
    await store.append(revision(2), 1)
    assert (await store.state()).newest == revision(2)


@pytest.mark.parametrize("page", range(5))
async def test_a_damaged_page_is_told_of(store: Store, path: Path, page: int):
    for number in range(1, 30):
        await store.append(revision(number, data={"text": "x" * 500}), number - 1)
    raw = bytearray(_bytes(path))
    raw[4096 * page : 4096 * (page + 1)] = random.Random(page).randbytes(4096)
    _write(path, bytes(raw))
    with pytest.raises(StoreDown, match=r"it is damaged: move it away"):
        await _read_all(store)


async def _read_all(store: Store) -> None:
    await store.state()
    await store.taken("one")
    await store.proxies()
    for number in range(1, 30):
        await store.revision(number)


@pytest.mark.parametrize("text", ["nonsense {", "7"])
@pytest.mark.parametrize("column", ["data", "difference", "created"])
async def test_a_row_that_somebody_else_wrote_is_told_of(store: Store, path: Path, column: str, text: str):
    await store.append(revision(1), 0)
    with sqlite3.connect(path) as other:
        other.execute(f"UPDATE plait_revisions SET {column} = '{text}'")  # noqa: S608 - names of our own
    other.close()
    with pytest.raises(StoreDown, match="a row has"):
        await store.state()


async def test_a_file_that_was_moved_away_is_made_anew(store: Store, path: Path):
    await store.append(revision(1), 0)
    _move(path, path.with_suffix(".old"))
    assert await _soon(store) == State(0, None, {})
    _move(path.with_suffix(".old"), path)
    assert await _soon(store) == State(1, revision(1), {})


async def test_a_folder_that_was_removed_is_made_anew(store: Store, path: Path):
    await store.append(revision(1), 0)
    shutil.rmtree(path.parent)
    assert await _soon(store) == State(0, None, {})


async def _soon(store: Store) -> State:
    """At the second call at the latest: the first may find out that something has changed."""
    try:
        return await store.state()
    except StoreDown:
        return await store.state()


async def test_a_store_of_a_newer_plait_is_left_alone(store: Store, path: Path):
    await store.append(revision(1), 0)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE plait_store SET version = 2")
    other.close()
    newer = Store(Sqlite(path), shared=False)
    with pytest.raises(StoreDown, match=r"newer plait: its tables are of version 2, and this plait knows 1"):
        await newer.append(revision(2), 1)
    await newer.close()
    assert await store.turn() == 1


async def test_what_is_no_file_is_told_of(tmp_path: Path):
    (tmp_path / FILE).mkdir()
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / FILE, tmp_path / "file" / FILE):
        store = Store(Sqlite(path), shared=False)
        with pytest.raises(StoreDown, match="something else is in its place"):
            await store.state()
        await store.close()


FULL = """
import asyncio, json, resource, signal, sys
from pathlib import Path
from plait.control.errors import StoreDown
from plait.database.sqlite import Sqlite
from plait.control.store.store import Store
from tests.control.store.test_store import revision

async def main():
    store = Store(Sqlite(Path(sys.argv[1])), shared=False)
    await store.append(revision(1), 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
    said = []
    for _ in range(2):
        try:
            await store.append(revision(2, data={"text": "x" * 100_000}), 1)
        except StoreDown as exc:
            said.append(exc.detail)
    small = await store.state()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.append(revision(2, data={"text": "x" * 100_000}), 1)
    print(json.dumps([said, small.newest.number, (await store.state()).newest.number]))
    await store.close()

asyncio.run(main())
"""


@pytest.mark.slow
def test_a_full_disk_loses_nothing_and_is_told_of(path: Path):
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([".", *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True, env=environ)
    said, before, after = json.loads(done.stdout)
    assert (before, after) == (1, 2)
    assert len(said) == 2
    assert all("make room on the disk" in text for text in said)


async def test_a_failure_is_one_sentence_without_the_statement_or_its_values(store: Store, path: Path):
    await store.append(revision(1), 0)
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE plait_marks")
    other.close()
    with pytest.raises(StoreDown) as raised:
        await store.state()
    assert raised.value.detail == (
        f"the store {path} fails: no such table: plait_marks; it is damaged: move it away, or put a copy in its place"
    )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _names(path: Path) -> list[str]:
    return [each.name for each in path.iterdir()]


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def _write(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)


def _move(path: Path, to: Path) -> None:
    path.replace(to)
