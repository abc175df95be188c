"""What came back, as an answer or as an error."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from plait.answer import Answer, PartState
from plait.client.asked import ENVELOPE, LINES, SSE, Asked
from plait.client.problems import MEDIA_TYPE, problem_error, retry_after
from plait.errors import BadAnswer, MethodNotAllowed, PlaitError, Responded, TimedOut

_GOOD = 200
_BAD = 400
_SHOWN = 80
RULE = "x-plait-rule"
"""The header field that names the rule that has answered."""
_T = TypeVar("_T")


class _Refusal(msgspec.Struct, frozen=True):
    """Of an envelope around what a rule answers: the answer, and the parts."""

    result: msgspec.Raw
    parts: dict[str, PartState] = {}


_decode_refusal = msgspec.json.Decoder(_Refusal).decode
_decode_answer = msgspec.json.Decoder(Answer).decode


class Heard(msgspec.Struct, frozen=True):
    """A response; its header fields are found by lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def media_type(self) -> str:
        """Its media type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def good(self) -> bool:
        """Whether it has the status of an answer; a rule may give its own any that is no refusal."""
        return self.status == _GOOD or (self.status < _BAD and RULE in self.headers)

    @property
    def streams(self) -> bool:
        """Whether its body is a stream of parts."""
        return self.status == _GOOD and self.media_type in (LINES, SSE)


class Pieces:
    """A body while it arrives, kept within its bounds of bytes and time."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._until = None if asked.seconds is None else time.monotonic() + asked.seconds
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            BadAnswer: If there are more bytes than may be.
            TimedOut: If the time is up.
        """
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._asked.most:
            raise BadAnswer(
                f"the answer of {self._asked.where} is larger than {self._asked.most} bytes; see max_bytes of the client"
            )
        if self._until is not None and time.monotonic() > self._until:
            raise TimedOut(f"the answer of {self._asked.where} was not whole in {self._asked.seconds:g} s")

    def whole(self) -> bytes:
        """All of it."""
        return b"".join(self._pieces)


def plain(heard: Heard, asked: Asked) -> Any:
    """The JSON of an answer as plain Python.

    Raises:
        PlaitError: If the response is an error, or no JSON.
    """
    return decoded(msgspec.json.decode, heard, asked)


def whole(heard: Heard, asked: Asked) -> Answer:
    """The answer with all that is told around it.

    Raises:
        PlaitError: If the response is an error, or no whole answer.
    """
    if heard.media_type != ENVELOPE:
        raise failure(heard, asked)
    return decoded(_decode_answer, heard, asked)


def failure(heard: Heard, asked: Asked) -> PlaitError:
    """What is wrong with a response that is not what was asked for."""
    error: PlaitError | None = None
    if heard.media_type == MEDIA_TYPE:
        try:
            error = problem_error(heard.body, heard.status)
        except (ValueError, RecursionError):  # what msgspec says, also of bytes that are no UTF-8
            error = None
    if error is None:
        error = (_refusal(heard) if RULE in heard.headers else None) or _foreign(heard, asked)
    if isinstance(error, MethodNotAllowed):
        error.allow = heard.headers.get("allow", "")
    error.request_id = error.request_id or heard.headers.get("x-request-id", "")
    error.retry_after = retry_after(heard.headers)
    return error


def _refusal(heard: Heard) -> Responded | None:
    """The error for what a rule answers in place of the graph; None if it is no JSON."""
    rule, parts = heard.headers[RULE], {}
    try:
        body = msgspec.Raw(heard.body)
        if heard.media_type == ENVELOPE:
            told = _decode_refusal(heard.body)
            body, parts = told.result, told.parts
        else:
            msgspec.json.decode(body)
    except (ValueError, RecursionError):  # what msgspec says, also of bytes that are no UTF-8
        return None
    error = Responded(f"the rule {rule} has answered", heard.status, bytes(body), rule)
    error.parts = parts
    return error


def decoded(decode: Callable[[bytes], _T], heard: Heard, asked: Asked, good: int = _GOOD) -> _T:
    """What a response says, if it has the status that it should have.

    Raises:
        PlaitError: If the response is an error, or what is said is none of it.
    """
    if not heard.good if good == _GOOD else heard.status != good:
        raise failure(heard, asked)
    try:
        return decode(heard.body)
    except (ValueError, RecursionError):  # what msgspec says, also of bytes that are no UTF-8
        raise failure(heard, asked) from None


def _foreign(heard: Heard, asked: Asked) -> BadAnswer:
    """The error for a response that is none of plait's: something else answers there, or stands in between."""
    begins = " ".join(heard.body[: 4 * _SHOWN].decode(errors="replace").split())[:_SHOWN]
    error = BadAnswer(
        f"{asked.where} gave no answer of plait but status {heard.status} with {heard.media_type or 'no media type'}"
        f"{f' that begins {begins!r}' if begins else ''}; is something else there, or in between?",
        heard.status,
    )
    if heard.status >= _BAD:
        error.status = heard.status
    return error
