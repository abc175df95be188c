"""A question to one address outside of any graph: neither limited nor repeated, and over by its deadline."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from plait.errors import PlaitError, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.clock import Bucket, Clock
    from plait.http1.connection import Connection
    from plait.http1.endpoint import Endpoint
    from plait.types import Header

    Answer = tuple[int, Header, bytes]


class Enquiry:
    """Asks, and tells once what came of it: status, header fields and body, or an error.

    A kept connection that closed in the moment of asking says nothing, so it is asked again on another.

    Args:
        endpoint: The address.
        data: The whole request.
        told: Hears the answer or the error.
    """

    __slots__ = ("_again", "_due", "_endpoint", "_seconds", "_told", "connection", "data")

    def __init__(self, endpoint: Endpoint, data: bytes, told: Callable[[Answer | PlaitError], None]) -> None:
        self._endpoint = endpoint
        self._told: Callable[[Answer | PlaitError], None] | None = told
        self._again = True
        self._due: Bucket = {}
        self._seconds = 0.0
        self.data = data
        self.connection: Connection | None = None

    def ask(self, clock: Clock, seconds: float) -> None:
        """Send it; after so many seconds it has failed.

        Raises:
            UpstreamError: If it cannot be sent; then nothing more is told.
        """
        self._seconds = seconds
        self._endpoint.send(self)
        self._due = clock.at(clock.now() + seconds, self)

    def cancel(self) -> None:
        """Nobody wants to know any more."""
        if self._told is not None:
            self._told = None
            self._due.pop(self, None)
            self._endpoint.drop(self)

    def expire(self) -> None:
        """The time is up."""
        if self._told is not None:
            self._endpoint.drop(self)
            self._end(TimedOut(f"no answer in {self._seconds * 1000:.0f} ms"))

    def answered(self, status: int, headers: Header, body: bytes) -> None:
        """An answer was read whole."""
        self._end((status, headers, body))

    def broke(self, error: PlaitError, *, stale: bool) -> None:
        """There was none."""
        self.connection = None
        if stale and self._again:
            self._again = False
            asyncio.get_running_loop().call_soon(self._resend)
        else:
            self._end(error)

    def _resend(self) -> None:
        if self._told is not None:
            try:
                self._endpoint.send(self)
            except PlaitError as exc:
                self._end(exc)

    def _end(self, outcome: Answer | PlaitError) -> None:
        told, self._told = self._told, None
        self._due.pop(self, None)
        if told is not None:
            told(outcome)
