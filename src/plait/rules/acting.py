"""What rules may ask of the process in which they act."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import asyncio

    from plait.clock import Clock
    from plait.jobs.records import Outgoing

ACTED, COUNTED, FAILED = "acted", "counted", "failed"
"""What can become of a match: the rule has acted, has only counted it, or could not do what it says."""


class Match(NamedTuple):
    """One match of a rule that counts.

    Args:
        rule: Tells the rule from all others of this plait.
        key: For which value of `by` it is.
        once: Tells the match from all others of the rule, so that it is counted once; empty for one that cannot come again.
        times: On how many matches the rule acts.
        within: In how many seconds.
    """

    rule: str
    key: str
    once: str
    times: int
    within: float


class Promising(Protocol):
    """Whoever takes messages to sinks."""

    def promise(self, outgoing: Outgoing) -> Awaitable[None]:
        """Take one; it is durable, and on its way, when this returns.

        Raises:
            PlaitError: If nothing was promised.
        """
        ...


class Acting(Protocol):
    """Where rules act.

    `largest` is how many bytes a message may have.
    """

    clock: Clock
    largest: int

    def promise(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Have a message taken to a sink, whoever waits for that."""
        ...

    def count(self, match: Match) -> asyncio.Future[bool]:
        """Count a match; true if the rule is to act on it."""
        ...

    def saw(self, graph: str, rule: str, outcome: str) -> None:
        """A rule has matched, or could not be evaluated."""

    def failed(self, graph: str, rule: str, why: str) -> None:
        """A rule could not do what it says: that is for people."""
