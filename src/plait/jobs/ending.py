"""How a job ends: what is kept of its outcome, and what a sink is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from plait.errors import PlaitError, Responded
from plait.events import Part
from plait.http1.problem import problem
from plait.jobs.records import FAILED, SUCCEEDED, Ended, Outgoing, StoredJob
from plait.jobs.state import moment, state_of
from plait.types import Message

_encode = msgspec.json.Encoder().encode


def ended(outcome: Message | PlaitError, request_id: str) -> Ended:
    """What is kept of an answer, or of a failure."""
    if isinstance(outcome, Message):
        return Ended(status=SUCCEEDED, result=outcome.raw, complete=outcome.complete)
    if isinstance(outcome, Responded) and outcome.good:
        return Ended(status=SUCCEEDED, result=outcome.body, complete=outcome.complete)
    return Ended(status=FAILED, error=problem(outcome, request_id).body)


def as_ended(job: StoredJob, end: Ended) -> StoredJob:
    """A job as it is once this has been written."""
    return msgspec.structs.replace(
        job, status=end.status, result=end.result, complete=end.complete, error=end.error, finished=datetime.now(UTC)
    )


def notice(sink: str, job: StoredJob, parts: Iterable[Part]) -> Outgoing:
    """What a sink is sent of a job that has ended: the fields of the job, without addresses.

    A job that ends again, because somebody had it tried again, is another message.
    """
    shown = msgspec.to_builtins(state_of(job, parts).without_details(), builtin_types=(msgspec.Raw,))
    shown["job"] = shown.pop("id")
    event = {"type": "job", "sink": sink, **shown, "time": moment(datetime.now(UTC))}
    return Outgoing(id=f"{job.id}/ended/{job.fence}", sink=sink, payload=_encode(event), job=job.id)
