"""What the header fields of a request say to a graph, found once for all requests that have the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from plait.errors import BadRequest, LoopDetected
from plait.http1.body import check_content
from plait.server.wish import LONGEST_WAIT, Wish, wish_of
from plait.spec.fields import seconds

if TYPE_CHECKING:
    from plait.types import Header

HOPS = 16
_FIRST_HOP = b"X-Plait-Hops: 1\r\n"
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]{0,200})?")
_TIMEOUT = b"x-request-timeout"


class Judged:
    """Judges header fields for one graph. What was judged refers to this, and so keeps no graph alive that is no more.

    Args:
        longest: The graph's timeout in seconds.
        sinks: By name, whether clients may have jobs posted to it.
    """

    __slots__ = ("_longest", "_sinks")

    def __init__(self, longest: float, sinks: Mapping[str, bool]) -> None:
        self._longest = longest
        self._sinks = sinks

    def conclusion(self, headers: Header) -> tuple[float, bytes, Wish | None]:
        """What the fields say.

        Returns:
            The seconds that the run may take; the header lines that every predictor gets; and what takes the answer later.

        Raises:
            RequestError: If there can be no run.
        """
        check_content(headers)
        given = headers.get(_TIMEOUT)
        timeout = wanted_timeout(given, self._longest)
        # Who says how long it can wait for an answer can wait no longer for a job.
        patience = LONGEST_WAIT if given is None else wanted_timeout(given, LONGEST_WAIT)
        return timeout, forwarded_fields(headers), wish_of(headers, self._sinks, patience)


def wanted_timeout(value: bytes | None, longest: float) -> float:
    """The seconds that a client gives; never more than the graph's own.

    Raises:
        BadRequest: If the header is no duration.
    """
    if value is None:
        return longest
    try:
        return min(seconds(value.decode("latin-1")), longest)
    except ValueError:
        raise BadRequest("X-Request-Timeout is no duration such as 250ms") from None


def forwarded_fields(headers: Mapping[bytes, bytes]) -> bytes:
    """The header lines that every predictor gets: how many proxies it came through, and the trace.

    Raises:
        LoopDetected: If it came through too many.
    """
    hops = headers.get(b"x-plait-hops")
    lines = _FIRST_HOP
    if hops is not None:
        count = int(hops) + 1 if hops.isdigit() and len(hops) < 4 else HOPS + 1  # noqa: PLR2004
        if count > HOPS:
            raise LoopDetected("the request has passed through too many proxies; one of them may ask itself")
        lines = b"X-Plait-Hops: %d\r\n" % count
    trace = headers.get(b"traceparent")
    if trace is not None and _TRACEPARENT.fullmatch(trace):
        lines += b"traceparent: %b\r\n" % trace
    return lines
