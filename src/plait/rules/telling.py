"""What sinks are told: messages, each under an id by which it is sent once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from plait.errors import TooLarge
from plait.jobs.records import Outgoing
from plait.jobs.state import moment
from plait.types import JOB

if TYPE_CHECKING:
    from plait.events import Part
    from plait.graph.rules import BoundRule
    from plait.types import Message, Run

_encode = msgspec.json.Encoder().encode


class Found(msgspec.Struct, frozen=True):
    """What a rule holds for.

    Args:
        rule: The rule.
        key: That of the part; empty for the result.
        message: The part's answer, or the result.
        by: For which value of `by` it was counted, if it was.
    """

    rule: BoundRule
    key: str
    message: Message
    by: Message | None = None

    def called(self, run: str) -> str:
        """What tells it from all others."""
        return f"{run}/{self.rule.name}/{self.key}" if self.key else f"{run}/{self.rule.name}"


def alert(found: Found, graph: str, sink: str, run: Run, own: str) -> Outgoing:
    """The message that tells a sink of it; `own` is by what the run is known."""
    rule, job = found.rule, _job(run)
    said: dict[str, Any] = {"type": "alert", "graph": graph, "rule": rule.name, "sink": sink}
    if found.key:
        said["part"] = found.key
    said["output" if found.key else "result"] = msgspec.Raw(found.message.raw)
    said["parts"] = outputs(run.parts)
    said["request"] = msgspec.Raw(run.message.raw)
    said["request_id"] = run.request_id.decode()
    if job is not None:
        said["job"] = job
    said["time"] = moment(datetime.now(UTC))
    if rule.counts is not None:
        said["count"] = rule.counts.times
        if found.by is not None:
            said["by"] = msgspec.Raw(found.by.raw)
    return Outgoing(id=found.called(own), sink=sink, payload=_encode(said), job=job)


def deferred(found: Found, sink: str, run: Run, own: str) -> Outgoing:
    """The input of the job that begins in a queue."""
    result = None if found.key else msgspec.Raw(found.message.raw)
    said = {"request": msgspec.Raw(run.message.raw), "result": result, "parts": outputs(run.parts)}
    return Outgoing(id=f"{found.called(own)}/defer", sink=sink, payload=_encode(said), job=_job(run))


def fitting(outgoing: Outgoing, largest: int) -> Outgoing:
    """The same message.

    Raises:
        TooLarge: If it has more bytes than that.
    """
    if len(outgoing.payload) > largest:
        raise TooLarge(f"the message would be larger than {largest} bytes")
    return outgoing


def outputs(parts: Sequence[Part]) -> dict[str, msgspec.Raw]:
    """The answers so far, by key."""
    return {part.key: msgspec.Raw(part.output.raw) for part in parts if part.output is not None}


def _job(run: Run) -> str | None:
    """The job that a run is; one that may only become a job is none yet."""
    return run.job if run.job and run.priority >= JOB else None
