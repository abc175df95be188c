"""What a file says, and where it says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from plait.errors import Problem
from plait.nodes.link import At

_LONGEST = 60
_DEEPEST = 40


class Place(NamedTuple):
    """A position in a text, counted from 1; line 0 is unknown."""

    line: int
    column: int


NOWHERE = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data with the place of each part.

    Args:
        source: What the text is called, such as `plait.yaml`.
        data: JSON-like data, nested at most 64 deep.
        positions: By path, where a scalar or an item of a list begins; of a mapping or list under a key, where the key is.
        keys: By path, where the key of a mapping's member is.
        problems: What is wrong with the text itself, as far as it could be read on.
        broken: Paths at and below which the data is not what was meant; what is wrong there follows from a problem already told.
    """

    source: str
    data: Any
    positions: Mapping[At, Place] = field(default_factory=dict)
    keys: Mapping[At, Place] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    broken: frozenset[At] = frozenset()

    def place(self, at: At) -> Place:
        """Where what stands at a path begins, or the nearest around it that is known."""
        return _nearest(self.positions, at)

    def key_place(self, at: At) -> Place:
        """Where the key at a path is, or the nearest around it that is known."""
        return self.keys.get(at) or self.place(at)

    def problem(self, at: At, message: str, hint: str = "") -> Problem:
        """A problem with what stands at a path."""
        return Problem(path_text(at), message, hint, *self.place(at), place=at)

    def is_broken(self, at: At) -> bool:
        """Whether a path stands at or below one that is not what was meant."""
        return any(at[:length] in self.broken for length in range(len(at) + 1))


def _nearest(positions: Mapping[At, Place], at: At) -> Place:
    while at and at not in positions:
        at = at[:-1]
    return positions.get(at, NOWHERE)


def path_text(at: At) -> str:
    """A path as people write it: `graphs.label.sequence[1].transform`; one that is absurdly long is cut."""
    text = "".join(f"[{step}]" if isinstance(step, int) else _member(step) for step in at[:_DEEPEST]).removeprefix(".")
    return text if len(at) <= _DEEPEST else f"{text}…"


def _member(key: str) -> str:
    return f".{shown(key)}" if re.fullmatch(r"[\w$<*-]+", key) else f'["{shown(key)}"]'


def shown(text: str) -> str:
    """A key as it may stand in one line of a message."""
    text = "".join(char if char.isprintable() else "�" for char in text[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
