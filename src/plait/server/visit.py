"""What becomes of one connection's requests: taken or refused, begun, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.http1.ids import new_id, request_id
from plait.http1.problem import problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.errors import PlaitError
    from plait.http1.messages import Request, Response
    from plait.http1.requests import RequestReader
    from plait.server.listener import Listener
    from plait.server.outgoing import Outgoing

ALWAYS = frozenset({"/health", "/health/all", "/livez", "/readyz", "/metrics"})
"""Routes that are never refused for want of room: whoever looks after the proxy asks there."""
SMALL = 64 << 10
"""Bytes of a body that are read even if its request is refused then, for the connection can stay."""


class Visit:
    """The request of a connection that is in progress, if there is one.

    Args:
        listener: Who admits, and writes down.
        peer: The client's address.
    """

    __slots__ = ("_admission", "_log", "_now", "_request", "_since", "_taken", "peer")

    def __init__(self, listener: Listener, peer: str) -> None:
        self.peer = peer
        self._admission = listener.admission
        self._log = listener.log
        self._now = listener.clock.now
        self._request: Request | None = None  # one that has arrived, until it is answered
        self._since = 0.0
        self._taken = False  # it has one of the places that there are

    def announced(self, reader: RequestReader) -> PlaitError | None:
        """The head is there, the body is not: why it need not be sent, if so."""
        left = reader.to_come
        if reader.line[1] in ALWAYS or (left is not None and left <= SMALL and not reader.wants_continue):
            return None
        refusal = self._admission.take()
        self._taken = refusal is None
        return refusal

    def arrived(self, request: Request, start: Callable[[Request], None]) -> Response | None:
        """A request is there whole: have it started, unless there is no room for it, which is the answer then."""
        self._request = request
        self._since = self._now()
        admission = self._admission
        if not self._taken:
            if request.path in ALWAYS:
                admission.at_once(start, request)
                return None
            refusal = admission.take()
            if refusal is not None:
                return problem(refusal, request_id(request.headers, request.query))
            self._taken = True
        admission.begin(start, request, self._since)
        return None

    def answered(self, response: Response, sent: int, now: float) -> None:
        """Its answer is on the way since a moment, with so many bytes of a body."""
        if self._taken:
            self._taken = False
            self._admission.taken -= 1
        request, self._request = self._request, None
        if self._log is not None and request is not None:
            self._log.served(request, response, now - self._since, sent)

    def refused(self, reader: RequestReader, error: PlaitError) -> Response:
        """What came is no request that can be served, and none will follow: the answer to it."""
        self._leave()
        own_id = new_id()
        if self._log is not None:
            self._log.refused(self.peer, reader.line, reader.received, error, own_id)
        return problem(error, own_id)

    def gone(self, outgoing: Outgoing | None) -> None:
        """The connection has ended, perhaps in the midst of an answer."""
        self._leave()
        request, self._request = self._request, None
        if self._log is not None and request is not None:
            status, sent = (None, 0) if outgoing is None else (outgoing.status, outgoing.sent)
            self._log.left(request, self._since, status, sent)

    def _leave(self) -> None:
        if self._taken:
            self._taken = False
            self._admission.taken -= 1
