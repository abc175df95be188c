"""What the failure of one attempt says: of its replica, of the predictor's load, and of whether to ask again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from plait.errors import BadAnswer, CutOff, PlaitError, TimedOut, Unreachable
from plait.http1.problem import FINAL
from plait.spec.policies import BROKEN, CONNECT, TIMEOUT
from plait.upstream.retry import Reason, retry_after

_FINAL = FINAL.lower().encode()
_RETRY_AFTER = b"retry-after"
_BUSY = (429, 503)
_OF_THE_REQUEST = range(400, 500)
_OF_THE_REPLICA = (408, 429)


class Verdict(NamedTuple):
    """What follows from a failure.

    Args:
        reason: By which name a retry may be asked for; None if there is none.
        bad: Whether the replica failed, in a way that no caller can bring about.
        busy: Whether the predictor says that it has too much to do.
    """

    reason: Reason | None
    bad: bool
    busy: bool = False


_UNREACHABLE = Verdict(CONNECT, bad=True)
_BROKEN = Verdict(BROKEN, bad=True)
_NO_ANSWER = Verdict(None, bad=True)
_SILENT = Verdict(TIMEOUT, bad=False)
_ITS_TIME_IS_UP = Verdict(TimedOut.status, bad=False)
_NOT_ITS_FAULT = Verdict(None, bad=False)


def verdict(error: PlaitError, status: int | None) -> Verdict:
    """What an error says of whoever was asked.

    A status that callers can bring about, such as 404, or 401 by a header field that is passed on, is held against nobody: else a
    caller could take a replica from all others. For the same reason no time is up too early here: callers may shorten it.

    Args:
        error: How the attempt ended.
        status: The HTTP status of the answer, if one was read.
    """
    if isinstance(error, CutOff):
        return _BROKEN
    if isinstance(error, BadAnswer):
        if status is None or status < 400:  # noqa: PLR2004 - no answer that was asked for, be it a redirect
            return _NO_ANSWER
        return Verdict(status, status not in _OF_THE_REQUEST or status in _OF_THE_REPLICA, status in _BUSY)
    if isinstance(error, TimedOut):
        return _SILENT if status is None else _ITS_TIME_IS_UP
    return _UNREACHABLE if isinstance(error, Unreachable) else _NOT_ITS_FAULT


def heed(error: PlaitError, headers: Mapping[bytes, bytes]) -> None:
    """Take over what the header fields of a bad answer say of asking again: how long to wait, or that it is no use."""
    error.final = error.final or _FINAL in headers
    if _RETRY_AFTER in headers:
        error.retry_after = retry_after(headers[_RETRY_AFTER].decode("latin-1"), datetime.now(UTC))
