"""A state folder has one owner, and its store is where the configuration says."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from plait.control.store.open import open_store, own
from plait.errors import StartError


def test_a_state_folder_has_one_owner_and_says_which(tmp_path: Path):
    first = own(tmp_path / "state", pid=4321)
    advice = r"is used by another plait \(process 4321\); give this one its own: server: \{state: …\}"
    with pytest.raises(StartError, match=advice):
        own(tmp_path / "state")
    first.close()
    own(tmp_path / "state").close()


def test_a_proxy_keeps_its_id_and_another_folder_has_another(tmp_path: Path):
    first = own(tmp_path / "one")
    first.close()
    again, other = own(tmp_path / "one"), own(tmp_path / "two")
    assert first.proxy == again.proxy != other.proxy
    again.close()
    other.close()


def test_a_state_folder_is_for_nobody_else(tmp_path: Path):
    state = own(tmp_path / "deep" / "state")
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((state.path / "lock").stat().st_mode) == 0o600
    state.close()


OWNER = """
import sys
from pathlib import Path
from plait.control.store.open import own
kept = own(Path(sys.argv[1]))
print("owned", flush=True)
input()
"""


@pytest.mark.slow
def test_an_owner_that_is_killed_owns_nothing_more(tmp_path: Path):
    program = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "owned\n"
        with pytest.raises(StartError, match=rf"process {owner.pid}"):
            own(tmp_path)
        owner.kill()
    own(tmp_path).close()


def test_a_folder_that_cannot_be_used_is_told_of_with_advice(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "lock" / "lock").mkdir(parents=True)
    for path in (tmp_path / "file", tmp_path / "file" / "state", tmp_path / "lock", Path("/proc/state")):
        with pytest.raises(StartError, match=r"cannot be used: .*; name one that plait may write: server: \{state: …\}"):
            own(path)


def test_the_id_is_made_anew_where_it_is_empty(tmp_path: Path):
    (tmp_path / "id").write_text("\n")
    state = own(tmp_path)
    assert (tmp_path / "id").read_text().strip() == state.proxy != ""
    state.close()


def test_a_failed_start_lets_go_of_the_folder(tmp_path: Path):
    (tmp_path / "id").mkdir()
    before = _descriptors()
    with pytest.raises(StartError, match="cannot write"):
        own(tmp_path)
    assert _descriptors() == before
    (tmp_path / "id").rmdir()
    own(tmp_path).close()


async def test_the_store_is_a_file_unless_a_url_names_postgres(tmp_path: Path):
    file, shared = open_store(None, tmp_path), open_store("postgres://nobody@127.0.0.1:1/none", tmp_path)
    assert (file.shared, shared.shared) == (False, True)
    assert await file.turn() == 0
    assert (tmp_path / "revisions.db").exists()
    await file.close()
    await shared.close()


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
