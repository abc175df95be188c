"""An error as an answer: problem+json, RFC 9457."""

from __future__ import annotations

from typing import Any

import msgspec

from plait.errors import InvalidRequest, MethodNotAllowed, PlaitError, Refused, Responded
from plait.http1.messages import Response
from plait.jsontext import NotJson, validate

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
FINAL = "X-Plait-Final"
"""Says that this failure may have been asked about again already, so that no other plait does so."""

AGAIN_LATER = frozenset({429, 503})
"""The statuses whose answers say when to ask again."""

_encode = msgspec.json.Encoder().encode


def problem(error: PlaitError, request_id: str, **extra: Any) -> Response:
    """The response that tells a client what went wrong.

    Args:
        error: What happened; its class gives type, title and status.
        request_id: The id that the client knows the request by.
        extra: Further members, JSON values, such as `parts`.
    """
    members = usual(error, request_id)
    head = problem_head(error.status, request_id)
    if isinstance(error, InvalidRequest):
        members["pointer"] = error.pointer
    if isinstance(error, Refused):
        members["answer"] = _said(error.body)
    if isinstance(error, Responded):
        members |= {"rule": error.rule, "body": msgspec.Raw(error.body)}
    if error.node:
        members["node"] = error.node
    if error.predictor:
        members["predictor"] = error.predictor
    if isinstance(error, MethodNotAllowed):
        head += f"Allow: {error.allow}\r\n"
    if error.final:
        head += f"{FINAL}: true\r\n"
    return Response(error.status, _encode(members | extra), head, code=error.code)


def problem_head(status: int, request_id: str) -> str:
    """The header lines that every problem of a status has."""
    again = f"Retry-After: {RETRY_AFTER_SECONDS}\r\n" if status in AGAIN_LATER else ""
    return f"Content-Type: {MEDIA_TYPE}\r\nX-Request-Id: {request_id}\r\n{again}"


def usual(error: PlaitError, request_id: str) -> dict[str, Any]:
    """The members that every problem has.

    Args:
        error: What happened; its class gives type, title and status.
        request_id: The id that the client knows the request by.
    """
    return {
        "type": f"urn:plait:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "request_id": request_id,
    }


def _said(body: bytes) -> msgspec.Raw | str:
    """A predictor's body as a member of a problem: its JSON as it is, anything else as text."""
    try:
        validate(body)
    except NotJson:
        return body.decode(errors="replace")
    return msgspec.Raw(body)
