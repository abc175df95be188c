"""What a pattern of `matches()` can cost: RE2 takes time linear in the text, but compiles the pattern for each evaluation.

Its automaton has a state for each set of places in the pattern, made when first met; the worst texts meet a new one at each byte.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from plait.expr.problem import ExpressionError

MOST_PLACES = 1000
"""Places of a pattern: its characters, each as often as it is repeated."""
MOST_PARTS = 5000
"""Instructions that it is compiled to."""
SET = 4
"""Places of a set of characters, which is a small automaton over bytes."""
CATEGORY = 2000
"""Instructions of a category such as `\\pL`."""
PART = 650
"""Nanoseconds to compile an instruction."""
PLACE = 30
"""Nanoseconds of a place for each byte of the text, at worst."""
PLAIN = 2
"""Nanoseconds for each byte where the pattern is only words to look for."""

_TOKEN = re.compile(
    r"(?P<category>\\[pP](?:\{[^}]*\}|.))|(?P<set>\\[^pP]|\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\])|\{(?P<count>[0-9]+(?:,[0-9]*)?)\}|(?P<other>.)",
    re.DOTALL,
)
_CATEGORIES = re.compile(r"\\[pP]")
_WORDS = re.compile(r"[\w\s@#%&=:;,<>/!\"'~`-]+(?:\|[\w\s@#%&=:;,<>/!\"'~`-]+)*", re.ASCII)


class Cost(NamedTuple):
    """Nanoseconds: for each byte of the text, and before it."""

    letter: float
    fixed: float


class _Length(NamedTuple):
    places: int
    parts: int

    def plus(self, other: _Length, times: int = 1) -> _Length:
        return _Length(self.places + other.places * times, self.parts + other.parts * times)


def check(pattern: str) -> None:
    """Accept a pattern of bearable length.

    Raises:
        ExpressionError: If it is too long with all that it repeats.
    """
    length = _length(pattern)
    if length.places > MOST_PLACES or length.parts > MOST_PARTS:
        raise ExpressionError(
            "the pattern is too much work with all that it repeats", "use fewer {…} and \\p, or let a predictor do this"
        )


def price(pattern: str) -> Cost:
    """What it takes to look for a pattern."""
    length = _length(pattern)
    return Cost(PLAIN if _WORDS.fullmatch(pattern) else PLAIN + PLACE * length.places, PART * length.parts)


def _length(pattern: str) -> _Length:
    """How long a pattern is when all its counted repetitions are written out."""
    none = _Length(0, 0)
    open_groups, last = [none], none
    for token in _TOKEN.finditer(pattern):
        if token["other"] == "(":
            open_groups.append(none)
            continue
        if token["count"] is not None:
            more = max(int(count) for count in token["count"].split(",") if count) - 1
            open_groups[-1] = open_groups[-1].plus(last, more)
            last = last.plus(last, more)
            continue
        closed = token["other"] == ")" and len(open_groups) > 1
        last = open_groups.pop() if closed else _one(token)
        open_groups[-1] = open_groups[-1].plus(last)
    total = none
    for group in open_groups:
        total = total.plus(group)
    return total


def _one(token: re.Match[str]) -> _Length:
    if token["category"] is not None:
        return _Length(SET, CATEGORY)
    if token["set"] is not None:
        categories = len(_CATEGORIES.findall(token["set"]))
        return _Length(SET, SET + CATEGORY * categories)
    return _Length(1, 1) if token[0].isascii() else _Length(SET, SET)
