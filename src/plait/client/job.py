"""A job, for plain code and threads."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import Any

from plait.answer import Answer
from plait.client.calls import Calls, Stream, parts_of
from plait.client.events import Events
from plait.client.job_view import JobTold, JobView, told
from plait.client.part import Part
from plait.client.waiting import Waiting


class Job(JobView):
    """A job, as it was told last; whoever waits for it, looks or listens knows it anew.

    Every method raises a `plait.errors.PlaitError` if the proxy cannot be asked, or has no such job any more.

    Args:
        calls: What the client asks with.
        graph: What was asked for.
        found: What is told of it.
    """

    def __init__(self, calls: Calls, graph: str, found: JobTold | Answer) -> None:
        super().__init__(graph, found)
        self._calls = calls

    def refresh(self) -> Job:
        """Look at it anew; itself."""
        self._look()
        return self

    def wait(self, timeout: float | None = None) -> Any:
        """Its result, once it has ended; a proxy that is away for a moment is asked again.

        Args:
            timeout: Seconds, for as long as it takes if not given; with 0 it is only looked at.

        Raises:
            NotFinished: If it has not ended by then, a `TimedOut` and Python's `TimeoutError`; the job goes on.
            Cancelled: If somebody has cancelled it.
            PlaitError: What it failed with.
        """
        waiting = Waiting(timeout)
        while not self.done:
            self._look(waiting.look())
            if not self.done:
                self._calls.pause(waiting.pause())
        return self._outcome()

    def stream(self) -> Stream:
        """Its parts, from the first on, each as it ends; asked for when the first one is.

        Raises what it failed with, after its parts. A stream that is cut short raises too, and can be asked for again.
        """
        events = Events(self._calls.plan.most, sse=True)
        return Stream(events, self._parts(events))

    def cancel(self) -> Job:
        """Stop it, unless it has ended; itself."""
        if self.id is not None:
            self._take(self._calls.surely(self._calls.plan.job(self.id, method="DELETE"), told, patient=True))
        return self

    def _look(self, wait: float = 0.0) -> None:
        if self.id is not None:
            self._take(self._calls.surely(self._calls.plan.job(self.id, wait=wait), told, patient=True))

    def _parts(self, events: Events) -> Generator[Part]:
        if self.id is None:
            yield from self._replayed(events)
            return
        try:
            with closing(parts_of(self._calls.http, self._calls.plan.events(self.id), events)) as parts:
                for part in parts:
                    self._heard(part)
                    yield part
        finally:
            self._ended(events)
