"""What a client is told of a job: the job itself, or what came of it in the form that a plain request has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from plait.http1.messages import JSON, Response
from plait.http1.problem import problem, problem_head
from plait.jobs.errors import Cancelled
from plait.jobs.records import FAILED, SUCCEEDED
from plait.server.answers import ENVELOPE, TIMED

if TYPE_CHECKING:
    from plait.jobs.state import JobPart, JobState
    from plait.server.forms import Form

ROUTE = "/jobs/"
"""Where jobs are, each under its id."""

_encode = msgspec.json.Encoder().encode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def accepted(state: JobState, request_id: str, *, details: bool) -> Response:
    """The job in place of its answer, which comes later."""
    head = f"{JSON}{location(state.id)}Preference-Applied: respond-async\r\n{_known(request_id, state)}"
    return Response(202, _job(state, details=details), head)


def location(job: str) -> str:
    """The header line that says where a job is."""
    return f"Location: {ROUTE}{job}\r\n"


def shown(state: JobState, request_id: str, *, details: bool) -> Response:
    """A job that was asked about."""
    head = f"{JSON}{_known(request_id, state)}Cache-Control: no-store\r\n"
    return Response(200, _job(state, details=details), head)


def has_outcome(state: JobState) -> bool:
    """Whether a job has an answer, or failed, so that there is something to tell in place of it."""
    return state.status in (SUCCEEDED, FAILED)


def outcome(state: JobState, request_id: str, form: Form | None, *, details: bool) -> Response:
    """What came of a job that has ended, as a plain request would be answered."""
    if state.status != SUCCEEDED or state.result is None:
        return failure(state, request_id, details=details)
    complete = "true" if state.complete else "false"
    timing = f"Server-Timing: {_timing(state.parts)}\r\n" if state.parts else ""
    told = f"X-Request-Id: {request_id}\r\nX-Plait-Complete: {complete}\r\nX-Plait-Revision: {state.revision}\r\n{timing}"
    if form is None:
        return Response(200, bytes(state.result), JSON + told, None, bool(state.complete))
    head = f"Content-Type: {ENVELOPE}\r\n{told}"
    return Response(200, enveloped(state, request_id, details=details), head, None, bool(state.complete))


def enveloped(state: JobState, request_id: str, *, details: bool) -> bytes:
    """The answer of a job with the state of every part around it."""
    envelope = {
        "complete": state.complete,
        "result": state.result,
        "request_id": request_id,
        "revision": state.revision,
        "parts": _parts(state, details=details),
    }
    return _encode(envelope)


def failure(state: JobState, request_id: str, *, details: bool) -> Response:
    """The problem of a job that has no answer: why it failed, or that somebody has cancelled it."""
    parts = _parts(state, details=details)
    revision = f"X-Plait-Revision: {state.revision}\r\n"
    if state.error is None:
        told = problem(Cancelled("the job was cancelled"), request_id, parts=parts)
        return msgspec.structs.replace(told, head=told.head + revision)
    members: dict[str, Any] = _members(state.error)
    status, kind = msgspec.json.decode(members["status"], type=int), msgspec.json.decode(members["type"], type=str)
    body = _encode(members | {"request_id": request_id, "parts": parts})
    return Response(status, body, problem_head(status, request_id) + revision, code=kind.rpartition(":")[2])


def _job(state: JobState, *, details: bool) -> bytes:
    return _encode(state if details else state.without_details())


def _known(request_id: str, state: JobState) -> str:
    return f"X-Request-Id: {request_id}\r\nX-Plait-Revision: {state.revision}\r\n"


def _timing(parts: dict[str, JobPart]) -> str:
    """As `plait.server.answers.server_timing`, of parts that were kept."""
    first = list(parts.items())[:TIMED]
    return ", ".join(f"{key};dur={part.ms}" + ("" if part.status == "ok" else f';desc="{part.status}"') for key, part in first)


def _parts(state: JobState, *, details: bool) -> dict[str, Any]:
    """The parts as an envelope has them: without what they answered."""
    seen = state if details else state.without_details()
    return {key: msgspec.structs.replace(part, output=msgspec.UNSET) for key, part in seen.parts.items()}
