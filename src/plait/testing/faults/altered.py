"""Faults of the bytes themselves: cut in unusual places, or such as nobody asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from random import Random
from typing import Literal, get_args

from plait.testing.faults.fault import Fault, Piece, Plan, Step, Wait, check, with_data

Place = Literal["before", "after", "instead"]
NONSENSE = b"\x00\xff no HTTP \r\n\r\n"


@dataclass(frozen=True)
class Slice(Fault):
    """Every write is cut in pieces, either way.

    Args:
        size: Bytes of a piece, or of the largest if their sizes are drawn.
        seed: Of the draws, which also depend on the number of the connection; None to draw nothing.
        pause: Seconds before each piece. Without, a reader that is busy finds several at once.
    """

    size: int
    seed: int | None = None
    pause: float = 0.0

    def __post_init__(self) -> None:
        check(holds=self.size >= 1 and self.pause >= 0, advice="size must be 1 byte or more, and pause 0 seconds or more")

    def requests(self, connection: int) -> Plan:
        if self.seed is None:
            return partial(self._sliced, lambda: self.size)
        draws = Random(f"{self.seed}/{connection}")  # noqa: S311 - repeatable on purpose
        return partial(self._sliced, lambda: draws.randint(1, self.size))

    def answers(self, connection: int) -> Plan:
        return self.requests(connection)

    def _sliced(self, size: Callable[[], int], piece: Piece) -> Iterator[Step]:
        for part in piece.cut(size() for _ in repeat(None)):
            yield Wait(self.pause)
            yield part


@dataclass(frozen=True)
class Garbage(Fault):
    """Bytes that the predictor did not send.

    Args:
        data: The bytes: nonsense, surplus, or a whole answer that nobody asked for.
        place: Before, after or instead of each answer.
        later: Seconds after the answer at which they come; by default they come in one write with its end.
    """

    data: bytes = NONSENSE
    place: Place = "before"
    later: float = 0.0

    def __post_init__(self) -> None:
        check(holds=self.place in get_args(Place), advice="place must be before, after or instead")
        check(holds=self.later == 0 or (self.later > 0 and self.place == "after"), advice="later goes only with place='after'")

    def answers(self, connection: int) -> Plan:  # noqa: ARG002 - all are alike
        return {"before": self._before, "after": self._after, "instead": self._instead}[self.place]

    def _before(self, piece: Piece) -> Iterator[Step]:
        yield with_data(piece, self.data + piece.data) if piece.first else piece

    def _instead(self, piece: Piece) -> Iterator[Step]:
        yield with_data(piece, self.data if piece.first else b"")

    def _after(self, piece: Piece) -> Iterator[Step]:
        if not piece.last:
            yield piece
        elif not self.later:
            yield with_data(piece, piece.data + self.data)
        else:
            yield piece
            yield Wait(self.later)
            yield Piece(self.data)
