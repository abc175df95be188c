"""A file on a real disk, changed in the ways in which files are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from plait.control.errors import StoreDown
from plait.control.watch import SETTLED, Watch
from plait.graph.text import parse

ONE, TWO = b"predictors: {a: {url: 'http://127.0.0.1:1'}}\n", b"predictors: {b: {url: 'http://127.0.0.1:2'}}\n"
PATIENCE = 20.0
NEVER = 600.0
"""Seconds from look to look that no test waits for: what is seen is seen by an event."""


def write(path: Path, text: bytes) -> None:
    path.write_bytes(text)


def gone(path: Path) -> None:
    (path.rmdir if path.is_dir() else path.unlink)()


class Taker:
    """Takes in what can be parsed, unless the store is down."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.down = False

    async def take(self, text: bytes) -> None:
        if self.down:
            raise StoreDown("the store does not answer")
        parse(text, "yaml", "plait.yaml")
        self.taken.append(text)

    async def hears(self, state: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while (facts := await self.told.get())["state"] != state:
                pass
        return facts

    async def hears_after(self, change: Callable[[], None]) -> None:
        """Change the file, again and again, for nobody tells since when its folder is watched; until that is seen."""
        async with asyncio.timeout(PATIENCE):
            while self.told.empty():
                change()
                await asyncio.sleep(4 * SETTLED)
        await self.hears("active")


@asynccontextmanager
async def watched(path: Path, every: float = 0.3) -> AsyncIterator[tuple[Watch, Taker]]:
    taker = Taker()
    watch = Watch(path, taker.take, taker.told.put_nowait, every)
    await watch.look()
    running = asyncio.create_task(watch.run())
    try:
        yield watch, taker
    finally:
        running.cancel()
        await asyncio.wait((running,))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plait.yaml"
    path.write_bytes(ONE)
    return path


async def test_a_file_is_taken_in_at_the_first_look(file: Path):
    async with watched(file) as (watch, taker):
        assert taker.taken == [ONE]
        assert watch.facts["state"] == "active"


async def test_a_file_that_is_written_in_place_is_taken_in(file: Path):
    async with watched(file) as (_, taker):
        await taker.hears("active")
        write(file, TWO)
        await taker.hears("active")
        assert taker.taken == [ONE, TWO]


async def test_a_file_that_is_replaced_by_renaming_is_seen_at_once(file: Path):
    def replace() -> None:
        other = file.with_suffix(".new")
        other.write_bytes(TWO)
        other.rename(file)

    async with watched(file, NEVER) as (_, taker):
        await taker.hears("active")
        await taker.hears_after(replace)
        assert taker.taken == [ONE, TWO]


async def test_a_config_map_that_kubernetes_swaps_is_seen_at_once(tmp_path: Path):
    numbers = count(1)

    def swap(text: bytes = TWO) -> None:
        name = f"..2026_{next(numbers)}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "plait.yaml").write_bytes(text)
        (tmp_path / "..data_tmp").symlink_to(name)
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")

    swap(ONE)
    (tmp_path / "plait.yaml").symlink_to("..data/plait.yaml")
    async with watched(tmp_path / "plait.yaml", NEVER) as (_, taker):
        await taker.hears("active")
        await taker.hears_after(swap)
        assert taker.taken == [ONE, TWO]


async def test_a_file_that_goes_and_comes_back_is_told_of_and_taken_in(file: Path):
    async with watched(file) as (_, taker):
        await taker.hears("active")
        gone(file)
        await taker.hears("missing")
        write(file, TWO)
        await taker.hears("active")
        assert taker.taken == [ONE, TWO]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
async def test_what_is_no_file_is_not_read_and_holds_up_nobody(file: Path, make: Callable[[Path], None]):
    async with watched(file) as (_, taker):
        gone(file)
        make(file)
        await taker.hears("missing")
        gone(file)
        write(file, TWO)
        await taker.hears("active")
        assert taker.taken == [ONE, TWO]


async def test_a_folder_that_goes_and_comes_back_is_watched_again(tmp_path: Path):
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "plait.yaml").write_bytes(ONE)
    async with watched(folder / "plait.yaml") as (_, taker):
        await taker.hears("active")
        (folder / "plait.yaml").unlink()
        folder.rmdir()
        await taker.hears("missing")
        folder.mkdir()
        (folder / "plait.yaml").write_bytes(TWO)
        await taker.hears("active")
        (folder / "plait.yaml").write_bytes(ONE)
        await taker.hears("active")
        assert taker.taken == [ONE, TWO, ONE]


async def test_an_invalid_file_changes_nothing_and_is_told_with_its_problems_until_it_is_mended(
    file: Path, caplog: pytest.LogCaptureFixture
):
    async with watched(file) as (watch, taker):
        await taker.hears("active")
        write(file, b"predictors: [")
        facts = await taker.hears("invalid")
        assert facts["problems"][0]["line"] == 1
        assert taker.taken == [ONE]
        assert "is not taken in" in caplog.text
        write(file, TWO)
        await taker.hears("active")
        assert watch.facts["problems"] == []


async def test_a_file_that_says_the_same_again_is_not_taken_in_twice(file: Path):
    async with watched(file) as (watch, taker):
        await taker.hears("active")
        os.utime(file)
        await watch.look()
        write(file, TWO)
        await taker.hears("active")
        assert taker.taken == [ONE, TWO]


async def test_what_could_not_be_kept_is_taken_in_when_the_store_is_back(file: Path):
    async with watched(file) as (_, taker):
        await taker.hears("active")
        taker.down = True
        write(file, TWO)
        await taker.hears("waiting")
        taker.down = False
        await taker.hears("active")
        assert taker.taken == [ONE, TWO]


async def test_a_file_that_is_still_being_written_is_not_read(file: Path):
    taker = Taker()
    watch = Watch(file, taker.take, taker.told.put_nowait)
    await watch.look()
    write(file, TWO[:10])
    looking = asyncio.create_task(watch.look())
    await asyncio.sleep(0.02)
    write(file, TWO)
    await looking
    assert taker.taken == [ONE]
    await watch.look()
    assert taker.taken == [ONE, TWO]
