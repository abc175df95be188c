"""Data and places from a flat stream of keys, scalars, starts and ends: what YAML, JSON and TOML have in common."""

from __future__ import annotations

import math
from typing import Any

from plait.errors import ConfigError, Problem
from plait.graph.document import NOWHERE, Document, Place, path_text, shown
from plait.jsontext import DEPTH
from plait.nodes.link import At

MOST_PROBLEMS = 100
MOST_VALUES = 25_000  # what more there is could not be refused in 200 ms
_LARGEST = 1 << 64

Scalar = str | float | bool | None


class Builder:
    """A document under construction. It does not recurse, so that depth is only a number.

    Raises:
        ConfigError: From any method, with all problems so far, once going on makes no sense.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.data: Any = None
        self.positions: dict[At, Place] = {}
        self.keys: dict[At, Place] = {}
        self.problems: list[Problem] = []
        self.broken: set[At] = set()
        self._open: list[tuple[dict[str, Any] | list[Any], At]] = []
        self._key: str | None = None
        self._count = 0

    @property
    def wants_key(self) -> bool:
        """Whether a key or the end of a mapping must come next."""
        return self._key is None and bool(self._open) and isinstance(self._open[-1][0], dict)

    @property
    def at(self) -> At:
        """The path of the value that comes next; where a key must come, that of its mapping."""
        if not self._open:
            return ()
        container, at = self._open[-1]
        if isinstance(container, list):
            return (*at, len(container))
        return at if self._key is None else (*at, self._key)

    def key(self, key: str, place: Place) -> None:
        """The key of the value that comes next."""
        container, at = self._open[-1]
        at = (*at, key)
        if key in container:
            first = self.keys[at].line
            self.problem(at, f"the key {shown(key)} is there twice", f"it is first in line {first}" if first else "", place)
        self._key = key
        self.keys[at] = place

    def add(self, value: Scalar, place: Place) -> None:
        """A scalar."""
        at = self._put(value, place)
        self.positions[at] = place
        if isinstance(value, float) and not math.isfinite(value):
            self.broken.add(at)
            self.problem(at, "is no finite number", "put it in quotes if it is meant as text")
        elif isinstance(value, int) and not -_LARGEST // 2 <= value < _LARGEST:
            self.broken.add(at)
            self.problem(at, "is too large for a whole number of 64 bits", "write it as 1.0e+30, or put it in quotes")

    def start(self, container: dict[str, Any] | list[Any], place: Place) -> None:
        """The start of a mapping or list, given empty."""
        if len(self._open) >= DEPTH:
            raise self.stop(f"is nested more than {DEPTH} deep", place=place)
        at = self._put(container, place)
        self.positions[at] = self.keys.get(at, place)
        self._open.append((container, at))

    def end(self) -> None:
        """The end of the innermost mapping or list."""
        self._open.pop()

    def problem(self, at: At, message: str, hint: str = "", place: Place = NOWHERE) -> None:
        """Note what is wrong, and go on unless there is too much of it."""
        place = place if place.line else self.positions.get(at, NOWHERE)
        self.problems.append(Problem(path_text(at), message, hint, *place, place=at))
        if len(self.problems) >= MOST_PROBLEMS:
            raise ConfigError(self.problems, self.source)

    def stop(self, message: str, hint: str = "", place: Place = NOWHERE) -> ConfigError:
        """The error that ends the reading: the text is no longer understood from here on."""
        return ConfigError([*self.problems, Problem(path_text(self.at), message, hint, *place, place=self.at)], self.source)

    def document(self) -> Document:
        """What was built."""
        return Document(self.source, self.data, self.positions, self.keys, tuple(self.problems), frozenset(self.broken))

    def _put(self, value: Any, place: Place) -> At:
        self._count += 1
        if self._count > MOST_VALUES:
            raise self.stop(f"has more than {MOST_VALUES:,} values", place=place)
        at = self.at
        if not self._open:
            self.data = value
            return at
        container = self._open[-1][0]
        if isinstance(container, list):
            container.append(value)
        else:
            container[str(self._key)] = value
            self._key = None
        return at
