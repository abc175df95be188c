"""A streamed answer on its way out of one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Transport

    from plait.http1.messages import Stream
    from plait.server.front import Front

_END = b"0\r\n\r\n"


class Outgoing:
    """The outlet of one stream: frames what is written, until the stream has ended or the client has left.

    Args:
        front: The connection.
        transport: Its transport.
        stream: Where the answer comes from.
        chunked: Whether pieces are framed as chunks; without, the connection's end is the answer's.
    """

    __slots__ = ("_chunked", "_front", "_stream", "_transport", "writable")

    def __init__(self, front: Front, transport: Transport, stream: Stream, *, chunked: bool) -> None:
        self._front = front
        self._transport: Transport | None = transport
        self._stream = stream
        self._chunked = chunked
        self.writable = True

    # What the stream calls.

    def write(self, data: bytes) -> None:
        """Send a piece, not empty; it leaves in this turn of the loop."""
        if self._transport is not None:
            self._transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def end(self) -> None:
        """The answer is whole."""
        transport = self._transport
        self.close()
        if transport is not None:
            if self._chunked:
                transport.write(_END)
            self._front.ended()

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
