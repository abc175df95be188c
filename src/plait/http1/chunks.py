"""The chunked transfer coding (RFC 9112, 7.1) to the letter: llhttp would take a size of any number of leading zeros."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_TEXT: Final = rb"[\t\x20-\x7e\x80-\xff]"
_QUOTED: Final = rb'"(?:[\t\x20!#-\[\]-\x7e\x80-\xff]|\\' + _TEXT + rb')*+"'
_EXTENSION: Final = rb";" + _TOKEN + rb"++(?:=(?:" + _TOKEN + rb"++|" + _QUOTED + rb"))?+"
_SIZE = re.compile(rb"\r\n([0-9A-Fa-f]{1,16})((?:" + _EXTENSION + rb")*+)\r\n")
_SIZE_BEGINS = re.compile(rb"(?:\r(?:\n(?:[0-9A-Fa-f]{1,16}(?:;" + _TEXT + rb"*+)?+\r?+)?+)?+)?+")
# A field that says where a message ends has no place behind its body.
_FIELD = re.compile(rb"(?!(?i:content-length|transfer-encoding):)" + _TOKEN + rb"++:" + _TEXT + rb"*+")
_FIELD_BEGINS = re.compile(rb"(?:" + _TOKEN + rb"++(?::" + _TEXT + rb"*+)?+)?+\r?+")


class BrokenChunks(Exception):
    """The bytes are no body in chunks."""


class BodyTooLarge(BrokenChunks):
    """There are more of them than there may be."""


class TrailersTooLarge(BrokenChunks):
    """The fields behind the last chunk are too many or too long."""


class Chunks:
    """One body that comes in chunks. Trailers are checked and dropped: nobody needs them.

    Args:
        most: Bytes that the body may have.
        framing: Bytes that all extensions together, and all trailers together, may have.
        fields: Trailers that there may be.
    """

    __slots__ = ("_extensions", "_fields", "_framing", "_last", "_left", "_most", "_rest", "_trailers", "body")

    def __init__(self, most: int, framing: int, fields: int) -> None:
        self.body = bytearray()
        self._most = most
        self._framing = framing
        self._fields = fields
        self._rest = b"\r\n"  # as if there had been a chunk before the first one: each size stands between two line ends
        self._left = 0
        self._last = False
        self._extensions = 0
        self._trailers = 0

    def feed(self, data: bytes) -> bytes | None:
        """Take what was read; once the body is whole, what follows it, and before that None.

        Raises:
            BrokenChunks: If the body cannot be read on.
        """
        window = self._rest + data
        at = 0
        while not self._last:
            if self._left:
                piece = window[at : at + self._left]
                self.body += piece
                self._left -= len(piece)
                if self._left:
                    self._rest = b""
                    return None
                at += len(piece)
            size = _SIZE.match(window, at)
            if size is None:
                self._keep(window[at:], _SIZE_BEGINS, "a chunk's size or end is malformed")
                return None
            at = size.end()
            self._begin(int(size[1], 16), len(size[2]))
        return self._end(window, at)

    def _begin(self, size: int, extension: int) -> None:
        self._extensions += extension
        if self._extensions > self._framing:
            raise BrokenChunks("the extensions of chunks are too large")
        if size > self._most - len(self.body):
            raise BodyTooLarge(f"the body is larger than {self._most} bytes")
        self._left = size
        self._last = not size

    def _end(self, window: bytes, at: int) -> bytes | None:
        while (end := window.find(b"\r\n", at)) != at:
            stop = end + 2 if end >= 0 else len(window)
            if self._trailers + stop - at > self._framing or (end >= 0 and not self._fields):
                raise TrailersTooLarge("the trailers are too large")
            if end < 0:
                self._keep(window[at:], _FIELD_BEGINS, "a trailer is malformed")
                return None
            if _FIELD.fullmatch(window, at, end) is None:
                raise BrokenChunks("a trailer is malformed")
            self._trailers += stop - at
            self._fields -= 1
            at = stop
        return window[at + 2 :]

    def _keep(self, rest: bytes, beginning: re.Pattern[bytes], why: str) -> None:
        """Keep what has no end yet, unless no end could mend it."""
        if len(rest) > self._framing or beginning.fullmatch(rest) is None:
            raise BrokenChunks(why)
        self._rest = rest
