"""The walk of examples/guard: alerts at once, refusals early, slow parts later, second looks after that."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GUARD = Path(__file__).parents[2] / "examples" / "guard"
_SECONDS = 120


def steps(text: str) -> dict[str, str]:
    """What is shown of each command."""
    found = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], (shown.strip() for shown in found[2::2]), strict=True))


@pytest.fixture(scope="module")
def walked() -> dict[str, str]:
    """What each command of the walk says, with every file in a folder of its own, on free ports."""
    done = subprocess.run(
        [sys.executable, str(GUARD / "walk.py"), "--free"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return steps(done.stdout)


def lines(text: str, *words: str) -> list[str]:
    return [line for line in text.splitlines() if all(word in line for word in words)]


def test_the_page_shows_what_the_walk_says(walked: dict[str, str]) -> None:
    text = GUARD.joinpath("README.md").read_text()
    page = steps("\n".join(re.findall(r"^```console\n(\$ (?!python train).*?)^```$", text, re.MULTILINE | re.DOTALL)))
    assert page.keys() == walked.keys()
    for words in (("403",), ("held back",), ("after the part", "403")):
        told, said = (lines(each["python replay.py"], *words) for each in (page, walked))
        assert _whose(told) == _whose(said)
    assert _whose(page["cat pager.log"].splitlines()) == _whose(walked["cat pager.log"].splitlines())
    assert len(page["plait jobs list --graph review"]) == len(walked["plait jobs list --graph review"])


def _whose(said: list[str]) -> list[list[str]]:
    """Of each line, the first two words: whose event it was, and what it is about."""
    return sorted(line.split()[:2] for line in said)


def test_stolen_cards_are_refused_while_slow_models_are_still_asked(walked: dict[str, str]) -> None:
    refused = lines(walked["python replay.py"], "403: this payment cannot be taken")
    assert len(refused) == 2
    assert all(int(re.findall(r"(\d+) ms", line)[0]) < 300 for line in refused)


def test_the_pager_is_told_at_once_and_hears_of_a_session_of_bots_once(walked: dict[str, str]) -> None:
    said = walked["cat pager.log"]
    assert len(lines(said, "fraud_alarm")) == 4
    bots = [line.split()[1] for line in lines(said, "bots")]
    assert sorted(bots) == sorted(set(bots)) == ["s3027", "s3028"]
    slow = lines(walked["python replay.py"], "fraud_alarm", "200 after")
    for line in slow:
        alert, answer = (int(number) for number in re.findall(r"(\d+) ms", line))
        assert alert < answer


def test_slow_parts_come_later_under_their_jobs(walked: dict[str, str]) -> None:
    assert len(lines(walked["python replay.py"], "leaves")) >= 6  # of 12, as a busy machine may have no time to begin a job


def test_reviews_that_were_held_back_get_a_second_look(walked: dict[str, str]) -> None:
    held_back = lines(walked["python replay.py"], "held back")
    assert len(held_back) == len(lines(walked["plait jobs list --graph review"], "succeeded", "moderation")) == 4
