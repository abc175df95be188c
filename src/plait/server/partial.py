"""Requests that are answered with a part of the answer at their timeout, while the calls under way go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from plait.errors import PlaitError, Responded, TimedOut
from plait.events import Part
from plait.server.alarm import Alarm
from plait.server.late import adopting, error_of, tell, unheard
from plait.server.waited import forget
from plait.types import Context, Recalled, Run

if TYPE_CHECKING:
    import asyncio

    from plait.jobs.asked import Asked
    from plait.jobs.carried import Carried
    from plait.jobs.state import JobState
    from plait.server.lasting import Lasting
    from plait.server.later import Client
    from plait.types import Leaf, Message, Started

DURABLE = 0.04
"""Seconds that a partial answer waits until its job is durable; it is answered without one then."""
PLAIN_WORK = 0.05
"""Seconds that all but calls has when an answer is made of the parts so far."""


class Keeping:
    """A request that is answered with a part of the answer at its timeout, if there can be one; the calls under way go on as a job.

    The partial answer is that of a second run of the graph, which knows the parts so far and has no time for further calls.

    Args:
        lasting: The worker's state.
        client: Who is answered.
        carried: The graph's call, which has not begun.
        asked: The job that it may become.
        call: The graph's.
    """

    def __init__(self, lasting: Lasting, client: Client, carried: Carried, asked: Asked, call: Leaf) -> None:
        self._lasting = lasting
        self._client: Client | None = client
        self._carried = carried
        self._asked = asked
        self._call = call
        self._began = lasting.clock.now()
        self._alarm = Alarm(lasting.clock, self._late)
        self._second: Run | None = None
        self._evaluating: Started | None = None
        self._partial: Message | None = None
        self._taking: asyncio.Task[JobState] | None = None

    def start(self, moment: float) -> None:
        """Begin, and wait until a moment."""
        self._alarm.at(moment)
        self._carried.start()
        self._carried.listen(unheard, self._over)

    def cancel(self) -> None:
        """The client has left."""
        if self._close() is not None:
            self._stop()

    # The sink of the second run.

    def answered(self, index: int, message: Message) -> None:  # noqa: ARG002 - there is one index
        """There is a partial answer: see that the rest can go on."""
        self._evaluating = None
        if self._client is None:
            return
        self._partial = message
        if self._carried.over:
            self._give("")
        else:
            self._alarm.set(DURABLE)
            self._taking = adopting(self._lasting, self._carried, self._asked)
            self._taking.add_done_callback(self._taken)

    def failed(self, index: int, error: PlaitError) -> None:  # noqa: ARG002 - there is one index
        """There can be none: nothing goes on."""
        self._evaluating = None
        client, run = self._close(), self._second
        if client is not None and run is not None:
            self._carried.cancel()
            if isinstance(error, TimedOut) and error.predictor:
                error.detail = self._no_answer()
            self._tell_partly(client, run, error, "")

    def _over(self) -> None:
        """The graph has the whole answer, which is better than a part whenever it comes; or none, which a part is better than.

        What a rule answers in its place is as good as the whole.
        """
        outcome = self._carried.outcome
        if self._second is None or not isinstance(outcome, PlaitError) or isinstance(outcome, Responded):
            client = self._close()
            if client is not None and self._evaluating is not None:
                self._evaluating.cancel()
            tell(client, self._carried)

    def _late(self) -> None:
        """The time is up: of the request, of the plain work on its parts, or of its becoming a job."""
        if self._second is None:
            self._evaluate()
        elif self._partial is None:
            if self._evaluating is not None:
                self._evaluating.cancel()
            self.failed(0, TimedOut("no time was left for what is made of the parts"))
        else:
            self._give("")

    def _evaluate(self) -> None:
        first = self._carried.run
        run = self._second = Run(first.message, first.clock, first.request_id, first.headers, first.forwarded)
        run.job, run.first = first.job, first
        run.recalled = known(first.parts)
        self._alarm.set(PLAIN_WORK)
        evaluating = self._call.start(run.message, Context(run, run.clock.now()), self)
        if self._client is not None and self._partial is None:
            self._evaluating = evaluating

    def _taken(self, taking: asyncio.Task[JobState]) -> None:
        if self._client is not None:
            error = error_of(taking)
            self._taking = None
            self._give(taking.result().id if error is None else "")

    def _give(self, job: str) -> None:
        """Answer with the part; without a job nothing goes on."""
        client, run, partial = self._close(), self._second, self._partial
        if client is not None and run is not None and partial is not None:
            if not job:
                self._stop()
            self._tell_partly(client, run, partial, job)

    def _tell_partly(self, client: Client, run: Run, outcome: Message | PlaitError, job: str) -> None:
        recalled = run.recalled or {}
        run.parts = [part if part.key in recalled else self._unanswered(part) for part in run.parts]
        client.partly(outcome, run, job)

    def _unanswered(self, part: Part) -> Part:
        """The part of a call that had not ended, for which no second one was made."""
        if part.status != TimedOut.part or part.attempts:
            return part
        return replace(part, seconds=self._lasting.clock.now() - self._began, error=self._no_answer())

    def _no_answer(self) -> str:
        return f"no answer in {(self._lasting.clock.now() - self._began) * 1000:.0f} ms"

    def _stop(self) -> None:
        self._carried.cancel()
        if self._evaluating is not None:
            self._evaluating.cancel()
        if self._taking is not None:
            forget(self._lasting, self._taking, self._asked.client)

    def _close(self) -> Client | None:
        client, self._client = self._client, None
        self._alarm.drop()
        return client


def known(parts: Sequence[Part]) -> dict[str, Recalled]:
    """How calls of a run ended, by their whole key, for another run of the same; of what was never asked nothing is known."""
    return {
        part.key: Recalled(part, part.failure)
        for part in parts
        if part.failure is not None or part.output is not None or part.status == "cancelled"
    }
