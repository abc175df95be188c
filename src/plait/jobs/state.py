"""A job as its client sees it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from plait.events import Part
from plait.jobs.records import ENDED, StoredJob


class JobPart(msgspec.Struct, frozen=True, kw_only=True):
    """How one call of a job ended, as in an envelope, with its answer.

    `endpoint` and `error` are left out for callers who may not see them.
    """

    status: str
    code: int | None
    ms: float
    attempts: int
    endpoint: str | msgspec.UnsetType | None = msgspec.UNSET
    error: str | msgspec.UnsetType | None = msgspec.UNSET
    output: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class JobState(msgspec.Struct, frozen=True, kw_only=True):
    """A job: what it is encoded to is what its route answers.

    Args:
        id: 128 random bits, as 32 hexadecimal digits.
        status: One of queued, running, succeeded, failed, cancelled.
        parts: The calls of predictors that have ended, by key.
        result: The answer's JSON, once there is one.
        complete: Whether nothing is missing in it; null until it is there.
        error: The problem, if it failed.
        created: When it was taken in, in RFC 3339.
        finished: When it ended.
        revision: The number of the configuration that took it in.
        request_id: That of its request.
    """

    id: str
    graph: str
    status: str
    parts: dict[str, JobPart]
    result: msgspec.Raw | None
    complete: bool | None
    error: msgspec.Raw | None
    created: str
    finished: str | None
    revision: int
    request_id: str

    @property
    def ended(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.status in ENDED

    def without_details(self) -> JobState:
        """The same for callers who may not see addresses and errors of parts."""
        hidden = {
            key: msgspec.structs.replace(part, endpoint=msgspec.UNSET, error=msgspec.UNSET) for key, part in self.parts.items()
        }
        return msgspec.structs.replace(self, parts=hidden)


def state_of(job: StoredJob, parts: Iterable[Part]) -> JobState:
    """The state of a job that is kept, with these parts."""
    return JobState(
        id=job.id,
        graph=job.graph,
        status=job.status,
        parts={part.key: job_part(part) for part in parts},
        result=None if job.result is None else msgspec.Raw(job.result),
        complete=None if job.result is None else job.complete,
        error=None if job.error is None else msgspec.Raw(job.error),
        created=moment(job.created),
        finished=None if job.finished is None else moment(job.finished),
        revision=job.revision,
        request_id=job.request_id,
    )


def job_part(part: Part) -> JobPart:
    """A part as a job shows it."""
    return JobPart(
        status=part.status,
        code=part.code,
        ms=round(part.seconds * 1000, 1),
        attempts=part.attempts,
        endpoint=part.endpoint or None,
        error=part.error or None,
        output=msgspec.UNSET if part.output is None else msgspec.Raw(part.output.raw),
    )


def moment(when: datetime) -> str:
    """A moment in RFC 3339."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds")
