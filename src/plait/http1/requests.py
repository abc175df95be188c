"""Read requests of a client strictly: one at a time, bounded, and what is ambiguous is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httptools

from plait.errors import BadRequest, HeadersTooLarge, RequestError, TargetTooLong, TooLarge
from plait.http1 import strict
from plait.http1.chunks import BodyTooLarge, BrokenChunks, Chunks, TrailersTooLarge
from plait.http1.known import Known
from plait.http1.messages import Request
from plait.http1.target import split_target
from plait.types import Header

_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_ENDLESS = "Content-Length overflow"
"""What llhttp says of a length that it cannot count to."""
_REFUSALS: dict[type[BrokenChunks], type[RequestError]] = {
    BrokenChunks: BadRequest,
    BodyTooLarge: TooLarge,
    TrailersTooLarge: HeadersTooLarge,
}


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Bytes of the request line, the header block and the body; header fields."""

    line: int = 8 << 10
    headers: int = 32 << 10
    fields: int = 100
    body: int = 10 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a request said, which is `raw`: `modern` is HTTP/1.1; it has `start` bytes, with the body `whole`."""

    raw: bytes
    method: str
    path: str
    query: str
    headers: Header
    keep_alive: bool
    modern: bool
    start: int
    whole: int


class RequestReader:
    """One connection's requests, one after the other.

    llhttp is fed the head up to its end and then the body up to its end, so that it is always known where a request begins: what
    follows stays in `rest` until the next call of `feed`. Of a body in chunks it gets the last one only; the others are read here.

    Args:
        limits: What a request may have.
        peer: The client's address, for the requests.
        known: The heads that clients have sent before under these limits.
        client: Who that is by its certificate, for the requests.

    Of the last request, `keep_alive` says whether another may follow, `modern` whether it was HTTP/1.1.
    """

    __slots__ = (
        "_body", "_chunks", "_client", "_done", "_fields", "_head", "_headers", "_hosts", "_known", "_last", "_left", "_limits",
        "_method", "_parser", "_path", "_peer", "_query", "_target", "in_body", "keep_alive", "modern", "rest",
        "wants_continue",
    )  # fmt: skip

    def __init__(self, limits: RequestLimits, peer: str, known: Known[Head] | None = None, client: str = "") -> None:
        self._known: Known[Head] = Known() if known is None else known
        self._limits = limits
        self._peer = peer
        self._client = client
        self._parser: Any = None  # from the first head that must be parsed until the connection ends
        self._last: Head | None = None
        self.rest = b""
        self.keep_alive = True
        self.modern = True
        self._reset()

    def _reset(self) -> None:
        self._head = b""
        self._headers = Header()
        self._hosts: list[bytes] = []
        self._method = ""
        self._target = b""
        self._path = ""
        self._fields = 0
        self._body = bytearray()
        self._chunks: Chunks | None = None
        self._left: int | None = 0
        self._done = False
        self.in_body = False
        self.wants_continue = False

    @property
    def begun(self) -> bool:
        """Whether a part of a request was read."""
        return self.in_body or bool(self._head)

    @property
    def received(self) -> int:
        """Bytes of the body so far."""
        return len(self._body)

    @property
    def to_come(self) -> int | None:
        """Bytes of the body that are still to come; None if its chunks will say."""
        return self._left

    @property
    def line(self) -> tuple[str, str]:
        """Method and path of what is being read, as far as they are known."""
        return self._method, self._path

    def close(self) -> None:
        """Nothing more will be read: let go of what was, and reader and parser of each other."""
        self.rest = b""
        self._parser = None
        self._reset()

    def feed(self, data: bytes) -> Request | None:
        """Take what was read; the request once it is whole.

        Raises:
            RequestError: If it must be refused; the connection has then no next request.
        """
        if not self.in_body:
            if not self._head:
                head = self._last
                if head is None or not data.startswith(head.raw):
                    head = self._last = self._known.get(data[: data.find(_END) + 4])
                if head is not None and len(data) >= head.whole:
                    return self._repeated(head, data)
            data = self._feed_head(data)
            if not self.in_body:
                return None
        if self._chunks is not None:
            self._feed_chunks(self._chunks, data)
        elif self._left:
            self._feed_length(data)
        else:
            self.rest = data
        return self._finish() if self._done else None

    def _repeated(self, head: Head, data: bytes) -> Request:
        """The request, which is there whole, and whose head came before."""
        body, self.rest = data[head.start : head.whole], data[head.whole :]
        self.keep_alive = head.keep_alive
        self.modern = head.modern
        return Request(head.method, head.path, head.query, head.headers, body, self._peer, 0.0, self._client)

    def _feed_head(self, data: bytes) -> bytes:
        """Feed as much as belongs to the head; what follows it."""
        known = len(self._head)
        head = self._head + data if known else data
        end = head.find(_END, max(0, known - 3))
        limits = self._limits
        line = head.find(b"\r\n", 0, limits.line + 2)
        if line < 0:
            strict.begun_line(head[: limits.line + 2])
            if len(head) > limits.line + 1:
                raise TargetTooLong(f"the request line is longer than {limits.line} bytes")
            self._head = head
            return b""
        if not self._method:  # only now does llhttp get the first line, so that nothing depends on how it was cut
            self._method, self._target, self.modern = strict.request_line(head[:line])
            known = 0
        stop = end + 4 if end >= 0 else len(head)
        most = line + 4 + limits.headers
        self._head = head[:stop]
        self._parse(head[known:stop] if stop <= most else head[known:most])  # what is wrong before the limit comes first
        if stop > most:
            raise HeadersTooLarge(f"the header block is larger than {limits.headers} bytes")
        if self.in_body != (end >= 0):
            raise BadRequest("the head does not end as it must")
        return head[stop:]

    def _feed_length(self, data: bytes) -> None:
        left: int = self._left  # type: ignore[assignment] # only with a length
        piece, self.rest = (data, b"") if len(data) <= left else (data[:left], data[left:])
        self._left = left - len(piece)
        self._parse(piece)

    def _feed_chunks(self, chunks: Chunks, data: bytes) -> None:
        try:
            rest = chunks.feed(data)
        except BrokenChunks as exc:
            raise _REFUSALS[type(exc)](str(exc)) from None
        if rest is not None:
            self._parse(_LAST_CHUNK)
            self.rest = rest

    def _parse(self, data: bytes) -> None:
        if self._parser is None:
            self._parser = httptools.HttpRequestParser(self)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.keep_alive = False
            if self._left != 0:
                raise BadRequest("a request with a body cannot switch protocols") from None
        except httptools.HttpParserError as exc:
            if isinstance(exc.__context__, RequestError):
                raise exc.__context__ from None
            if str(exc) == _ENDLESS:
                raise TooLarge(f"the body is larger than {self._limits.body} bytes") from None
            raise BadRequest(f"the request is no HTTP ({type(exc).__name__.removeprefix('HttpParser')})") from None

    def _finish(self) -> Request:
        whole = bytes(self._body)
        request = Request(self._method, self._path, self._query, self._headers, whole, self._peer, 0.0, self._client)
        keep = self.keep_alive and strict.keeps_alive(self._headers, modern=self.modern)
        if self._left is not None and b"expect" not in self._headers and b"upgrade" not in self._headers:
            raw = self._head
            facts = (self._method, self._path, self._query, self._headers, keep, self.modern)
            self._known.remember(raw, Head(raw, *facts, len(raw), len(raw) + len(whole)))
        self._reset()
        self.keep_alive = keep
        return request

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the header."""
        self._fields += 1
        if self._fields > self._limits.fields:
            raise HeadersTooLarge(f"there are more than {self._limits.fields} header fields")
        name = name.lower()
        if b"_" in name:
            raise BadRequest("a field's name has an underscore")
        if name == b"host":
            self._hosts.append(value)
        headers = self._headers
        headers[name] = value if name not in headers else headers[name] + b", " + value

    def on_headers_complete(self) -> None:
        """The head is whole: decide before the body is read."""
        host = strict.host(self._hosts, required=self.modern)
        self._path, self._query = split_target(self._target, host, self._method)
        self._left = strict.body_length(self._headers, self._limits.body, modern=self.modern)
        if self._left is None:
            self._chunks = Chunks(self._limits.body, self._limits.headers, self._limits.fields - self._fields)
            self._body = self._chunks.body
        self.wants_continue = strict.expects_continue(self._headers) and self._left != 0 and self.modern
        self.in_body = True

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        self._body += data

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._done = True
