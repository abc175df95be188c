"""What came of a change, and what the rest of plait is told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from plait.control.marks import Marks
from plait.control.revisions import Change, Revision
from plait.errors import Problem
from plait.graph.load import Loaded
from plait.graph.plan import Plan, plan_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a change.

    Args:
        revision: The active revision now; the same as before if nothing changed, or was only checked.
        created: Whether a name was put that was not there before.
        changed: Whether a revision was made, or a mark set or taken away.
        dry_run: Whether it was only checked.
        warnings: What is odd but does no harm.
        difference: What changed, or would.
    """

    revision: int
    created: bool = False
    changed: bool = False
    dry_run: bool = False
    warnings: tuple[str, ...] = ()
    difference: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Desired:
    """What the workers of this proxy should run: the newest revision that is sound here, with the marks.

    Args:
        revision: The revision.
        loaded: The same, resolved here.
        marks: The predictors that are excluded.
    """

    revision: Revision
    loaded: Loaded = field(repr=False)
    marks: Marks

    @property
    def plan(self) -> Plan:
        """What workers are given."""
        return plan_of(self.loaded, self.revision.number, self.marks.keys())


class Findings(NamedTuple):
    """What was found out about a candidate by asking around."""

    problems: list[Problem]
    warnings: list[str]


Before = Callable[[Loaded, Loaded | None], Awaitable[Findings]]
"""Looks at a configuration before it becomes a revision; also given the one that runs."""
Changed = Callable[[Desired], Awaitable[None]]
"""Is told what is desired from now on; nobody else changes anything until it returns."""


async def nothing_found(_candidate: Loaded, _old: Loaded | None) -> Findings:
    """Nothing is looked at."""
    return Findings([], [])


async def nobody_told(_desired: Desired) -> None:
    """Nobody wants to know."""
