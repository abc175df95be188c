"""Read responses from a predictor strictly: one at a time, bounded, nothing that was not asked for.

httptools (llhttp) checks the framing; what it accepts and must not pass is refused here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httptools

from plait.errors import BadAnswer
from plait.http1.chunks import BrokenChunks, Chunks
from plait.http1.known import Known
from plait.types import Header

HEAD_LIMIT = 32 << 10
FIELD_LIMIT = 100
INFORMATIONAL_LIMIT = 8

_EARLY_HINTS = 103  # llhttp reads no body of these and those below
_H = ord("H")
_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_REASON = re.compile(rb"[\t -~\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of an answer said, which is `raw`; it has `start` bytes, with the body `whole`."""

    raw: bytes
    status: int
    headers: Header
    start: int
    whole: int


class ResponseReader:
    """One connection's answers, one after the other.

    Args:
        body_limit: Bytes that a body may have.
        known: The heads that this predictor has sent before.

    After `feed` has returned True, `status`, `headers` (lower-case names) and `body` are the answer's, `surplus` says whether more
    than one answer came, and `clean` whether the connection may carry another one.
    """

    __slots__ = (
        "_body", "_body_limit", "_chunks", "_fed", "_framing", "_head_done", "_informational", "_known", "_last", "_parser",
        "_tail", "body", "clean", "complete", "fields", "headers", "open_ended", "status", "surplus",
    )  # fmt: skip

    def __init__(self, body_limit: int, known: Known[Head] | None = None) -> None:
        self._parser: Any = None  # from the first head that must be parsed until the connection ends
        self._body_limit = body_limit
        self._known: Known[Head] = Known() if known is None else known
        self._fed = 0
        self._last: Head | None = None
        self._begin()

    def _begin(self) -> None:
        self.status = 0
        self.headers = Header()
        self.fields = 0
        self.body = b""
        self.complete = False
        self.clean = False
        self.surplus = False
        self.open_ended = False
        self._body = bytearray()
        self._chunks: Chunks | None = None
        self._tail = b""
        self._framing = 0  # bytes that are none of the body's
        self._head_done = False
        self._informational = 0

    @property
    def started(self) -> bool:
        """Whether any byte of an answer was read that is not whole."""
        return self._fed > 0

    def forget(self) -> None:
        """Let go of what was read."""
        self.body = b""
        self._body = bytearray()
        self._chunks = None

    def close(self) -> None:
        """Nothing more will be read: reader and parser let go of each other."""
        self.forget()
        self._parser = None

    def feed(self, data: bytes) -> bool:
        """Take what was read; True once the answer is whole.

        Raises:
            BadAnswer: If it is broken, over a limit, or not one answer.
        """
        if not self._fed:
            head = self._last
            if head is None or not data.startswith(head.raw):
                head = self._last = self._known.get(data[: data.find(_END) + 4])
            if head is not None and len(data) == head.whole:
                self.status = head.status
                self.headers = head.headers
                self.body = data[head.start :]
                self.clean = True
                return True
            self._begin()
            if self._parser is None:
                self._parser = httptools.HttpResponseParser(self)
        return self._read(data)

    def _read(self, data: bytes) -> bool:
        self._fed += len(data)
        rest = data
        if not self._head_done:
            rest = self._feed_heads(data)
            self._framing = self._fed - len(rest)
            if self._framing > HEAD_LIMIT:
                raise BadAnswer("the answer's header block is too large")
        if rest and not self.complete:
            self._feed_body(rest)
        if self.complete:
            self._settle(data)
        return self.complete

    def _feed_heads(self, data: bytes) -> bytes:
        """Feed up to the end of each head, since only then it is known how the body comes; what follows the last one."""
        while data and not self._head_done:
            if not self._tail and data[0] != _H:  # llhttp would also take RTSP, ICE and empty lines
                raise BadAnswer("the answer is no HTTP")
            known = len(self._tail)
            end = (self._tail + data).find(_END)
            piece = data if end < 0 else data[: end + 4 - known]
            self._tail = (self._tail + data)[-3:] if end < 0 else b""
            self._parse(piece)
            data = data[len(piece) :]
        return data

    def _feed_body(self, data: bytes) -> None:
        if self._chunks is None:
            self._parse(data)
            return
        try:
            rest = self._chunks.feed(data)
        except BrokenChunks as exc:
            raise BadAnswer(f"the answer's body is malformed: {exc}", self.status) from None
        if rest is not None:
            self._framing = self._fed - len(rest) - len(self._body)
            self._parse(_LAST_CHUNK)

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as exc:
            if not self.complete:
                raise _broken(exc) from None

    def _settle(self, data: bytes) -> None:
        """See whether more came than the answer, and remember its head."""
        if self._fed > self._framing + len(self.body):
            self.surplus = True
            self.clean = False
        elif self.clean and self._fed == len(data) and self._chunks is None and not self._informational:
            raw = data[: self._framing]
            self._known.remember(raw, Head(raw, self.status, self.headers, len(raw), len(data)))
        self._fed = 0
        self._body = bytearray()
        self._chunks = None

    def end(self) -> bool:
        """The predictor has closed; True if that ends the answer well."""
        if not (self._fed and self._head_done and self.open_ended):
            return False
        self._finish()
        self.clean = False
        return True

    # What the parser calls.

    def on_message_begin(self) -> None:
        """An answer begins; there must be only one."""
        if self.complete:
            raise BadAnswer("it sends more than one answer")

    def on_status(self, reason: bytes) -> None:
        """A piece of the reason, which nobody reads: llhttp would take any byte."""
        if reason != b"OK" and _REASON.fullmatch(reason) is None:
            raise BadAnswer("the answer's status line has control characters")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the header."""
        self.fields += 1
        if self.fields > FIELD_LIMIT:
            raise BadAnswer(f"the answer has more than {FIELD_LIMIT} header fields")
        name = name.lower()
        headers = self.headers
        headers[name] = value if name not in headers else headers[name] + b", " + value

    def on_headers_complete(self) -> None:
        """The header is whole."""
        parser = self._parser
        self.status = status = parser.get_status_code()
        version = parser.get_http_version()
        if version not in ("1.1", "1.0") or not 100 <= status <= 599:  # noqa: PLR2004 - what a status can be
            raise BadAnswer("the answer's status line is no HTTP/1")
        headers = self.headers
        coding = headers.get(b"transfer-encoding")
        if coding is not None and (coding.lower() != b"chunked" or version == "1.0"):
            raise BadAnswer("the answer's transfer coding is unknown")
        length = headers.get(b"content-length")
        if status < 200 and (coding is not None or (length is not None and status > _EARLY_HINTS)):  # noqa: PLR2004 - 1xx
            raise BadAnswer("an informational answer says that it has a body", status)
        if length is not None and int(length) > self._body_limit:
            raise BadAnswer(f"the answer is larger than {self._body_limit} bytes", status)
        if coding is not None:
            self._chunks = Chunks(self._body_limit, HEAD_LIMIT, FIELD_LIMIT - self.fields)
            self._body = self._chunks.body
        self.open_ended = length is None and coding is None
        self._head_done = True

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        self._body += data
        if len(self._body) > self._body_limit:
            raise BadAnswer(f"the answer is larger than {self._body_limit} bytes", self.status)

    def on_message_complete(self) -> None:
        """The answer, or an informational one before it, is whole."""
        if self.status < 200:  # noqa: PLR2004 - 1xx come before the answer
            self._informational += 1
            if self.status == 101 or self._informational > INFORMATIONAL_LIMIT:  # noqa: PLR2004
                raise BadAnswer("the answer switches protocols, or never comes", self.status)
            self.headers = Header()
            self._head_done = False
            return
        self.clean = self._parser.should_keep_alive()
        self._finish()

    def _finish(self) -> None:
        self.body = bytes(self._body)
        self.complete = True


def _broken(exc: Exception) -> BadAnswer:
    if isinstance(exc, httptools.HttpParserUpgrade):
        return BadAnswer("the answer switches protocols, which nobody asked for", 101)
    if isinstance(exc.__context__, BadAnswer):
        return exc.__context__
    return BadAnswer(f"the answer is no HTTP ({type(exc).__name__.removeprefix('HttpParser')})")
