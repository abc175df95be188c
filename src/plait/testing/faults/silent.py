"""Faults of silence: connections that stand while nothing comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plait.testing.faults.fault import Fault, Piece, Plan, Step, Wait


@dataclass(frozen=True)
class HalfOpen(Fault):
    """Connections are accepted and requests read; the predictor never hears of them, nothing is answered and nothing closed."""

    def requests(self, connection: int) -> Plan:  # noqa: ARG002 - all are alike
        return _lost

    def answers(self, connection: int) -> Plan:  # noqa: ARG002 - the same
        return _lost_for_good


@dataclass(frozen=True)
class Stop(Fault):
    """No byte moves and no connection ends, as if the process were stopped; with the next fault, or none, all moves on."""

    def requests(self, connection: int) -> Plan:  # noqa: ARG002 - all are alike
        return _held

    def answers(self, connection: int) -> Plan:  # noqa: ARG002 - the same
        return _held


def _lost(_: Piece) -> Iterator[Step]:
    return iter(())


def _lost_for_good(piece: Piece) -> Iterator[Step]:
    if not piece.data:  # the predictor has closed, of which nobody may hear
        yield Wait(None)


def _held(piece: Piece) -> Iterator[Step]:
    yield Wait(None)
    yield piece
