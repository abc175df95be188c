"""What a call that is repeated needs besides itself: a second exchange, and moments to come back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.errors import PlaitError, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.http1.connection import Connection
    from plait.types import Header
    from plait.upstream.balance import Replica
    from plait.upstream.call import Call
    from plait.upstream.peer import Peer


class Copy:
    """The second of two exchanges of one call that are in flight together."""

    __slots__ = ("_call", "connection", "data", "replica", "sent")

    def __init__(self, call: Call, replica: Replica[Peer], sent: float, data: bytes) -> None:
        self._call = call
        self.replica: Replica[Peer] | None = replica
        self.sent = sent
        self.data = data
        self.connection: Connection | None = None

    def send(self) -> None:
        """Begin it."""
        if self.replica is None:
            return
        try:
            self.replica.endpoint.endpoint.send(self)
        except UpstreamError as exc:
            self._call.lost(self, exc)

    def answered(self, status: int, headers: Header, body: bytes) -> None:
        """An answer was read whole."""
        replica = self.replica
        if replica is None:
            return
        try:
            message = replica.endpoint.codec.decode(status, headers, body)
        except Exception as exc:  # noqa: BLE001 - a callback has nobody above it who would answer
            self._call.unfit(self, exc, status, headers)
        else:
            self._call.taken_over(self)
            self._call.won(replica, message, status)

    def broke(self, error: PlaitError, *, stale: bool) -> None:
        """There was no answer."""
        self._call.lost(self, error, stale=stale)


class Later:
    """An entry of the clock that calls a function."""

    __slots__ = ("expire",)

    def __init__(self, then: Callable[[], None]) -> None:
        self.expire = then
