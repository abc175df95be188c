"""Run a graph later: a message to a queue is a job."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from plait.graph.slice import Slice, slice_of
from plait.http1.ids import new_id
from plait.jobs.asked import Asked
from plait.types import DEFERRED, JOB, Message

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.jobs.records import Outgoing
    from plait.spec.sinks import QueueSink

CLIENT = "rule\n"
"""Whose jobs these are: no client's, whatever its name."""


class Queued:
    """Makes jobs of messages to one queue.

    Args:
        name: The sink's.
        spec: What the file says of it.
        config: The configuration.
        revision: Its number.
        folder: Where modules with functions of users are looked for.
    """

    def __init__(self, name: str, spec: QueueSink, config: Config, revision: int, folder: str) -> None:
        self._name = name
        self._spec = spec
        self._config = config
        self._revision = revision
        self._folder = folder

    @cached_property
    def _slice(self) -> Slice:
        return slice_of(self._config, self._spec.graph, self._folder)

    def asked(self, outgoing: Outgoing) -> Asked:
        """The job that a message is: the same message is the same job."""
        return Asked(
            graph=self._spec.graph,
            slice=self._slice,
            message=Message(outgoing.payload),
            request_id=new_id(),
            revision=self._revision,
            client=CLIENT,
            key=outgoing.id,
            priority=DEFERRED if self._spec.queue == "low" else JOB,
            queue=self._name,
            ruled=True,
        )
