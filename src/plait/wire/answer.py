"""What an HTTP answer of a predictor means, whatever its protocol."""

from __future__ import annotations

import msgspec

from plait.errors import BadAnswer, LoopDetected, Refused, TimedOut
from plait.jsontext import NotJson, validate
from plait.types import Header, Message

_OK = 200
_COMPLETE = b"x-plait-complete"
_TIME_IS_UP = f"urn:plait:problem:{TimedOut.code}"


class _Problem(msgspec.Struct, frozen=True):
    type: str = ""


_problem = msgspec.json.Decoder(_Problem).decode


def check_status(status: int, body: bytes, pass_status: frozenset[int]) -> None:
    """Accept 2xx.

    Raises:
        Refused: If the predictor says that the request is wrong.
        LoopDetected: If it is a proxy that has seen this request too often.
        TimedOut: If it is a proxy whose time is up: often ours, which ends there a moment before it ends here.
        BadAnswer: For every other status; a redirect is never followed.
    """
    if _OK <= status < 300:  # noqa: PLR2004
        return
    if status in pass_status:
        raise Refused(f"it refused the request with status {status}", status, body)
    if status == LoopDetected.status:
        raise LoopDetected("it answered that the request has passed through too many proxies; one of them may ask itself")
    if status == TimedOut.status and _says_that_time_is_up(body):
        raise TimedOut("it answered that it had no answer in time")
    if 300 <= status < 400:  # noqa: PLR2004
        raise BadAnswer(f"it answered with a redirect ({status}), which is never followed", status)
    raise BadAnswer(f"it answered with status {status}", status)


def _says_that_time_is_up(body: bytes) -> bool:
    try:
        return _problem(body).type == _TIME_IS_UP
    except (ValueError, RecursionError):  # what msgspec says, also of bytes that are no UTF-8
        return False


def check_fields(status: int, headers: Header) -> bool:
    """Whether the answer is complete, which one of a proxy may not be.

    Raises:
        BadAnswer: If it is not said to be JSON.
    """
    kind = headers.get(b"content-type")
    if kind != b"application/json" and kind is not None and not _is_json(kind):
        raise BadAnswer("its answer is not said to be JSON", status)
    coding = headers.get(b"content-encoding")
    if coding is not None and coding.lower() != b"identity":
        raise BadAnswer("its answer has a content coding that nobody asked for", status)
    return headers.get(_COMPLETE) != b"false"


def json_answer(status: int, body: bytes, *, complete: bool = True) -> Message:
    """The body as a message, validated and not decoded.

    Raises:
        BadAnswer: If it is no JSON.
    """
    try:
        validate(body)
    except NotJson as exc:
        raise not_json(exc, status, body) from None
    return Message(body, complete)


def not_json(reason: NotJson, status: int, body: bytes) -> BadAnswer:
    """The failure of a call whose answer's body is no JSON."""
    return BadAnswer(f"its answer is not JSON: {reason}" if body else "its answer is empty", status)


def _is_json(kind: bytes) -> bool:
    media = kind.split(b";", 1)[0].strip().lower()
    return media == b"application/json" or (media.startswith(b"application/") and media.endswith(b"+json"))
