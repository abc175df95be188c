"""A problem as an error again: the class of the tree that has its code, with the facts that were told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from plait.answer import PartState
from plait.errors import (
    Internal,
    InvalidRequest,
    NodeError,
    Overloaded,
    PlaitError,
    Refused,
    RequestError,
    Responded,
    TimedOut,
    UpstreamError,
)
from plait.job_errors import ALL

MEDIA_TYPE = "application/problem+json"
_URN = "urn:plait:problem:"
_SERVER_ERRORS = 500
_FAILED: dict[int, type[PlaitError]] = {503: Overloaded, 504: TimedOut}


def _tree(kind: type[PlaitError]) -> Iterator[type[PlaitError]]:
    """A class and all below it that have a code of their own; those below come later."""
    if "code" in vars(kind):
        yield kind
    for below in kind.__subclasses__():
        yield from _tree(below)


KINDS: dict[str, type[PlaitError]] = {
    **{kind.code: kind for root in (RequestError, NodeError, UpstreamError, Responded, Internal) for kind in _tree(root)},
    **{kind.code: kind for kind in ALL},
}
"""The class of every code that a proxy answers with."""


class _Told(msgspec.Struct, frozen=True):
    """A problem document, RFC 9457, with plait's own members; those that are missing are empty."""

    type: str = ""
    title: str = ""
    status: int = 0
    detail: str = ""
    request_id: str = ""
    node: str = ""
    predictor: str = ""
    pointer: str = ""
    answer: msgspec.Raw = msgspec.Raw()
    rule: str = ""
    body: msgspec.Raw = msgspec.Raw(b"null")
    parts: dict[str, PartState] = {}


_decode = msgspec.json.Decoder(_Told).decode


def problem_error(document: bytes | msgspec.Raw, status: int = 0) -> PlaitError:
    """The error that a problem document tells of; one with a code that is not known here has the nearest class.

    Args:
        document: The JSON.
        status: The response's status; without one, that in the document.

    Raises:
        ValueError: If it is no problem document.
    """
    told = _decode(document)
    status = status or told.status
    code = told.type.removeprefix(_URN) if told.type.startswith(_URN) else ""
    kind = KINDS.get(code) or _nearest(status)
    error = kind(told.detail or told.title or f"it answered with status {status}")
    error.code = code or kind.code
    error.title = told.title or kind.title
    error.status = status or kind.status
    error.request_id, error.node, error.predictor, error.parts = told.request_id, told.node, told.predictor, told.parts
    if isinstance(error, InvalidRequest):
        error.pointer = told.pointer
    if isinstance(error, Refused):
        error.body = bytes(told.answer)
    if isinstance(error, Responded):
        error.rule, error.body = told.rule, bytes(told.body)
    return error


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After field, which may also be a date; None without one."""
    value = headers.get("retry-after", "")
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, OverflowError):  # no date, or none of a year that there is
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _nearest(status: int) -> type[PlaitError]:
    return _FAILED.get(status, UpstreamError) if status >= _SERVER_ERRORS else RequestError
