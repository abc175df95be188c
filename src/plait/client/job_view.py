"""A job as its client sees it: what was told of it last, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from plait.answer import Answer, PartState
from plait.client.asked import Asked
from plait.client.events import Events
from plait.client.heard import Heard, decoded, whole
from plait.client.part import Part
from plait.client.problems import problem_error
from plait.errors import PlaitError
from plait.job_errors import Cancelled

SUCCEEDED, FAILED, CANCELLED = "succeeded", "failed", "cancelled"
_ENDED = (SUCCEEDED, FAILED, CANCELLED)
_ACCEPTED = 202
_NONE = msgspec.Raw(b"null")


class JobPart(PartState, frozen=True, kw_only=True):
    """One call of a predictor, as it ended, with what it answered if `status` is ok."""

    output: Any = None


class JobTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a proxy says of a job."""

    id: str
    graph: str
    status: str
    parts: dict[str, JobPart]
    result: Any
    complete: bool | None
    error: msgspec.Raw = _NONE
    created: datetime
    finished: datetime | None
    revision: int
    request_id: str


_decode = msgspec.json.Decoder(JobTold).decode


def told(heard: Heard, asked: Asked) -> JobTold:
    """A job that was asked about.

    Raises:
        PlaitError: If the response is an error, or no job.
    """
    return decoded(_decode, heard, asked)


def submitted(heard: Heard, asked: Asked) -> JobTold | Answer:
    """The job that a request became, or the answer that was there in time.

    Raises:
        PlaitError: If the response is an error, or neither.
    """
    if heard.status == _ACCEPTED:
        return decoded(_decode, heard, asked, _ACCEPTED)
    return whole(heard, asked)


class JobView:
    """A job, as far as it was told.

    Args:
        graph: What was asked for.
        found: What is told of it; an answer that was there in time is that of a job that nobody has to look for.

    `id` is what it is found by, None where its answer was there in time; `status` one of queued, running, succeeded, failed,
    cancelled; `parts` the calls that have ended, by key; `result` the answer as plain Python, None until it is there, and
    `complete` whether nothing is missing in it; `error` what it failed with; `created` and `finished` are moments in UTC.
    """

    def __init__(self, graph: str, found: JobTold | Answer) -> None:
        self.graph = graph
        self.id: str | None = None
        self.status = SUCCEEDED
        self.parts: dict[str, JobPart] = {}
        self.result: Any = None
        self.complete: bool | None = None
        self.error: PlaitError | None = None
        self.created: datetime | None = None
        self.finished: datetime | None = None
        self.revision = 0
        self.request_id = ""
        self._answer: Answer | None = None
        if isinstance(found, JobTold):
            self._take(found)
        else:
            self.request_id, self.revision = found.request_id, found.revision
            self.parts = {key: JobPart(**msgspec.structs.asdict(part)) for key, part in found.parts.items()}
            self._answered(found)

    def __repr__(self) -> str:
        return f"<job {self.id or 'answered at once'} of {self.graph}: {self.status}>"

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.status in _ENDED

    def _take(self, found: JobTold) -> None:
        self.id, self.graph, self.status, self.parts = found.id, found.graph, found.status, found.parts
        self.result, self.complete = found.result, found.complete
        self.created, self.finished = found.created, found.finished
        self.revision, self.request_id = found.revision, found.request_id
        self.error = _error(found)

    def _outcome(self) -> Any:
        """Its result.

        Raises:
            PlaitError: What it failed with, or that it was cancelled.
        """
        if self.error is not None:
            raise self.error
        return self.result

    # What the events of it tell.

    def _heard(self, part: Part) -> None:
        facts = {name: getattr(part, name) for name in JobPart.__struct_fields__}
        self.parts = {**self.parts, part.key: JobPart(**facts)}

    def _ended(self, events: Events) -> None:
        """Its stream is over."""
        if events.answer is not None:
            self._answered(events.answer)
        elif events.problem is not None:
            self.error = events.problem
            self.status = CANCELLED if isinstance(self.error, Cancelled) else FAILED

    def _replayed(self, events: Events) -> Iterator[Part]:
        """The parts of one whose answer was there in time, which has no events."""
        events.answer = self._answer
        return (Part(key=key, node="", **msgspec.structs.asdict(part)) for key, part in self.parts.items())

    def _answered(self, answer: Answer) -> None:
        self.status, self.result, self.complete, self.error = SUCCEEDED, answer.result, answer.complete, None
        self._answer = answer


def _error(found: JobTold) -> PlaitError | None:
    error: PlaitError | None = None
    if found.status == CANCELLED:
        error = Cancelled("the job was cancelled")
    elif found.status == FAILED:
        error = problem_error(found.error)
    if error is not None:
        error.request_id, error.parts = found.request_id, found.parts
    return error
