"""docs/coupled.md and docs/release.md say what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from plait.control import feedback, judge, versions
from plait.errors import ConfigError
from plait.graph.schema import json_schema
from plait.server import remembered, warm
from tests.docs.pages import File, sections

DOCS = Path(__file__).parents[2] / "docs"
COUPLED, RELEASE = DOCS / "coupled.md", DOCS / "release.md"
TEXT = {page.name: " ".join(page.read_text(encoding="utf-8").split()) for page in (COUPLED, RELEASE)}
FILES = [file for page in (COUPLED, RELEASE) for file, _, _ in sections(page)]
_ROW = re.compile(r"^\| `(\w+)` \| ([^|]*?) \| ", re.MULTILINE)


@pytest.mark.parametrize("file", FILES, ids=["coupled", "enforced", "released"])
def test_the_files_are_sound(file: File, folder: Path) -> None:
    assert file.loaded(folder).warnings == []


def test_the_problem_that_is_shown_is_the_one_that_there_is(folder: Path) -> None:
    old = File(FILES[0].text.replace('8000", version: "2"', '8000", version: "1"'), {})
    with pytest.raises(ConfigError) as caught:
        old.loaded(folder)
    problem = caught.value.problems[0]
    assert f"plait.yaml:{problem.line}:{problem.column} {problem}" in TEXT["coupled.md"]


def test_every_key_is_told_with_its_default() -> None:
    told = dict(_ROW.findall(RELEASE.read_text(encoding="utf-8")))
    properties: dict[str, Any] = {}
    for spec in ("RollbackSpec", "FeedbackSpec"):
        properties |= json_schema()["$defs"][spec]["properties"]
    assert told.keys() == properties.keys()
    for key, field in properties.items():
        if field.get("default") is not None:
            assert told[key] == f"`{field['default']}`"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("coupled.md", f"asked {versions.AT_ONCE} at a time, all within {versions.WITHIN:.0f} s"),
        ("release.md", f"This takes {warm.PATIENCE * 1000:.0f} ms at most"),
        ("release.md", f"at least {judge.FLOOR * 1000:.0f} ms |"),
        ("release.md", f"no more than one revision in {1 / judge.CHANCE:,.0f} is taken back"),
        ("release.md", f"the latest {remembered.MOST:,} requests, for {remembered.SECONDS / 60:.0f} minutes"),
        ("release.md", f"up to {remembered.SIZE >> 20} MiB; an answer of more than {remembered.LARGEST >> 10} KiB"),
        ("release.md", f"with the author `{feedback.AUTHOR}`"),
    ],
)
def test_its_figures_are_those_of_the_code(page: str, said: str) -> None:
    assert said in TEXT[page]
