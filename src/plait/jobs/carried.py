"""A graph's call that may go on without its client: whoever wants to know listens."""

from __future__ import annotations

from collections.abc import Callable

from plait.errors import PlaitError
from plait.events import Part
from plait.http1.ids import new_id
from plait.types import Context, Leaf, Message, Run, Started

Leave = Callable[[], None]
"""Listens no more."""


class Carried:
    """A graph's call under way, with its run: the sink of that call.

    Args:
        call: The graph's.
        run: Its run; one that is no job yet gets the id of the job that it may become.
        deadline: The moment on the run's clock at which it ends, whatever happens.

    `outcome` is what came of it, None until then and where it was cancelled.
    """

    def __init__(self, call: Leaf, run: Run, deadline: float) -> None:
        self.run = run
        self.deadline = deadline
        self.outcome: Message | PlaitError | None = None
        self._call = call
        self._started: Started | None = None
        self._over = False
        self._heard: dict[int, tuple[Callable[[Part], None], Callable[[], None]]] = {}
        self._next = 0
        run.job = run.job or new_id()
        run.subscribers = (*run.subscribers, self._part)

    @property
    def over(self) -> bool:
        """Whether it has ended, or was cancelled."""
        return self._over

    def start(self) -> None:
        """Begin the call; it may have ended by the time this returns."""
        started = self._call.start(self.run.message, Context(self.run, self.deadline), self)
        if self._over:
            started.cancel()  # it was cancelled while it began
        else:
            self._started = started

    def listen(self, part: Callable[[Part], None], ended: Callable[[], None]) -> Leave:
        """Hear of each part from now on, and of the end; those so far are in `run.parts`.

        Of the end of one that is over, `ended` hears at once; of one that is cancelled, it hears then.

        Args:
            part: Hears of each part as it ends; none after the end.
            ended: Hears once that it is over.
        """
        if self._over:
            ended()
            return _nothing
        number = self._next = self._next + 1
        self._heard[number] = (part, ended)

        def leave() -> None:
            self._heard.pop(number, None)

        return leave

    def cancel(self) -> None:
        """Stop every call; who listens hears of those that were under way as parts, then of the end."""
        if self._over:
            return
        started, self._started = self._started, None
        if started is not None:
            started.cancel()
        self._end(None)

    # The sink of the call.

    def answered(self, index: int, message: Message) -> None:  # noqa: ARG002 - there is one index
        """The graph has an answer."""
        self._end(message)

    def failed(self, index: int, error: PlaitError) -> None:  # noqa: ARG002 - there is one index
        """The graph has none."""
        self._end(error)

    def _part(self, part: Part) -> None:
        if not self._over:
            for hears, _ in tuple(self._heard.values()):
                hears(part)

    def _end(self, outcome: Message | PlaitError | None) -> None:
        if self._over:
            return
        self._over, self.outcome, self._started = True, outcome, None
        heard, self._heard = self._heard, {}
        for _, ended in heard.values():
            ended()


def _nothing() -> None:
    """There is nobody to leave."""
