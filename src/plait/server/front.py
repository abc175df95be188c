"""One connection of a client: requests in order, each deadline kept, everything stopped when the client leaves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from plait.errors import BadRequest, PlaitError, RequestError, RequestTimeout, fault
from plait.http1.ids import new_id
from plait.http1.problem import problem
from plait.http1.requests import RequestReader
from plait.server.alarm import Alarm
from plait.server.outgoing import Outgoing
from plait.server.sockets import client_of, peer_of, reset_when_closed, unsent
from plait.server.visit import Visit
from plait.server.wire_out import CONTINUE, encode_head, encode_response

if TYPE_CHECKING:
    from plait.http1.messages import Request, Response, Stream
    from plait.server.listener import Listener
    from plait.types import Started

_HELD = 64 << 10
_SLOW_HEADER = "the header did not come in time"


class Front(asyncio.Protocol):
    """What a transport calls for one client.

    Args:
        listener: The handler, limits, deadlines and clock that all connections share.
    """

    __slots__ = (
        "_alarm", "_blocked", "_busy", "_closing", "_goal", "_head_only", "_held", "_keep",
        "_listener", "_outgoing", "_reader", "_running", "_stalled", "_transport", "_unsent", "_visit", "_why",
    )  # fmt: skip

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._running: Started | None = None
        self._outgoing: Outgoing | None = None  # the answer, while it is a stream
        self._busy = False  # a request is being answered
        self._stalled = False  # the client does not read its answers
        self._blocked = False  # either of these, or bytes that wait: what comes now must wait behind
        self._closing = False
        self._keep = True
        self._head_only = False
        self._held = b""
        self._alarm = Alarm(listener.clock, self._late)
        self._goal = 0.0
        self._unsent = 0
        self._why = ""

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self._transport = transport  # type: ignore[assignment] # a stream transport
        listener, peer = self._listener, peer_of(transport)
        self._reader = RequestReader(listener.limits, peer, listener.known, client_of(transport))
        self._visit = Visit(listener, peer)
        refusal = listener.take_in(peer)
        listener.came(self)
        if refusal is not None:
            self._refuse(refusal)
        else:
            self._wait(listener.deadlines.header, _SLOW_HEADER)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request. While one is being answered, the next ones wait, up to a bound."""
        if self._closing:
            return
        if not self._blocked:
            self._take(data)
        elif len(self._held) <= _HELD or not self._busy:
            self._held += data
            if len(self._held) > _HELD and not self._busy and self._transport is not None:
                self._transport.pause_reading()
        else:
            self._keep = False  # no room for it; left unread it would hide the client's leaving, so it is lost

    def eof_received(self) -> bool:
        """The client has left, or will send no more, which is no different: the transport closes, and what runs is cancelled.

        One that ends in the middle of a request, and still reads, hears what was wrong.
        """
        if self._reader.begun and not (self._busy or self._closing):
            self._refuse(BadRequest("the request ends in the middle"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        """The client is gone: stop whatever runs for it."""
        self._transport = None
        self._closing = True
        self._alarm.drop()
        self._held = b""
        self._reader.close()
        outgoing, self._outgoing = self._outgoing, None
        if outgoing is not None:
            outgoing.close()
        self._visit.gone(outgoing)
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
        self._listener.let_go(self._visit.peer)
        self._listener.left(self)

    def pause_writing(self) -> None:
        """The client does not read its answer: no further request is taken until it does, and a stream waits."""
        self._stalled = self._blocked = True
        if self._outgoing is not None:
            self._outgoing.writable = False
        self._await_reader()

    def resume_writing(self) -> None:
        """It reads again."""
        self._stalled = False
        if self._closing:
            if self._transport is not None and not self._transport.is_closing():
                self._wait(self._listener.deadlines.linger, "")  # it lingers, and only from now on
        elif self._busy:
            self._alarm.stop()
            if self._outgoing is not None:
                self._outgoing.resume()
        else:
            self._wait(self._listener.deadlines.idle, "")
            self._next()

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
            self._busy = self._blocked = True
            self._alarm.stop()
            self._keep = reader.keep_alive
            self._head_only = request.method == "HEAD"
            refusal = self._visit.arrived(request, self._start)
            if refusal is not None:
                self.reply(refusal)
        elif reader.in_body:
            if not body_began:
                self._await_body()
        elif not self._why:
            self._wait(self._listener.deadlines.header, _SLOW_HEADER)

    def _await_body(self) -> None:
        reader = self._reader
        refusal = self._visit.announced(reader)
        if refusal is not None:
            self._refuse(refusal)
            return
        self._wait(self._listener.deadlines.body, "the body did not come")
        self._goal = 1.0
        if reader.wants_continue and self._transport is not None:
            self._transport.write(CONTINUE)

    def _start(self, request: Request) -> None:
        if self._transport is None:
            return
        try:
            running = self._listener.handler(request, self.reply)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the client must hear of it
            response = problem(fault(exc), new_id())
            if self._outgoing is None:
                self.reply(response)
            else:
                self.abort()
            return
        if self._busy:
            self._running = running

    def reply(self, response: Response) -> None:
        """Send the answer to the request that runs, or begin to, if it is a stream."""
        if response.stream is not None:
            self._begin(response, response.stream)
            return
        self._running = None
        transport = self._transport
        if transport is None or not self._busy:
            return
        self._busy = False
        listener = self._listener
        keep = self._keep and not listener.draining
        now = listener.clock.now()
        self._why = ""
        self._alarm.at(now + listener.deadlines.idle)  # before the write, which may stall
        transport.write(encode_response(response, listener.date(now), keep=keep, head_only=self._head_only))
        self._visit.answered(response, 0 if self._head_only else len(response.body), now)
        pending = self._held or self._reader.rest
        if not keep:
            self._end(unread=bool(pending))
        elif pending or self._stalled:
            listener.loop.call_soon(self._next)
        else:
            self._blocked = False

    def _begin(self, response: Response, stream: Stream) -> None:
        transport = self._transport
        if transport is None or not self._busy:
            return
        self._keep = keep = self._keep and not self._listener.draining
        chunked = self._reader.modern
        self._outgoing = outgoing = Outgoing(self, transport, response, stream, chunked=chunked)
        transport.write(encode_head(response, self._listener.date(), keep=keep, chunked=chunked))
        stream.open(outgoing)

    def ended(self, last: Response, sent: int) -> None:
        """The stream that was the answer is whole: so many bytes, which amount to `last`."""
        self._visit.answered(last, sent, self._listener.clock.now())
        self._running = None
        self._busy = False
        if not self._stalled:
            self._wait(self._listener.deadlines.idle, "")
        if self._keep:
            self._outgoing = None
            self._listener.loop.call_soon(self._next)
        else:
            self._end(unread=bool(self._held or self._reader.rest))

    def _next(self) -> None:
        """Go on with the bytes that had to wait."""
        if self._busy or self._closing or self._stalled:
            return
        self._blocked = False
        held, self._held = self._held, b""
        data, self._reader.rest = self._reader.rest + held, b""
        if self._transport is not None:
            self._transport.resume_reading()
        if data:
            self._take(data)

    def _refuse(self, error: PlaitError) -> None:
        """Answer with the problem and end; the client may still be sending."""
        if self._transport is not None:
            response = self._visit.refused(self._reader, error)
            self._transport.write(encode_response(response, self._listener.date(), keep=False, head_only=False))
            self._end(unread=True)

    def _end(self, *, unread: bool) -> None:
        """Close; with bytes unread a close would reset the connection, and the answer with it: read on for a moment."""
        self._closing = True
        self._held = self._reader.rest = b""
        transport = self._transport
        if transport is None:
            return
        if unread:
            transport.resume_reading()
            transport.write_eof()
            self._wait(self._listener.deadlines.linger, "")
        else:
            transport.close()
        if unsent(transport) or not unread:
            self._await_reader()

    def drain(self) -> None:
        """Take no new request: close now, or after the one that runs."""
        self._keep = False
        if not (self._closing or self._busy or self._held or self._reader.rest or self._reader.begun):
            self._end(unread=False)

    def _await_reader(self) -> None:
        """Give the client time to take its answer, and more while it takes enough of it."""
        self._unsent = unsent(self._transport)
        self._wait(self._listener.deadlines.write, "")

    def _wait(self, seconds: float, why: str) -> None:
        self._why = why
        self._alarm.set(seconds)

    def _late(self) -> None:
        """What was waited for did not come in time."""
        reader, deadlines = self._reader, self._listener.deadlines
        if self._closing or self._stalled:
            if 0 < unsent(self._transport) <= self._unsent - deadlines.body_rate * deadlines.write:
                self._await_reader()
            else:
                self.abort()
        elif reader.in_body and reader.received >= self._goal:
            self._goal = reader.received + deadlines.body_rate * deadlines.body
            self._wait(deadlines.body, self._why)
        elif reader.begun:
            self._refuse(RequestTimeout(self._why))
        else:
            self._end(unread=False)

    def abort(self) -> None:
        """End at once; a stream that is cut so must not look whole to anybody, so its connection is reset."""
        if self._transport is not None:
            if self._outgoing is not None:
                reset_when_closed(self._transport)
            self._transport.abort()
