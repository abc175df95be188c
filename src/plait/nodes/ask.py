"""One call of a predictor, as a leaf that records its part."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from plait.counts import LOT, PartCounts
from plait.errors import PlaitError, TimedOut
from plait.events import Part
from plait.nodes.decided import ENDED
from plait.nodes.waiter import awaited
from plait.types import JOB, Context, Message, Recalled, Run, Sink, Started

if TYPE_CHECKING:
    from plait.spec.policies import HedgeSpec, RetrySpec

LEAST = 0.001
"""Seconds that a call must have left to be begun: nobody answers in less."""


class Outcome(Protocol):
    """A call as the upstream knows it: the answer's HTTP status if one was read, attempts so far, the address asked.

    `ended_at` is the moment, on the run's clock, at which a good answer had come.
    """

    ended_at: float
    code: int | None
    attempts: int
    endpoint: str

    def cancel(self) -> None: ...


class Receiver(Protocol):
    """Who asked: hears exactly once how it ended, with either a message or an error, unless cancelled before."""

    def ended(self, outcome: Outcome, message: Message | None, error: PlaitError | None) -> None: ...


class Predictor(Protocol):
    """A predictor as nodes know it: a name, its timeout in seconds, and how to ask."""

    name: str
    timeout: float

    def ask(self, message: Message, run: Run, now: float, deadline: float, receiver: Receiver) -> Outcome: ...


class Asked(Predictor, Protocol):
    """A predictor that nodes may ask in ways of their own."""

    def repeating(self, retry: RetrySpec | None, hedge: HedgeSpec | None) -> Predictor: ...


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks a predictor; its part is recorded under `key` and counted, its failures carry `path`."""

    predictor: Predictor
    key: str
    path: str
    counts: PartCounts = field(default_factory=PartCounts)

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The predictor's answer, for whoever awaits it."""
        return await awaited(self.start, message, ctx)

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The predictor's answer, for whoever is called back."""
        run = ctx.run
        if run.recalled is not None:
            known = run.recalled.get(self.key + run.item)
            if known is not None:
                return self._again(known, ctx, sink, index)
        return Asking(self, message, ctx, sink, index)

    def _again(self, known: Recalled, ctx: Context, sink: Sink, index: int) -> Started:
        """End as it is known to have ended, without asking."""
        run, part = ctx.run, known.part
        run.emit(replace(part, key=self.key, item=""))
        if known.error is not None:
            sink.failed(index, copy(known.error))
        elif part.output is not None:
            sink.answered(index, part.output)
        else:
            return Unneeded(run, min(ctx.deadline, run.clock.now() + self.predictor.timeout), sink, index)
        return ENDED

    def never_began(self, run: Run, status: str, why: str = "") -> None:
        """Record that this call was not made, and why."""
        self.counts.saw(status, 0.0)
        run.emit(Part(self.key, self.path, self.predictor.name, status, 0.0, attempts=0, error=why))


class Asking:
    """A call under way."""

    __slots__ = ("ask", "began", "index", "outcome", "run", "sink")

    def __init__(self, ask: Ask, message: Message, ctx: Context, sink: Sink, index: int) -> None:
        self.ask = ask
        self.run = run = ctx.run
        self.sink: Sink | None = sink
        self.index = index
        self.outcome: Outcome | None = None
        self.began = now = run.clock.now()
        deadline = ctx.deadline
        if deadline - now <= LEAST:
            self.ended(None, None, TimedOut("no time was left to ask it"))
            return
        predictor = ask.predictor
        own = now + predictor.timeout
        # What a job asks may wait for long, and has the predictor's timeout from its turn on: the predictor sees to that.
        until = own if own < deadline and run.priority < JOB else deadline
        outcome = predictor.ask(message, run, now, until, self)
        if self.sink is not None:
            self.outcome = outcome

    def ended(self, outcome: Outcome | None, message: Message | None, error: PlaitError | None) -> None:
        """The upstream has an answer, or knows that there will be none."""
        sink, self.sink, self.outcome = self.sink, None, None
        if sink is None:
            return
        if message is not None and outcome is not None:
            ask = self.ask
            ended = outcome.ended_at
            code, of, attempts = outcome.code, ask.predictor.name, outcome.attempts
            took = ended - self.began
            good = ask.counts.good
            good.append(took)
            if len(good) >= LOT:
                ask.counts.settle()
            self.run.emit(Part(ask.key, ask.path, of, "ok", took, code, attempts, outcome.endpoint, "", message, "", ended))
            sink.answered(self.index, message)
        elif error is not None:
            error.node = self.ask.path
            error.predictor = self.ask.predictor.name
            self._record(outcome, error.part, error)
            sink.failed(self.index, error)

    def cancel(self) -> None:
        """Nobody needs the answer any more."""
        outcome, self.outcome = self.outcome, None
        if self.sink is not None:
            self.sink = None
            if outcome is not None:
                outcome.cancel()
            self._record(outcome, "cancelled")

    def _record(self, outcome: Outcome | None, status: str, error: PlaitError | None = None) -> None:
        ask, run = self.ask, self.run
        code, attempts, endpoint = (outcome.code, outcome.attempts, outcome.endpoint) if outcome is not None else (None, 0, "")
        ended = run.clock.now()
        took = ended - self.began
        ask.counts.saw(status, took)
        detail = error.detail if error is not None else ""
        # A copy: the error itself will know who raised it, and with it this run, whose parts the garbage collector does not see.
        failure = copy(error) if run.job else None
        of = ask.predictor.name
        run.emit(Part(ask.key, ask.path, of, status, took, code, attempts, endpoint, detail, None, "", ended, failure))


class Unneeded:
    """A call that nobody needed in the end when this run was made before: there is no answer, for as long as there could be one."""

    __slots__ = ("_bucket", "_index", "_sink")

    def __init__(self, run: Run, deadline: float, sink: Sink, index: int) -> None:
        self._sink: Sink | None = sink
        self._index = index
        self._bucket = run.clock.at(deadline, self)

    def expire(self) -> None:
        """Somebody needs it after all."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.failed(self._index, TimedOut("it was stopped when this was run before, and is not asked again"))

    def cancel(self) -> None:
        """Nobody does."""
        self._sink = None
        self._bucket.pop(self, None)
