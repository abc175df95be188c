"""A row of the tables: what is sent, and what it gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CANARY = b"zebra"
"""Stands in every row, and in no answer."""

TYPES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    414: "target-too-long",
    415: "unsupported-media-type",
    417: "expectation-failed",
    422: "invalid-request",
    431: "headers-too-large",
    501: "not-implemented",
    504: "timeout",
    505: "version-not-supported",
    508: "loop-detected",
}
"""By status, the last part of a problem's `type`: clients rely on it."""


@dataclass(frozen=True)
class Row:
    """Bytes that are wrong, and the status that they get; the connection closes if nobody knows where the next request begins."""

    data: bytes
    status: int = 400
    closes: bool = True


def lines(*each: bytes, body: bytes = b"") -> bytes:
    """A head of these lines, and a body."""
    return b"".join(line + b"\r\n" for line in each) + b"\r\n" + body


def sent(*fields: bytes, line: bytes = b"POST /predict HTTP/1.1", host: bytes = b"Host: h", body: bytes = b"") -> bytes:
    """A request with the canary, good but for what is given."""
    return lines(line, host, b"Content-Type: application/json", b"X-Note: " + CANARY, *fields, body=body)


def got(target: bytes, *fields: bytes, method: bytes = b"GET", host: bytes = b"Host: h") -> bytes:
    """A request without a body, for a target."""
    return lines(b"%b %b HTTP/1.1" % (method, target), host, b"X-Note: " + CANARY, *fields)


def posted(body: bytes, *fields: bytes, path: bytes = b"/predict", kind: bytes = b"application/json") -> bytes:
    """A request that is framed well, with a body."""
    head = (b"POST %b HTTP/1.1" % path, b"Host: h", b"X-Note: " + CANARY, b"Content-Type: " + kind)
    return lines(*head, b"Content-Length: %d" % len(body), *fields, body=body)


def chunked(body: bytes, *fields: bytes) -> bytes:
    """A request whose body comes in chunks."""
    return sent(b"Transfer-Encoding: chunked", *fields, body=body)


def named(**tables: dict[str, Row]) -> Iterable[tuple[str, Row]]:
    """Each row with its name: the line of the list that it is of, and what of it."""
    return ((f"{line}: {item}", row) for line, table in tables.items() for item, row in table.items())
