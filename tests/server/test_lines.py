"""Lines on their way to a file or stream: in order, after it was moved, and without waiting for one that is stuck."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from plait.errors import StartError
from plait.server.lines import WAITING, Lines

PATIENCE = 10.0


def read(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_records_are_added_to_a_file_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    for first in (0, 500):
        with Lines(str(path)) as lines:
            for number in range(first, first + 500):
                lines.put({"n": number, "text": "a\nb"})
    assert [record["n"] for record in read(path)] == list(range(1000))
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_that_was_moved_away_or_deleted_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    with Lines(str(path)) as lines:
        lines._write([b"1"])  # as its thread does, which has nothing to do here
        path.rename(tmp_path / "access.log.1")
        lines._write([b"2"])  # it was looked at just now
        lines._look = 0.0
        lines._write([b"3"])
        path.unlink()
        lines._look = 0.0
        lines._write([b"4"])
    assert read(tmp_path / "access.log.1") == [1, 2]
    assert read(path) == [4]


def test_a_file_that_cannot_be_made_anew_goes_on_as_it_was(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    with Lines(str(folder / "access.log")) as lines:
        folder.rename(tmp_path / "moved")
        for line in (b"1", b"2"):
            lines._look = 0.0
            lines._write([line])
    assert read(tmp_path / "moved" / "access.log") == [1, 2]
    assert caplog.messages == ["the access log cannot be written: no such file or directory"]


def test_a_file_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"cannot write the access log .*: is a directory"), Lines(f"{tmp_path}/"):
        pass


def test_nobody_waits_for_a_pipe_that_nobody_reads_and_what_is_lost_is_told() -> None:
    out, into = os.pipe()
    lines = Lines("stdout")
    lines._file = into
    lines._thread.start()
    record = {"text": "x" * 4000}
    for _ in range(WAITING + 1000):
        lines.put(record)
    assert lines.missed >= 1000 - 64 - 20  # what the pipe takes, and what the thread has in hand
    told = threading.Event()

    def drain() -> None:
        with os.fdopen(out, encoding="utf-8") as reader:
            for line in reader:
                if "dropped" in json.loads(line):
                    told.set()

    thread = threading.Thread(target=drain)
    thread.start()
    assert told.wait(PATIENCE)
    lines.__exit__()
    os.close(into)
    thread.join()


def test_lines_that_nobody_can_take_are_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    out, into = os.pipe()
    os.close(out)
    lines = Lines("stdout")
    lines._file = into
    lines._write([b"1", b"2"])
    lines._write([b"3"])
    os.close(into)
    assert lines.missed == 4  # the last time with a line that says how many there were
    assert caplog.messages == ["the access log cannot be written: broken pipe"]


@pytest.mark.parametrize("number", [0, 1500], ids=["any number", "a high number"])
def test_a_stream_that_does_not_wait_is_waited_for(number: int) -> None:
    out, into = os.pipe()
    os.set_blocking(into, False)
    lines = Lines("stdout")
    lines._file = fcntl.fcntl(into, fcntl.F_DUPFD, number)
    os.close(into)
    whole = b"x" * (1 << 20)
    writing = threading.Thread(target=lines._write, args=([whole],))
    writing.start()
    with os.fdopen(out, "rb") as reader:
        assert reader.read(len(whole) + 1) == whole + b"\n"
    writing.join()
    os.close(lines._file)


def test_a_record_that_cannot_be_written_costs_none_but_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "access.log"
    with Lines(str(path)) as lines:
        for record in (1, {"path": "/\ud800"}, 2):
            lines.put(record)
    one, two, told = read(path)
    assert (one, two, told["dropped"]) == (1, 2, 1)
    assert len(caplog.messages) == 1
