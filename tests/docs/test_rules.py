"""docs/rules.md: its files are sound, its rules do what it shows, and its figures are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from plait.graph.load import load_text
from plait.rules import counting, ruling
from plait.testing import run_virtual
from tests.docs.pages import ANYTHING, File, Situation, sections, situations, told
from tests.rules.acting import Said, Sinks, Stage

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
TEXT = PAGE.read_text(encoding="utf-8")
FILES = [file for file, _, _ in sections(PAGE)]


def staged(file: File, situation: Situation) -> Stage:
    """A file's graph with its rules acting, and predictors as they are in a situation."""
    config = load_text(file.text, {}).config
    predictors = [told(name, spec, 1.0, situation) for name, spec in config.predictors.items()]
    return Stage(config, predictors, Sinks())


async def asked(stage: Stage, request: Any) -> Said:
    said = await stage.ask(request)
    await stage.acts.drain(100.0)
    stage.clock.close()
    return said


@pytest.mark.parametrize("situation", list(situations(PAGE)), ids=str)
def test_what_the_table_says_comes_true(situation: Situation) -> None:
    async def main() -> None:
        said = await asked(staged(situation.file, situation), {"amount": 1})
        status, answer = (200, said.value) if said.error is None else said.responded
        assert (str(status), answer) == (situation.said["status"], json.loads(situation.said["answer"].strip("`")))
        acted = {rule: did for rule, _, did, error in said.acted if error is None}
        shown = re.findall(r"`(\w+)` ([a-z ]+)", situation.said["rules"])
        assert {rule: sorted(did) for rule, did in acted.items()} == {rule: sorted(did.split()) for rule, did in shown}

    run_virtual(main())


def test_an_alert_is_as_the_page_shows_it() -> None:
    shown, _ = (json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))

    async def main() -> None:
        does = {"fraud": [('answers `{"score": 0.93}`', ANYTHING)]}
        stage = staged(FILES[0], Situation("", 0, FILES[0], does=does))
        await asked(stage, shown["request"])
        (alert,) = stage.sinks.said
        assert list(alert) == list(shown)
        hidden = {"time": "", "request_id": ""}
        assert {**alert, **hidden} == {**shown, **hidden}

    run_virtual(main())


def test_the_bots_are_told_of_once_for_each_burst() -> None:
    async def main() -> None:
        stage = staged(FILES[1], Situation("", 0, FILES[1]))
        for session in ["a"] * 7 + ["b"] * 4:
            await stage.ask({"session": session})
        await stage.acts.drain(100.0)
        stage.clock.close()
        assert [(said["rule"], said["by"], said["count"]) for said in stage.sinks.said] == [("bots", "a", 5)]

    run_virtual(main())


def test_its_figures_are_those_of_the_code() -> None:
    assert f"and {ruling.GRACE * 1000:g} ms beyond it" in TEXT
    assert f"wait for it {ruling.DECIDED * 1000:g} ms at most" in TEXT
    words = " ".join(TEXT.split())
    assert f"Of one rule {counting.KEYS:,} values are counted and {counting.MOMENTS:,} matches" in words
    assert f"Values of more than {counting.LONGEST_KEY} characters" in words
