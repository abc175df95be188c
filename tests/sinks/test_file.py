"""A file as a sink: whole lines, on the disk, and clear words where it cannot be written."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plait.jobs.records import StoredOutgoing
from plait.sinks.file import Lines
from plait.sinks.sender import NotTaken
from plait.spec.sinks import FileSink


def sink(path: Path | str) -> Lines:
    return Lines(FileSink(file=str(path)))


def message(payload: bytes = b'{"a":1}') -> StoredOutgoing:
    return StoredOutgoing(id="m", sink="events", payload=payload, job=None, attempts=0, created=datetime.now(UTC), fence=1)


async def test_each_message_is_a_line_however_many_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    both = sink(path), sink(path)
    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(both[number % 2].send(message(b'{"n":%d}' % number)))
    lines = (await asyncio.to_thread(path.read_bytes)).splitlines()
    assert sorted(lines) == sorted(b'{"n":%d}' % number for number in range(50))


async def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines = sink(path)
    await lines.send(message())
    await asyncio.to_thread(path.rename, tmp_path / "old.jsonl")
    await lines.send(message())
    assert await asyncio.to_thread(path.read_bytes) == b'{"a":1}\n'


@pytest.mark.parametrize(
    ("name", "why"), [("/dev/full", "no space left"), ("", "is a directory"), ("missing/events.jsonl", "no such file")]
)
async def test_what_cannot_be_written_says_why(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(NotTaken, match=why):
        await sink(tmp_path / name).send(message())
