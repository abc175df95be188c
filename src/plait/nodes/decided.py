"""Decide, then call: what most nodes do. The decision is a pure function; calling needs neither a coroutine nor a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plait.errors import PlaitError, fault
from plait.types import Context, Leaf, Message, Sink, Started

Decide = Callable[[Message, Context], tuple[Leaf, Message, Context]]
"""From what a node is given to the call that it makes, and what with.

Raises a `PlaitError` if there is none.
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """Makes the call that is decided on."""

    decide: Decide

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The answer of that call."""
        call, message, ctx = self.decide(message, ctx)
        return await call(message, ctx)

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The same, for whoever is called back."""
        try:
            call, message, ctx = self.decide(message, ctx)
        except PlaitError as exc:
            sink.failed(index, exc)
        except Exception as exc:  # noqa: BLE001 - a callback has nobody above it who would answer
            sink.failed(index, fault(exc))
        else:
            return call.start(message, ctx, sink, index)
        return ENDED


class _Ended:
    """A call that ended when it began."""

    def cancel(self) -> None:
        """There is nothing to stop."""


ENDED = _Ended()


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Answers with what a function of the input gives, at once."""

    evaluate: Callable[[Message, Context], Message]

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The function's value."""
        return self.evaluate(message, ctx)

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The same, for whoever is called back."""
        try:
            answer = self.evaluate(message, ctx)
        except PlaitError as exc:
            sink.failed(index, exc)
        except Exception as exc:  # noqa: BLE001 - a callback has nobody above it who would answer
            sink.failed(index, fault(exc))
        else:
            sink.answered(index, answer)
        return ENDED
