"""What predictors with `feedback` answered lately, so that it can be compared once somebody knows the truth."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from plait.errors import ExpressionFailed
from plait.graph.feedback import compared
from plait.graph.uses import predictors_used
from plait.types import Context, Message, Run

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.events import Part
    from plait.expr import Expression
    from plait.graph.spec import Config

MOST: Final = 10_000
"""Requests whose answers are remembered."""
SECONDS: Final = 600.0
"""How long they are."""
SIZE: Final = 32 << 20
"""Bytes of all answers together."""
LARGEST: Final = 64 << 10
"""Bytes of one answer; a larger one is not remembered."""

Subscriber = Callable[["Part"], None]
Noting = Callable[[str], Subscriber]
"""From a request's id to who hears of its parts."""
_NULL = Message(b"null")


class Remembered:
    """The answers of one worker, by request; the oldest go first.

    Args:
        clock: The worker's clock.
        most: Requests at most.
        size: Bytes of answers at most.
    """

    def __init__(self, clock: Clock, most: int = MOST, size: int = SIZE) -> None:
        self._clock = clock
        self._most = most
        self._size = size
        self._notes: OrderedDict[str, _Note] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._notes)

    def noting(self, config: Config) -> Mapping[str, Noting]:
        """By graph, how its requests are noted; graphs that ask no predictor with `feedback` are not in it."""
        wanted = {name: compared(spec.feedback.answer) for name, spec in config.predictors.items() if spec.feedback is not None}
        if not wanted:
            return {}
        asking = [name for name in config.graphs if not wanted.keys().isdisjoint(predictors_used(config, name))]
        return dict.fromkeys(asking, lambda request_id: _Note(self, request_id, wanted).part)

    def answers(self, request_id: str) -> dict[str, Any] | None:
        """What is compared of a request's answers, by predictor; None if nothing is known of that request.

        A predictor is left out whose answer was too large or lacks what is compared, or that was asked more than once: then it is
        not known which answer is meant.
        """
        self._forget()
        note = self._notes.get(request_id)
        if note is None:
            return None
        ctx = Context(Run(_NULL, self._clock), 0.0)
        found = {}
        for name, raw in note.answers.items():
            if raw is not None:
                try:
                    found[name] = note.wanted[name](ctx, _NULL, Message(raw)).value
                except (ExpressionFailed, msgspec.DecodeError):
                    continue
        return found

    def keep(self, note: _Note) -> None:
        """Remember a request from now on, in place of an earlier one with its id."""
        self._drop(note.request_id)
        note.moment = self._clock.now()
        note.kept = True
        self._notes[note.request_id] = note

    def grown(self, size: int) -> None:
        """An answer of so many bytes has come."""
        self.bytes += size
        self._forget()

    def _forget(self) -> None:
        """Let the oldest go, as far as they are too old or there is no room for them."""
        notes, oldest = self._notes, self._clock.now() - SECONDS
        while notes and (len(notes) > self._most or self.bytes > self._size or next(iter(notes.values())).moment < oldest):
            self._drop(next(iter(notes)))

    def _drop(self, request_id: str) -> None:
        note = self._notes.pop(request_id, None)
        if note is not None:
            note.kept = False
            self.bytes -= note.size


class _Note:
    """The answers of one request."""

    __slots__ = ("_memory", "answers", "kept", "moment", "request_id", "size", "wanted")

    def __init__(self, memory: Remembered, request_id: str, wanted: Mapping[str, Expression]) -> None:
        self._memory = memory
        self.request_id = request_id
        self.wanted = wanted
        self.answers: dict[str, bytes | None] = {}
        self.size = 0
        self.moment = 0.0
        self.kept = False

    def part(self, part: Part) -> None:
        """A part has ended; a subscriber of runs."""
        name, output = part.predictor, part.output
        if output is None or name not in self.wanted:
            return
        if not self.answers:
            self._memory.keep(self)
        if not self.kept:
            return  # it was forgotten meanwhile
        known = name in self.answers
        raw = None if known or len(output.raw) > LARGEST else output.raw
        size = len(raw or b"") - len(self.answers.get(name) or b"")
        self.answers[name] = raw
        self.size += size
        self._memory.grown(size)
