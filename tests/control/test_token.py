from __future__ import annotations

import logging
from pathlib import Path

import pytest

from plait.control.token import NAME, VARIABLE, admin_token
from plait.errors import StartError

GOOD = "correct-horse-battery-staple"


def test_the_variable_wins_over_the_file(tmp_path: Path):
    (tmp_path / NAME).write_text("another-token-of-some-length\n")
    assert admin_token({VARIABLE: GOOD}, tmp_path, loopback=True) == GOOD


@pytest.mark.parametrize("token", ["short", "fifteen-letters", "with blanks between words", "ümläuts-are-no-ascii", "x" * 5000])
def test_a_variable_that_is_no_good_token_is_a_start_error(tmp_path: Path, token: str):
    with pytest.raises(StartError, match="PLAIT_ADMIN_TOKEN has no good token"):
        admin_token({VARIABLE: token}, tmp_path, loopback=True)


def test_an_empty_variable_is_as_none(tmp_path: Path):
    assert len(admin_token({VARIABLE: ""}, tmp_path, loopback=True)) >= 16


def test_the_first_start_on_loopback_makes_a_token_that_only_its_owner_may_read_and_tells_it_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    state = tmp_path / "state"
    with caplog.at_level(logging.INFO, "plait"):
        token = admin_token({}, state, loopback=True)
    assert token in caplog.text
    assert str(state / NAME) in caplog.text
    assert (state / NAME).read_text() == f"{token}\n"
    assert (state / NAME).stat().st_mode & 0o777 == 0o600
    caplog.clear()
    with caplog.at_level(logging.INFO, "plait"):
        assert admin_token({}, state, loopback=True) == token
    assert token not in caplog.text


def test_off_loopback_no_token_is_made(tmp_path: Path):
    with pytest.raises(StartError, match="set PLAIT_ADMIN_TOKEN"):
        admin_token({}, tmp_path, loopback=False)
    assert not (tmp_path / NAME).exists()


def test_off_loopback_a_file_that_is_there_is_enough(tmp_path: Path):
    (tmp_path / NAME).write_text(GOOD)
    assert admin_token({}, tmp_path, loopback=False) == GOOD


def test_a_file_with_a_token_that_can_be_guessed_is_a_start_error(tmp_path: Path):
    (tmp_path / NAME).write_text("1234\n")
    with pytest.raises(StartError, match=r"admin\.token has no good token"):
        admin_token({}, tmp_path, loopback=True)


def test_a_file_that_others_may_read_is_taken_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / NAME).write_text(GOOD)
    (tmp_path / NAME).chmod(0o644)
    assert admin_token({}, tmp_path, loopback=True) == GOOD
    assert "chmod 600" in caplog.text


def test_a_file_that_cannot_be_read_is_a_start_error(tmp_path: Path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(StartError, match="cannot read the admin token"):
        admin_token({}, tmp_path, loopback=True)


def test_a_state_folder_that_cannot_be_made_is_a_start_error(tmp_path: Path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StartError, match="the admin token"):
        admin_token({}, tmp_path / "state" / "below", loopback=True)
