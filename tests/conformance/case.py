"""One case: bytes, and what a server may make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests.conformance.heard import Heard

CLOSE = 0
"""As a status: the connection closes without an answer."""

OK = frozenset({200})
REFUSED = frozenset({400, CLOSE})
BAD = frozenset({400})

JSON = b'{"a":1}'
CHUNK = b"7\r\n" + JSON + b"\r\n"
LAST = b"0\r\n\r\n"


class Level(Enum):
    """How binding the specification is."""

    MUST = "must"
    SHOULD = "should"
    CARE = "care"
    """No word of the specification, but what a careful server does."""
    FREE = "free"
    """Either way is right, as long as there is an answer: not judged."""


@dataclass(frozen=True)
class Case:
    """What is sent, and which outcomes are right.

    Args:
        name: What is odd.
        section: Where it is written.
        data: The bytes; another, good request follows them.
        allowed: The first answer's status; `CLOSE` for none.
        level: How binding that is.
        answers: How many answers these bytes may get: another one is to a request that was smuggled in.
        closes: Whether the connection must end; None if it may.
        ends: Whether the client stops sending there, and no other request follows.
        value: The JSON that the answer must have, which shows what was taken for the body.
        holds: What else must be true of the first answer.
    """

    name: str
    section: str
    data: bytes
    allowed: frozenset[int]
    level: Level = Level.MUST
    answers: int = 1
    closes: bool | None = None
    ends: bool = False
    value: Any = None
    holds: Callable[[Heard], bool] | None = None

    @property
    def judged(self) -> bool:
        """Whether there is a wrong outcome."""
        return self.level is not Level.FREE


def request(line: bytes, *fields: bytes, host: bytes = b"Host: h", body: bytes = b"") -> bytes:
    """A request of these lines."""
    return b"".join(each + b"\r\n" for each in (line, host, *fields) if each) + b"\r\n" + body


def get(target: bytes = b"/health", *fields: bytes, method: bytes = b"GET", host: bytes = b"Host: h") -> bytes:
    """A request without a body."""
    return request(b"%b %b HTTP/1.1" % (method, target), *fields, host=host)


def post(*fields: bytes, body: bytes = JSON, version: bytes = b"HTTP/1.1") -> bytes:
    """A request to a graph that answers with what it was given; its framing is in the fields."""
    return request(b"POST /predict " + version, b"Content-Type: application/json", *fields, body=body)


def chunked(body: bytes, *fields: bytes) -> bytes:
    """The same with a body in chunks."""
    return post(b"Transfer-Encoding: chunked", *fields, body=body)
