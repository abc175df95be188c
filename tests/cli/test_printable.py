"""What others wrote does not command the terminal that shows it."""

from __future__ import annotations

import json

import pytest

from plait.cli.call import _indented, _pretty
from plait.cli.printable import printable
from plait.cli.stream import part_line
from plait.client.part import Part

EVIL = "a\x1b]0;title\x07\x9b31m\x7f\u202e\u2028\ud800\r"


@pytest.mark.parametrize("text", ["", "a\tb\nc", "naïve 日本 👩‍🔬 ├─ · …"])
def test_text_for_people_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_what_a_terminal_would_obey_is_shown_as_an_escape() -> None:
    shown = r"a\u001b]0;title\u0007\u009b31m\u007f\u202e\u2028\ud800\u000d"
    assert printable(EVIL) == shown


def test_an_answer_is_the_same_json_with_escapes() -> None:
    said = json.dumps({"x": EVIL}, ensure_ascii=False)
    assert json.loads(_pretty(json.dumps({"x": EVIL}).encode())) == {"x": EVIL}
    assert all(line.isprintable() for line in _pretty(said.encode(errors="replace")).splitlines())
    assert all(line.isprintable() for line in _pretty(b"no JSON \x1b[31m").splitlines())


def test_an_answer_that_nests_deep_is_shown_all_the_same() -> None:
    for depth in (900, 100_000):
        assert "[" in _pretty(b"[" * depth + b"]" * depth)
    value: list[object] = []
    for _ in range(900):
        value = [value]
    assert "[" in _indented(value)


def test_a_part_is_one_line_whatever_it_says() -> None:
    part = Part(key=EVIL, node="n", status=EVIL, code=200, ms=1, attempts=1, error=EVIL)
    assert part_line(part).isprintable()
