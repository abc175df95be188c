"""JSON as a terminal shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plait.cli.pretty import pretty

LONG = "x" * 119


def test_what_fits_on_a_line_stands_on_one() -> None:
    assert pretty({"label": "Gruß", "votes": {"a": 2}}) == '{"label": "Gruß", "votes": {"a": 2}}'


def test_what_does_not_fit_has_a_line_for_each_of_its_own() -> None:
    assert pretty({"text": LONG, "boxes": [[0, 1], [2, 3]]}) == f'{{\n  "text": "{LONG}",\n  "boxes": [[0, 1], [2, 3]]\n}}'


def test_no_line_is_longer_than_120_characters_if_it_need_not_be() -> None:
    rows = {"rows": [[place / 7] * 20 for place in range(3)], "parts": {f"part_{place}": {"ms": 1.5} for place in range(20)}}
    assert max(map(len, pretty(rows).splitlines())) <= 120


@pytest.mark.parametrize("value", [None, [], {}, "", 1.0, [LONG, LONG, {}, []], {"a": {LONG: [LONG, None]}}, [[[LONG] * 2]]])
def test_it_is_the_same_value(value: Any) -> None:
    assert json.loads(pretty(value)) == value
