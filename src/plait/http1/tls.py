"""TLS as a layer: below it the bytes of a socket, above it a protocol that sees plain ones."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

LINGER = 1.0
"""Seconds for which a client whose handshake failed has time to read why."""

_READ = 64 << 10


class Wrap(Protocol):
    """A context's `wrap_bio`, with the side or the name given."""

    def __call__(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, /) -> ssl.SSLObject: ...


class Tls(asyncio.Protocol, asyncio.Transport):
    """The protocol of a socket's transport, and the transport of the protocol above.

    Nothing is kept here: what comes is given on in the same turn, what is written is in the socket's transport afterwards. So
    pauses, the size of what is unsent and the half-close mean above what they mean without TLS. An end without close_notify is a
    lost connection; the protocol above hears `eof_received` only from a peer that says that it is done.

    Args:
        above: Who speaks HTTP; it hears of the connection once the handshake is done.
        wrap: Makes the TLS object.
        ended: Called once: when the handshake is done, before `above` hears of the connection, or, once the connection is gone,
            with the error that ended it.
        farewell: What a client is told in plain text that does not speak TLS.
    """

    def __init__(
        self,
        above: asyncio.Protocol,
        wrap: Wrap,
        ended: Callable[[OSError | None], None],
        farewell: Callable[[], bytes] = bytes,
    ) -> None:
        super().__init__()
        self._above = above
        self._ended = ended
        self._farewell = farewell
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = wrap(self._incoming, self._outgoing)
        self._below: asyncio.Transport
        self._heard = False
        self._plain = False
        self._shaken = False
        self._closing = False
        self._done = False
        self._error: OSError | None = None

    # What the transport below calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected."""
        self._below = transport  # type: ignore[assignment] # a stream transport
        self._shake()

    def data_received(self, data: bytes) -> None:
        """Bytes of the handshake, or encrypted ones."""
        if self._closing:
            return
        self._incoming.write(data)
        if self._shaken:
            self._read()
        else:
            if not self._heard:
                self._heard, self._plain = True, data[:1].isalpha()  # no TLS record begins with a letter
            self._shake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._closing = True
        if self._shaken:
            self._above.connection_lost(self._error or exc)
        else:
            lost = exc if isinstance(exc, OSError) else ssl.SSLEOFError("the connection closed in the handshake")
            self._ended(self._error or lost)

    def pause_writing(self) -> None:
        """The peer does not read."""
        if self._shaken:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._shaken:
            self._above.resume_writing()

    # What the protocol above calls.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes."""
        if self._closing or self._done or self._error is not None:
            return
        rest = memoryview(data)
        while rest:
            rest = rest[self._object.write(rest) :]
        self._flush()

    def can_write_eof(self) -> bool:
        """It can: with close_notify."""
        return True

    def write_eof(self) -> None:
        """Say that nothing more will come; what the peer sends is still read."""
        self._say_done()
        self._below.write_eof()

    def close(self) -> None:
        """Say that nothing more will come, and close once all is sent; nobody waits for the peer to say so too."""
        if not self._closing:
            self._closing = True
            self._say_done()
            self._below.close()

    def abort(self) -> None:
        """Close at once; a reader can tell that the end is missing."""
        self._closing = True
        self._below.abort()

    def is_closing(self) -> bool:
        """Whether it closes or is closed."""
        return self._closing or self._below.is_closing()

    def pause_reading(self) -> None:
        """Take no bytes for now."""
        self._below.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes again."""
        self._below.resume_reading()

    def get_write_buffer_size(self) -> int:
        """Encrypted bytes that are still to be sent."""
        return self._below.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As of the socket's transport; `ssl_object` is the TLS object."""
        if name == "ssl_object":
            return self._object
        return self._below.get_extra_info(name, default)

    def _shake(self) -> None:
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return
        except ssl.SSLError as exc:
            self._refuse(exc, self._farewell() if self._plain else self._outgoing.read())
            return
        self._flush()
        self._shaken = True
        self._ended(None)
        self._above.connection_made(self)
        self._read()

    def _refuse(self, error: ssl.SSLError, last: bytes) -> None:
        """End a handshake that failed; with bytes unread a close would reset the connection, and the last word with it."""
        self._error = error
        self._closing = True
        self._below.write(last)
        if self._object.server_side:
            self._below.write_eof()
            asyncio.get_running_loop().call_later(LINGER, self._below.abort)
        else:
            self._below.close()

    def _read(self) -> None:
        """Give on whatever has come."""
        data, over = self._decrypted()
        self._flush()
        if data and not self._closing:
            self._above.data_received(data)
        if self._closing:
            return
        if self._error is not None:
            self._closing = True
            self._below.close()
        elif over and not self._above.eof_received():
            self.close()

    def _decrypted(self) -> tuple[bytes, bool]:
        """What has come, and whether the peer says that it is done."""
        pieces: list[bytes] = []
        try:
            while self._incoming.pending or self._object.pending():
                piece = self._object.read(_READ)
                if not piece:
                    return b"".join(pieces), True
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass  # the rest of a record is still to come
        except ssl.SSLZeroReturnError:
            return b"".join(pieces), True
        except ssl.SSLError as exc:
            self._error = exc
        return b"".join(pieces), False

    def _say_done(self) -> None:
        if not self._done:
            self._done = True
            with suppress(ssl.SSLError):  # it has been said, and that the peer has not said it yet is no news
                self._object.unwrap()
            self._flush()

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._below.write(data)
