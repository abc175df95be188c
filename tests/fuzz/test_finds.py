"""What is found is made small, and what reaches new code is told from what does not."""

from __future__ import annotations

from fuzz.reach import reached, worthwhile
from fuzz.shrink import shrink, symptom
from plait.jsontext import NotJson, validate


def test_a_find_keeps_only_what_shows_it():
    assert shrink(b"abcXdefYghi", lambda data: b"X" in data and b"Y" in data) == b"XY"
    assert shrink(b"", bool) == b""


def test_shrinking_ends_after_so_many_tries():
    tried: list[bytes] = []
    shrink(b"a" * 1000, lambda data: bool(tried.append(data)), tries=5)
    assert len(tried) == 5


def test_a_symptom_says_what_went_wrong_and_where():
    def one_input(data: bytes) -> None:
        assert data != b"bad"

    assert symptom(one_input, b"good") == ""
    assert symptom(one_input, b"bad").startswith(f"AssertionError in {__file__}:")


def test_what_reaches_new_code_is_kept_small_under_a_name_that_says_where():
    def one_input(data: bytes) -> None:
        try:
            validate(data)
        except NotJson:
            return

    kept = dict(worthwhile(one_input, [b"[1]"], [b"[2]", b'["a", ' + b"[" * 80 + b"]" * 80 + b"]"]))
    assert [name.rpartition("-")[0] for name in kept] == ["jsontext-deeper"]
    assert all(len(data) < 170 for data in kept.values())
    assert reached(one_input, b"[1]")
