"""Faults of time: answers that begin late, and bytes that come slowly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from random import Random

from plait.testing.faults.fault import Fault, Piece, Plan, Step, Wait, check

TURNS = 100
"""Portions a second into which a limited stream is cut."""


@dataclass(frozen=True)
class Latency(Fault):
    """Every answer begins later.

    Args:
        seconds: By how much.
        jitter: Seconds by which that may be more or less, drawn anew for each answer.
        seed: Of the draws, which also depend on the number of the connection.
    """

    seconds: float
    jitter: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        check(holds=0 <= self.jitter <= self.seconds, advice="seconds must be 0 or more, and jitter between 0 and seconds")

    def answers(self, connection: int) -> Plan:
        draws = Random(f"{self.seed}/{connection}")  # noqa: S311 - repeatable on purpose

        def plan(piece: Piece) -> Iterator[Step]:
            if piece.first:
                yield Wait(self.seconds + draws.uniform(-self.jitter, self.jitter))
            yield piece

        return plan


@dataclass(frozen=True)
class Drip(Fault):
    """Answers come byte by byte, so many a second."""

    rate: float

    def __post_init__(self) -> None:
        check(holds=self.rate > 0, advice="rate must be above 0 bytes a second; for none at all take HalfOpen or Stop")

    def answers(self, connection: int) -> Plan:  # noqa: ARG002 - all drip alike
        return lambda piece: paced(piece, 1, self.rate)


@dataclass(frozen=True)
class Limit(Fault):
    """No more than so many bytes a second move, either way, in portions of a hundredth of that."""

    rate: float

    def __post_init__(self) -> None:
        check(holds=self.rate > 0, advice="rate must be above 0 bytes a second; for none at all take Stop")

    def requests(self, connection: int) -> Plan:  # noqa: ARG002 - all are limited alike
        return lambda piece: paced(piece, self._portion, self.rate)

    def answers(self, connection: int) -> Plan:
        return self.requests(connection)

    @property
    def _portion(self) -> int:
        return max(1, int(self.rate / TURNS))


def paced(piece: Piece, portion: int, rate: float) -> Iterator[Step]:
    """The piece in portions, each after the time that it takes."""
    for part in piece.cut(repeat(portion)):
        yield Wait(len(part.data) / rate)
        yield part
