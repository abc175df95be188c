"""One connection of a client: requests in order, each deadline kept, everything stopped when the client leaves."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from plait.errors import Overloaded, PlaitError, RequestError, RequestTimeout
from plait.http1.ids import new_id
from plait.http1.problem import problem
from plait.http1.requests import RequestReader
from plait.server.wire_out import CONTINUE, encode_response

if TYPE_CHECKING:
    from plait.http1.messages import Request, Response
    from plait.server.listener import Listener
    from plait.types import Started

_HELD = 64 << 10


class Front(asyncio.Protocol):
    """What a transport calls for one client.

    Args:
        listener: The handler, limits, deadlines and clock that all connections share.
    """

    __slots__ = ("_armed", "_busy", "_closing", "_due", "_grown", "_head_only", "_held", "_keep", "_listener", "_reader", "_running", "_transport", "_why")  # fmt: skip

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._running: Started | None = None
        self._busy = False
        self._closing = False
        self._keep = True
        self._head_only = False
        self._held = b""
        self._due = math.inf
        self._armed = math.inf
        self._grown = 0
        self._why = ""

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self._transport = transport  # type: ignore[assignment] # a stream transport
        name = transport.get_extra_info("peername")
        self._reader = RequestReader(self._listener.limits, name[0] if isinstance(name, tuple) else "")
        full = self._listener.full
        self._listener.came(self)
        if full:
            self._refuse(Overloaded("there are too many connections"))
            return
        self._wait(self._listener.deadlines.header, "no request came")

    def data_received(self, data: bytes) -> None:
        """Bytes of a request. While one is being answered, the next ones wait, up to a bound."""
        if self._closing:
            return
        if not self._busy:
            self._take(data)
            return
        self._held += data
        if len(self._held) > _HELD and self._transport is not None:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """The client has left: the transport closes, and what runs for it is cancelled."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        """The client is gone: stop whatever runs for it."""
        self._transport = None
        self._closing = True
        self._due = math.inf
        self._held = b""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
        self._listener.left(self)

    def pause_writing(self) -> None:
        """The client does not read its answer."""
        self._wait(self._listener.deadlines.write, "")

    def resume_writing(self) -> None:
        """It reads again."""
        self._wait(self._listener.deadlines.idle, "")

    # Requests and answers.

    def _take(self, data: bytes) -> None:
        reader = self._reader
        body_began = reader.in_body
        try:
            request = reader.feed(data)
        except RequestError as exc:
            self._refuse(exc)
            return
        if request is not None:
            self._busy = True
            self._due = math.inf
            self._keep = reader.keep_alive
            self._head_only = request.method == "HEAD"
            # From call_soon, so that every byte of this poll was seen before a pooled connection is chosen.
            self._listener.loop.call_soon(self._start, request)
        elif reader.in_body:
            if not body_began:
                self._wait(self._listener.deadlines.body, "the body did not come")
                self._grown = 0
            if reader.wants_continue and self._transport is not None:
                reader.wants_continue = False
                self._transport.write(CONTINUE)
        elif self._why != "the header did not end":
            self._wait(self._listener.deadlines.header, "the header did not end")

    def _start(self, request: Request) -> None:
        if self._transport is None:
            return
        running = self._listener.handler(request, self.reply)
        if self._busy:
            self._running = running

    def reply(self, response: Response) -> None:
        """Send the answer to the request that runs."""
        self._running = None
        transport = self._transport
        if transport is None or not self._busy:
            return
        self._busy = False
        keep = self._keep and not self._listener.draining
        transport.write(encode_response(response, self._listener.date(), keep=keep, head_only=self._head_only))
        if not keep:
            self._close()
            return
        self._wait(self._listener.deadlines.idle, "")
        if self._held or self._reader.rest:
            self._listener.loop.call_soon(self._next)

    def _next(self) -> None:
        if self._busy or self._closing:
            return
        held, self._held = self._held, b""
        data, self._reader.rest = self._reader.rest + held, b""
        if self._transport is not None:
            self._transport.resume_reading()
        if data:
            self._take(data)

    def _refuse(self, error: PlaitError) -> None:
        """Answer with the problem, and read on for a moment, so that a client that still sends can read it."""
        if self._transport is not None:
            response = problem(error, new_id())
            self._transport.write(encode_response(response, self._listener.date(), keep=False, head_only=False))
            self._closing = True
            self._reader.rest = b""
            if self._transport.can_write_eof():
                self._transport.write_eof()
            self._wait(self._listener.deadlines.linger, "")

    def _close(self) -> None:
        self._closing = True
        self._due = math.inf
        if self._transport is not None:
            self._transport.close()

    def drain(self) -> None:
        """Take no new request: close now, or after the one that runs."""
        self._keep = False
        if not self._busy and not self._reader.begun:
            self._close()

    # Deadlines: one moment at a time, and seldom more than one entry on the wheel.

    def _wait(self, seconds: float, why: str) -> None:
        self._due = due = self._listener.clock.now() + seconds
        self._why = why
        if due < self._armed:
            self._armed = due
            self._listener.clock.at(due, self)

    def expire(self) -> None:
        """Look whether the moment that is waited for has come."""
        now = self._listener.clock.now()
        self._armed = math.inf
        if self._due > now:
            if self._due < math.inf:
                self._armed = self._due
                self._listener.clock.at(self._due, self)
            return
        if self._closing or not self._why:
            self.abort()
        elif self._reader.in_body and self._reader.received - self._grown >= self._listener.deadlines.body_rate * self._listener.deadlines.body:
            self._grown = self._reader.received
            self._wait(self._listener.deadlines.body, self._why)
        elif self._reader.begun:
            self._refuse(RequestTimeout(self._why))
        else:
            self._close()

    def abort(self) -> None:
        """End at once."""
        self._due = math.inf
        if self._transport is not None:
            self._transport.abort()
