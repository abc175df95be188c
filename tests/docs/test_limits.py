"""docs/limits.md and docs/access_log.md say what is so."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from plait.graph.schema import json_schema
from plait.server.access_log import Line
from plait.spec.limits import Limits
from tests.docs.pages import sections

DOCS = Path(__file__).parents[2] / "docs"
_ROW = re.compile(r"^\| `(\w+)` \| `?([^|`]+?)`? \| ([^|]+?) \|", re.MULTILINE)
_FIELD = re.compile(r"`(\w+)`")


def rows(page: str) -> list[tuple[str, ...]]:
    return _ROW.findall((DOCS / page).read_text(encoding="utf-8"))


def defaults(spec: str) -> dict[str, str]:
    properties: dict[str, Any] = json_schema()["$defs"][spec]["properties"]
    return {name: str(field["default"]) for name, field in properties.items()}


@pytest.mark.parametrize("page", ["limits.md", "access_log.md"])
def test_the_file_that_a_page_shows_is_sound(page: str, folder: Path) -> None:
    ((file, _, _),) = sections(DOCS / page)
    assert replace(file, text=f"{file.text}graphs: {{predict: {{value: 1}}}}\n").loaded(folder).warnings == []


def test_every_limit_is_told_with_its_default() -> None:
    assert {name: default for name, default, _ in rows("limits.md")} == defaults("Limits")


@pytest.mark.parametrize(("name", "_", "told"), rows("limits.md"), ids=lambda value: value)
def test_the_range_of_a_limit_is_what_the_page_says(name: str, _: str, told: str) -> None:
    least, most = told.split(" to ")
    for value in (least, most):
        Limits.model_validate({name: int(value) if value.isdigit() else value})
    beyond = int(most) + 1 if most.isdigit() else f"{int(re.sub('[^0-9]', '', most)) + 1}{re.sub('[0-9]', '', most)}"
    with pytest.raises(ValidationError):
        Limits.model_validate({name: beyond})


def test_every_option_of_the_access_log_is_told_with_its_default() -> None:
    assert {name: default for name, default, _ in rows("access_log.md") if name in defaults("AccessLog")} == defaults("AccessLog")


def test_every_field_of_a_line_is_told_and_the_line_that_is_shown_has_no_other() -> None:
    page = (DOCS / "access_log.md").read_text(encoding="utf-8")
    table = page.partition("| field | meaning |")[2].partition("\n\n")[0]
    told = [name for row in table.splitlines() for name in _FIELD.findall(row.split("|")[1] if "|" in row else "")]
    assert sorted(told) == sorted(Line.__struct_fields__)
    shown = json.loads(page.partition("```json\n")[2].partition("\n```")[0])
    assert set(shown) <= set(told)
