"""A predictor in memory that does as it is told, after as long as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plait.errors import BadAnswer, PlaitError, TimedOut
from plait.nodes.ask import Receiver
from plait.types import Message, Run

if TYPE_CHECKING:
    from plait.spec.policies import HedgeSpec, RetrySpec

Answer = Callable[[Any], Any]


class FakePredictor:
    """Answers, fails or stays silent.

    Args:
        name: The predictor's name.
        answer: Any JSON value, or a function from the request's value to one.
        error: Makes the error that it fails with, instead of an answer.
        after: Seconds until it answers or fails; None for never.
        timeout: Seconds that one call may take.
        complete: Whether its answers are whole (those of a graph may not be).

    `asked` holds the requests that it got, `cancelled` counts those that nobody waited for any more, `open` those under way.
    """

    def __init__(
        self,
        name: str,
        answer: Any = None,
        *,
        error: Callable[[], PlaitError] | None = None,
        after: float | None = 0.0,
        timeout: float = 1.0,
        complete: bool = True,
    ) -> None:
        self.name = name
        self.timeout = timeout
        self.asked: list[Any] = []
        self.cancelled = 0
        self.open = 0
        self._answer = answer
        self._error = error
        self._after = after
        self._complete = complete

    def repeating(self, retry: RetrySpec | None, hedge: HedgeSpec | None) -> FakePredictor:  # noqa: ARG002 - a predictor's arguments
        """The same: what a fake does happens in memory, and once."""
        return self

    def ask(self, message: Message, run: Run, now: float, deadline: float, receiver: Receiver) -> FakeCall:
        """Begin a call; its deadline, and the predictor's timeout, are kept whatever the predictor does."""
        self.asked.append(message.value)
        self.open += 1
        call = FakeCall(self, receiver, run)
        loop = asyncio.get_running_loop()
        run.clock.at(min(deadline, now + self.timeout), call)
        if self._after is not None:
            call.timer = loop.call_later(self._after, call.finish, message)
        return call

    def outcome(self, message: Message) -> Message | PlaitError:
        """What it says to a request."""
        if self._error is not None:
            return self._error()
        said = self._answer(message.value) if callable(self._answer) else self._answer
        answer = Message.of(said)
        return answer if self._complete else answer.incomplete()


class FakeCall:
    """A call of a fake under way."""

    def __init__(self, predictor: FakePredictor, receiver: Receiver, run: Run) -> None:
        self.ended_at = 0.0
        self.code: int | None = None
        self.attempts = 1
        self.endpoint = f"fake:{predictor.name}"
        self.timer: asyncio.TimerHandle | None = None
        self._predictor = predictor
        self._now = run.clock.now
        self._receiver: Receiver | None = receiver

    def finish(self, message: Message) -> None:
        """The predictor answers, or fails."""
        said = self._predictor.outcome(message)
        if isinstance(said, Message):
            self.code = 200
            self._end(said, None)
        else:
            self.code = said.answer_status if isinstance(said, BadAnswer) else None
            self._end(None, said)

    def expire(self) -> None:
        """The deadline has come."""
        self._stop()
        self._end(None, TimedOut("no answer in time"))

    def cancel(self) -> None:
        """Nobody waits any more."""
        if self._receiver is not None:
            self._receiver = None
            self._predictor.cancelled += 1
            self._predictor.open -= 1
            self._stop()

    def _stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def _end(self, message: Message | None, error: PlaitError | None) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            self._predictor.open -= 1
            self.ended_at = self._now()
            receiver.ended(self, message, error)
