"""What a graph's answers need that come later than their requests are answered, and who is to be answered."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from plait.graph.slice import Slice, slice_of
from plait.jobs.asked import Asked
from plait.server.judged import Judged

if TYPE_CHECKING:
    from plait.errors import PlaitError
    from plait.graph.compile import Compiled
    from plait.graph.spec import Config
    from plait.http1.messages import Request
    from plait.jobs.state import JobState
    from plait.server.lasting import Lasting
    from plait.server.wish import Wish
    from plait.types import Message, Run


class Client(Protocol):
    """Who is to be answered, once, unless it has left."""

    def answered(self, index: int, message: Message) -> None:
        """As any request: with the graph's answer."""

    def failed(self, index: int, error: PlaitError) -> None:
        """As any request: with a problem."""

    def partly(self, outcome: Message | PlaitError, run: Run, job: str) -> None:
        """With what another run of the graph made of the parts so far; the rest goes on under a job, if it is given."""

    def accepted(self, state: JobState) -> None:
        """With a job in place of the answer."""

    def ended(self, state: JobState, waited: float) -> None:
        """With what came of a job, after so many seconds in which it was waited for."""


class Later:
    """What one graph's answers need that come later.

    Args:
        config: The configuration.
        compiled: The graph.
        revision: The configuration's number.
        folder: Where modules with functions of users are looked for.
        lasting: The worker's state.
    """

    def __init__(self, config: Config, compiled: Compiled, revision: int, folder: str, lasting: Lasting) -> None:
        self._config = config
        self._compiled = compiled
        self._revision = revision
        self._folder = folder
        self.lasting = lasting
        self.timeout = config.jobs.timeout
        self.keep = config.graphs[compiled.name].late == "keep"
        self.judged = Judged(compiled.timeout, {name: sink.notify for name, sink in config.sinks.items()})

    @cached_property
    def slice(self) -> Slice:
        """What the graph runs on; made when it is first needed."""
        return slice_of(self._config, self._compiled.name, self._folder)

    def asked(self, message: Message, request: Request, wish: Wish, forwarded: bytes, request_id: str) -> Asked:
        """The job that a request may become."""
        return Asked(
            graph=self._compiled.name,
            slice=self.slice,
            message=message,
            compiled=self._compiled,
            headers=request.headers,
            forwarded=forwarded,
            request_id=request_id,
            revision=self._revision,
            client=request.client,
            key=wish.key,
            notify=wish.notify,
        )
