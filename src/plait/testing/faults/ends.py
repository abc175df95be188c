"""Faults of connections that end, or do not come about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from plait.testing.faults.fault import End, Fault, Piece, Plan, Step, check, passing, with_data


@dataclass(frozen=True)
class Refuse(Fault):
    """Nobody listens, and connections that stand are reset, as if the process had died; the port stays taken."""

    listens: ClassVar[bool] = False


@dataclass(frozen=True)
class Reset(Fault):
    """The connection is reset.

    Args:
        after: After how many bytes of the answer; by default at the first byte of the request, which the predictor never sees.
    """

    after: int | None = None

    def __post_init__(self) -> None:
        check(holds=self.after is None or self.after >= 0, advice="after must be a number of bytes, or None for: when asked")

    def requests(self, connection: int) -> Plan:  # noqa: ARG002 - all are alike
        return _reset if self.after is None else passing

    def answers(self, connection: int) -> Plan:  # noqa: ARG002 - the same
        return passing if self.after is None else ending(self.after, End(reset=True))


@dataclass(frozen=True)
class Truncate(Fault):
    """The connection closes in good order after so many bytes of an answer."""

    after: int

    def __post_init__(self) -> None:
        check(holds=self.after >= 0, advice="after must be a number of bytes")

    def answers(self, connection: int) -> Plan:  # noqa: ARG002 - all are alike
        return ending(self.after, End())


def ending(after: int, end: End) -> Plan:
    """So many bytes of each answer, and then the end."""
    passed = 0

    def plan(piece: Piece) -> Iterator[Step]:
        nonlocal passed
        passed = 0 if piece.first else passed
        left = after - passed
        passed += len(piece.data)
        if len(piece.data) < left:
            yield piece
        else:
            yield with_data(piece, piece.data[:left])
            yield end

    return plan


def _reset(_: Piece) -> Iterator[Step]:
    yield End(reset=True)
