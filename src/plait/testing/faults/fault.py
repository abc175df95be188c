"""What a fault is: for each piece of bytes that arrives, the steps that the proxy takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes to pass on; none mean that the sender has closed.

    Args:
        data: The bytes.
        first: Whether an answer begins with them. Never so in requests.
        last: Whether an answer ends with them. Never so in requests, nor in an answer that ends by closing.
    """

    data: bytes
    first: bool = False
    last: bool = False

    def cut(self, sizes: Iterable[int]) -> Iterator[Piece]:
        """The same bytes in pieces of these sizes."""
        begin = 0
        for size in sizes:
            end = min(begin + size, len(self.data))
            yield Piece(self.data[begin:end], first=self.first and not begin, last=self.last and end == len(self.data))
            begin = end
            if begin == len(self.data):
                return


@dataclass(frozen=True, slots=True)
class Wait:
    """Let seconds pass, or all the time until the fault is another; none of them let others have their turn."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class End:
    """End the connection, in good order or by a reset."""

    reset: bool = False


Step = Piece | Wait | End
Plan = Callable[[Piece], Iterator[Step]]


@dataclass(frozen=True)
class Fault:
    """Passes everything on as it is; a fault says what else it does to requests, to answers, or to both.

    Each connection gets plans of its own, and may be told apart by its number: the first is 1. `listens` says whether connections
    are accepted.
    """

    listens: ClassVar[bool] = True

    def requests(self, connection: int) -> Plan:  # noqa: ARG002 - those that draw use it
        """What becomes of the bytes of the requests on one connection."""
        return passing

    def answers(self, connection: int) -> Plan:  # noqa: ARG002 - the same
        """What becomes of the bytes of the answers on one connection."""
        return passing

    def __and__(self, other: Fault) -> Both:
        return Both(self, other)


def passing(piece: Piece) -> Iterator[Step]:
    """On, as it is."""
    yield piece


@dataclass(frozen=True)
class Both(Fault):
    """Two faults: what the first one passes on, the second one gets."""

    one: Fault
    other: Fault

    def __post_init__(self) -> None:
        if not (self.one.listens and self.other.listens):
            raise ValueError("Refuse goes with no other fault: where nobody listens, nothing else can happen")

    def requests(self, connection: int) -> Plan:
        return chained(self.one.requests(connection), self.other.requests(connection))

    def answers(self, connection: int) -> Plan:
        return chained(self.one.answers(connection), self.other.answers(connection))


def chained(one: Plan, other: Plan) -> Plan:
    """The steps of the first plan, its pieces as the second one would have them."""

    def plan(piece: Piece) -> Iterator[Step]:
        for step in one(piece):
            if isinstance(step, Piece):
                yield from other(step)
            else:
                yield step

    return plan


def with_data(piece: Piece, data: bytes) -> Piece:
    """The same piece with other bytes."""
    return replace(piece, data=data)


def check(*, holds: bool, advice: str) -> None:
    """Refuse what a fault cannot be made from.

    Raises:
        ValueError: With the advice, if it does not hold.
    """
    if not holds:
        raise ValueError(advice)
