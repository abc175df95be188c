"""What crosses the border to a Python function: its input, its output, and what it raises."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

from plait.errors import Internal, NodeError, PlaitError, RequestError, UpstreamError
from plait.jsontext import validate

_encode = msgspec.json.Encoder(enc_hook=lambda value: value.tolist()).encode
_decode = msgspec.json.Decoder().decode
_STATUSES = {status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST} - {Internal.status}


def read(raw: bytes) -> Any:
    """The value of JSON, for its receiver to keep or to change.

    Raises:
        NodeError: If a number in it has none in Python (`1e999`).
    """
    try:
        return _decode(raw)
    except msgspec.DecodeError:
        raise NodeError("what the function is given has a number out of range") from None


def written(value: Any) -> bytes:
    """The JSON of what a function gave: one whose text is its own (`msgspec.Raw`) is looked at as a predictor's answer is.

    Raises:
        Exception: Whatever is wrong with it.
    """
    raw = _encode(value)
    validate(raw)
    return raw


def carried(exc: BaseException) -> Exception:
    """What a future can carry of an exception: those that end a loop, a coroutine or the process go into one that does not."""
    if isinstance(exc, Exception) and not isinstance(exc, StopIteration):
        return exc
    error = RuntimeError(f"it raised {type(exc).__name__}")
    error.__cause__ = exc
    return error


def is_answer(error: PlaitError) -> bool:
    """Whether an error is one that a client can be told as it is: with a status of HTTP's, and not for a fault of the proxy."""
    try:
        error.detail.encode()
    except (AttributeError, UnicodeEncodeError):
        return False
    return isinstance(error, (RequestError, NodeError, UpstreamError)) and error.status in _STATUSES
