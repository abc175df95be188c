"""What one evaluation may cost: reckoned before anything is done, from the form of the work and the bytes at hand.

Nothing can stop a decoder or CEL under way, and both hold the worker's only thread. So each piece of work is paid for first, in
nanoseconds that the slowest data of that kind takes, and what no budget covers fails.
`bench/expressions.py` measures how true that is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import ExpressionFailed

if TYPE_CHECKING:
    from plait.expr.variables import Expression
    from plait.types import Context, Message

MOST = 14_000_000.0
"""Nanoseconds of one evaluation of an expression or of a whole template."""
FREE = 20_000.0
"""Nanoseconds of a walk that are not worth reckoning."""
COPY, JOIN = 0.2, 0.4
"""Nanoseconds to copy a byte out of a message, and into the message that a template becomes."""
LARGE = 1 << 12
"""Bytes whose copy is worth reckoning."""
RECKON = 2.5
"""Nanoseconds to count the marks in a byte of text."""
BLOCKS, BLOCK = 1024, 64
"""How many pieces of how many bytes a sample has."""
_DIGITS = bytes.maketrans(b"123456789E", b"000000000e")
_OFFSET = int.from_bytes(os.urandom(4), "big")
"""Where samples begin: unknown outside, so that no document is made to look thinner than it is."""


class Budget:
    """What an evaluation may still cost. It is synchronous, so that one budget per expression serves all its evaluations.

    Args:
        most: Nanoseconds.
    """

    __slots__ = ("left", "most")

    def __init__(self, most: float = MOST) -> None:
        self.most = self.left = most

    def begin(self) -> None:
        """Another evaluation."""
        self.left = self.most

    def end(self) -> None:
        """Nothing more, until it begins anew."""
        self.left = -1.0

    def pay(self, cost: float, text: str) -> None:
        """Take the cost of some work of the expression `text` off.

        Raises:
            ExpressionFailed: If not enough is left, now and for the rest of this evaluation.
        """
        self.left -= cost
        if self.left < 0:
            raise ExpressionFailed(
                f"{text}: refers to more than can be worked through in time; select less of it, or let a predictor do this"
            )


class Single(Budget):
    """The budget of an expression that does a single thing."""

    __slots__ = ()

    def pay(self, cost: float, text: str) -> None:
        """Compare the cost with the whole."""
        self.begin()
        super().pay(cost, text)


@dataclass(frozen=True, slots=True)
class Bounded:
    """An expression whose parts share a budget, which begins anew with each evaluation."""

    expression: Expression
    budget: Budget

    @property
    def text(self) -> str:
        """What was written."""
        return self.expression.text

    @property
    def names(self) -> frozenset[str]:
        """The variables that it refers to."""
        return self.expression.names

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        self.budget.begin()
        return self.expression(ctx, given, output)


class Density(NamedTuple):
    """What makes a walk over JSON text slow: nanoseconds of the text and its values, and how many names objects have."""

    time: float
    names: float

    @classmethod
    def of(cls, raw: bytes) -> Density:
        """Of a text; the largest are judged by a sample."""
        part, share = _sample(raw)
        names = share * part.count(b":")
        values = 4.2 * part.count(b",") + 5.5 * (part.count(b"[") + part.count(b"{")) + 13 * part.count(b"\\")
        return cls(0.3 * len(raw) + share * values + 2 * names, names)

    def walk(self, width: int, slots: int) -> float:
        """Nanoseconds of a walk that looks for so many names in one object, and at so many items of lists."""
        return self.time + 0.9 * width * self.names + 60 * slots


def _sample(raw: bytes) -> tuple[bytes, float]:
    """Pieces from all over a large text, and how much more the whole is."""
    if len(raw) <= BLOCKS * BLOCK:
        return raw, 1
    stride = len(raw) // BLOCKS
    part = b"".join([raw[place : place + BLOCK] for place in range(_OFFSET % stride, len(raw), stride)])
    return part, len(raw) / len(part)


def converting(raw: bytes) -> float:
    """Nanoseconds to reckon this, to make values of JSON text and to hand them to CEL, their letters apart."""
    commas, lists, objects, names = raw.count(b","), raw.count(b"["), raw.count(b"{"), raw.count(b":")
    digits = raw.translate(_DIGITS)
    odd = 300 * digits.count(b"0e") + 20 * max(0, digits.count(b"0") - 17 * (1 + commas + lists + names))
    return RECKON * len(raw) + 85 * commas + 220 * lists + 200 * objects + 230 * names + 25 * raw.count(b"\\") + odd


def touching(raw: bytes) -> float:
    """Nanoseconds to compare the values of JSON text in CEL."""
    return 15 * raw.count(b",") + 20 * raw.count(b"[") + 25 * raw.count(b"{") + 45 * raw.count(b":")


def deepening(raw: bytes) -> float:
    """Nanoseconds to make a value of JSON text that nests deeper than the fast decoder goes."""
    return 10 * len(raw) + 200 * (raw.count(b",") + raw.count(b"[") + raw.count(b"{"))
