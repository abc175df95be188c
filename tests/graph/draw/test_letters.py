"""Text that is measured, cut and broken without a font."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.graph.draw.letters import clean, cut, measured, width, wrap

# Measured in DejaVu Sans, 1,000 pixels high: regular, bold.
KNOWN = {
    "setosa": (3274, 3709),
    "parallel": (3721, 4266),
    "transform": (4903, 5611),
    "wwwmmm": (5376, 5898),
    "illii": (1390, 1714),
    "label_by_species": (8380, 9321),
}


@pytest.mark.parametrize("text", KNOWN)
def test_no_text_is_longer_than_it_is_said_to_be(text: str) -> None:
    regular, bold = KNOWN[text]
    assert regular * 11 / 1000 <= width(text, "fact") <= regular * 11 / 1000 * 1.12 + 1
    assert bold * 13 / 1000 <= width(text, "title") <= bold * 13 / 1000 * 1.12 + 1


def test_wide_letters_marks_and_unknown_ones_are_reckoned_with() -> None:
    assert width("日本", "fact") > width("ab", "fact")
    assert width("e\u0301", "fact") == width("e", "fact")
    assert measured("output.x[0] >= 'é'")
    assert not measured("日")


@given(st.text(max_size=60), st.integers(12, 400))
def test_what_was_cut_fits_and_says_so(text: str, most: int) -> None:
    found = cut(text, "fact", most)
    assert found == " ".join(clean(text).split()) or (found.endswith("…") and width(found, "fact") <= most + 16)


@given(st.lists(st.text(min_size=1, max_size=80), max_size=5), st.integers(40, 300), st.integers(1, 4))
def test_lines_fit_and_are_no_more_than_allowed(texts: list[str], most: int, lines: int) -> None:
    found = wrap(texts, "fact", most, lines)
    assert len(found) <= lines
    assert all(width(line, "fact") <= most for line in found)


def test_texts_share_a_line_where_they_fit_and_are_broken_at_blanks_and_marks() -> None:
    assert wrap(["require all", "merge list"], "fact", 200, 3) == ("require all · merge list",)
    assert wrap(["require all", "merge list"], "fact", 80, 3) == ("require all", "merge list")
    assert wrap(["gateway.models.svc:8080/v1/ask"], "fact", 140, 3) == ("gateway.models.svc:", "8080/v1/ask")
    assert wrap(["a b c d e f g h i j k l m n o p q r s"], "fact", 60, 2)[-1].endswith("…")


def test_what_xml_cannot_hold_and_what_turns_text_round_is_replaced() -> None:
    assert clean("a\x00b\u202ec\ud800\ufffe") == "a�b�c��"
    assert clean("\tمرحب 日本 😀\n") == "\tمرحب 日本 😀\n"
