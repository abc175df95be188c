"""A streamed answer on its way out of one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Transport

    from plait.http1.messages import Response, Stream
    from plait.server.front import Front

_END = b"0\r\n\r\n"


class Outgoing:
    """The outlet of one stream: frames what is written, until the stream has ended or the client has left.

    Args:
        front: The connection.
        transport: Its transport.
        response: The answer as it began.
        stream: Where the rest of it comes from.
        chunked: Whether pieces are framed as chunks; without, the connection's end is the answer's.

    `sent` counts the bytes of its pieces.
    """

    __slots__ = ("_chunked", "_front", "_response", "_stream", "_transport", "sent", "writable")

    def __init__(self, front: Front, transport: Transport, response: Response, stream: Stream, *, chunked: bool) -> None:
        self._front = front
        self._transport: Transport | None = transport
        self._response = response
        self._stream = stream
        self._chunked = chunked
        self.writable = True
        self.sent = 0

    @property
    def status(self) -> int:
        """The status that the answer began with."""
        return self._response.status

    # What the stream calls.

    def write(self, data: bytes) -> None:
        """Send a piece, not empty; it leaves in this turn of the loop."""
        if self._transport is not None:
            self.sent += len(data)
            self._transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def end(self, last: Response | None = None) -> None:
        """The answer is whole; `last` is what it amounts to."""
        transport = self._transport
        self.close()
        if transport is not None:
            if self._chunked:
                transport.write(_END)
            self._front.ended(last or self._response, self.sent)

    def abort(self) -> None:
        """The answer will never be whole."""
        if self._transport is not None:
            self._front.abort()

    # What the connection calls, which also says when the stream has to wait: `writable` is false then.

    def resume(self) -> None:
        """It reads again."""
        if self._transport is not None:
            self.writable = True
            self._stream.resume()

    def close(self) -> None:
        """Let nothing more through."""
        self._transport = None
        self.writable = False
