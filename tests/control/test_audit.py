from __future__ import annotations

import json
from pathlib import Path

import pytest

from plait.control.audit import FILES, NAME, Audit, Entry

ENTRY = Entry("127.0.0.1", "ada", "PUT", "/predictors/a", "done", 200, 7, "it is\nbetter")


def test_a_change_is_a_line_of_json_with_its_time(tmp_path: Path):
    audit = Audit(tmp_path)
    audit.write(ENTRY)
    audit.close()
    (line,) = (tmp_path / NAME).read_text().splitlines()
    found = json.loads(line)
    assert found.pop("time").endswith("+00:00")
    assert found == {
        "peer": "127.0.0.1",
        "author": "ada",
        "action": "PUT",
        "resource": "/predictors/a",
        "outcome": "done",
        "status": 200,
        "revision": 7,
        "reason": "it is\nbetter",
    }


def test_only_its_owner_may_read_it(tmp_path: Path):
    audit = Audit(tmp_path)
    audit.write(ENTRY)
    audit.close()
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_where_somebody_has_moved_the_file_or_its_folder_a_new_one_is_begun(tmp_path: Path):
    state, moved = tmp_path / "state", tmp_path / "moved"
    state.mkdir()
    audit = Audit(state)
    audit.write(ENTRY)
    state.rename(moved)
    audit.write(ENTRY)
    state.mkdir()
    audit.write(ENTRY)
    audit.close()
    assert [len((folder / NAME).read_text().splitlines()) for folder in (moved, state)] == [1, 1]


def test_it_is_turned_when_it_is_full_and_the_oldest_file_goes(tmp_path: Path):
    audit = Audit(tmp_path)
    audit._file.maxBytes = 300
    for _ in range(50):
        audit.write(ENTRY)
    audit.close()
    assert len(list(tmp_path.iterdir())) == FILES


def test_where_it_cannot_be_written_that_is_said_once_and_nothing_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    audit = Audit(tmp_path / "missing")
    audit.write(ENTRY)
    audit.write(ENTRY)
    assert caplog.text.count("the audit log cannot be written") == 1


def test_it_is_written_again_as_soon_as_it_can_be(tmp_path: Path):
    audit = Audit(tmp_path / "late")
    audit.write(ENTRY)
    (tmp_path / "late").mkdir()
    audit.write(ENTRY)
    audit.close()
    assert len((tmp_path / "late" / NAME).read_text().splitlines()) == 1
