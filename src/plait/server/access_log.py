"""Which requests are written down: all that did not go well, of the others a share; never more than so many a second."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from plait.http1.ids import own_id
from plait.server.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plait.errors import PlaitError
    from plait.events import Part
    from plait.http1.messages import Request, Response
    from plait.spec.access_log import AccessLog as Spec

_FAILED = 500
_PATH = 256
_PARTS = 32


class Line(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is known of one request. No query, no header, no body: these may hold what must not be kept."""

    time: datetime
    client: str
    method: str = ""
    path: str = ""
    status: int | None = None
    code: str = ""
    ms: float | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    request_id: str = ""
    revision: str = ""
    complete: bool | None = None
    left: bool = False
    parts: dict[str, dict[str, Any]] = {}


@contextmanager
def opened_log(spec: Spec, now: Callable[[], float]) -> Iterator[AccessLog | None]:
    """The log that a file asks for, until the end of the block; None if it wants none.

    Raises:
        StartError: If it cannot be written.
    """
    if spec.to == "off":
        yield None
        return
    with Lines(spec.to) as lines:
        yield AccessLog(spec, lines, now)


class AccessLog:
    """Chooses what is written.

    Args:
        spec: What the file says.
        lines: Where it goes.
        now: The worker's clock, in seconds.
    """

    __slots__ = ("_from", "_lines", "_most", "_now", "_pass", "_sample", "_slow", "_until", "_written")

    def __init__(self, spec: Spec, lines: Lines, now: Callable[[], float]) -> None:
        self._lines = lines
        self._now = now
        self._sample = spec.sample
        self._slow = spec.slow
        self._most = spec.lines
        self._pass = self._gap()
        self._until = 0.0
        self._written = 0

    def served(self, request: Request, response: Response, seconds: float, sent: int) -> None:
        """A request was answered after so many seconds, by so many bytes of a body."""
        well = response.status < _FAILED and response.complete and seconds < self._slow
        if well:
            self._pass -= 1
            if self._pass >= 0:
                return
            self._pass = self._gap()
        if self._has_room():
            headers = dict(response.headers)
            self._lines.put(
                Line(
                    time=datetime.now(UTC),
                    client=request.peer,
                    method=request.method,
                    path=request.path[:_PATH],
                    status=response.status,
                    code=response.code,
                    ms=_ms(seconds),
                    bytes_in=len(request.body),
                    bytes_out=sent,
                    request_id=headers.get("X-Request-Id", ""),
                    revision=headers.get("X-Plait-Revision", ""),
                    complete=response.complete if "X-Plait-Complete" in headers else None,
                    parts={} if well else _parts(response.parts),
                )
            )

    def left(self, request: Request, since: float, status: int | None, sent: int) -> None:
        """The connection ended before its answer did, of which the status and some bytes may have been sent."""
        if self._has_room():
            self._lines.put(
                Line(
                    time=datetime.now(UTC),
                    client=request.peer,
                    method=request.method,
                    path=request.path[:_PATH],
                    status=status,
                    ms=_ms(self._now() - since),
                    bytes_in=len(request.body),
                    bytes_out=sent,
                    request_id=own_id(request.headers, request.query),
                    left=True,
                )
            )

    def refused(self, client: str, line: tuple[str, str], received: int, error: PlaitError, request_id: str) -> None:
        """What came is no request that can be served."""
        if (error.status >= _FAILED or random.random() < self._sample) and self._has_room():  # noqa: S311 - the same
            method, path = line
            self._lines.put(
                Line(
                    time=datetime.now(UTC),
                    client=client,
                    method=method,
                    path=path[:_PATH],
                    status=error.status,
                    code=error.code,
                    bytes_in=received,
                    request_id=request_id,
                )
            )

    def _gap(self) -> float:
        """How many of those that go well are passed over until the next one that is written: a geometric draw costs one of many."""
        if self._sample >= 1:
            return 0
        if self._sample <= 0:
            return math.inf
        return math.log(1 - random.random()) // math.log(1 - self._sample)  # noqa: S311 - chance, no secret

    def _has_room(self) -> bool:
        """Whether another line may be written in this second."""
        now = self._now()
        if now >= self._until:
            self._until, self._written = now + 1, 0
        self._written += 1
        if self._written > self._most:
            self._lines.miss()
            return False
        return True


def _parts(parts: Sequence[Part]) -> dict[str, dict[str, Any]]:
    return {part.key: {"status": part.status, "ms": _ms(part.seconds)} for part in parts[:_PARTS]}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
