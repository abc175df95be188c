"""A row of the table: what is promised, what others reach, and how it is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Generic, TypeVar

Figures = Mapping[str, float | None]
"""What was measured, by a name that reads well in a table; None where there was nothing to measure, which meets no goal."""

Scale = TypeVar("Scale")
"""How much of it: a row's own numbers."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure to reach: at most the limit, or with `at_least` no less.

    Args:
        figure: Its name.
        limit: In `unit`.
        short: The limit of the short form, which runs where others use the machine too; the same by default.
    """

    figure: str
    limit: float
    unit: str = ""
    at_least: bool = False
    short: float | None = None

    def met(self, figures: Figures, *, short: bool = False) -> bool:
        """Whether it is reached."""
        limit = self.short if short and self.short is not None else self.limit
        value = figures.get(self.figure)
        return value is not None and (value >= limit if self.at_least else value <= limit)

    def told(self, figures: Figures) -> str:
        """What was measured, as text."""
        value = figures.get(self.figure)
        return f"{self.figure}: {number(value)} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement.

    Args:
        seed: Of all that is drawn.
        folder: For files and logs.
        progress: Is told which share has been done, from 0 to 1.
    """

    seed: int
    folder: Path
    progress: Callable[[float], None]

    def random(self, of: object = "") -> Random:
        """Draws that depend on the seed, and on what they are for."""
        return Random(f"{self.seed}/{of}")


@dataclass(frozen=True, slots=True)
class Row(Generic[Scale]):
    """A promise that can be measured.

    Args:
        name: What it is called on the command line.
        promise: The property.
        elsewhere: The best that is known of others.
        goal: What plait promises, in words.
        how: What the measurement does.
        goals: The same promise as figures.
        measure: Takes the scale and the run.
        full: The scale of the table.
        short: The scale of a test.
        shortfall: Why the goal is not reached, if it is known not to be; the table tells it.
    """

    name: str
    promise: str
    elsewhere: str
    goal: str
    how: str
    goals: Sequence[Goal]
    measure: Callable[[Scale, Run], Coroutine[Any, Any, Figures]]
    full: Scale
    short: Scale
    shortfall: str = ""

    def missed(self, figures: Figures, *, short: bool = False) -> list[str]:
        """What falls short, as text."""
        return [goal.told(figures) for goal in self.goals if not goal.met(figures, short=short)]


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that such a share of them does not exceed; NaN, which meets no goal, of none."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else math.nan


def number(value: float | None) -> str:
    """Three digits that count; whole numbers as they are."""
    if value is None or math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
