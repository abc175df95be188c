"""Requests and responses as the server side sees them, whoever carries them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from plait.events import Part
from plait.types import Header, Started

JSON = "Content-Type: application/json\r\n"


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request that has arrived whole. `path` is normalised, `query` raw; names in `headers` are lower-case.

    `waited` is how many seconds ago it has, where these count. `client` tells clients apart that have shown a certificate which was
    verified: it is the same for all certificates with the same names of the same authority; empty for any other client.
    """

    method: str
    path: str
    query: str
    headers: Header
    body: bytes
    peer: str = ""
    waited: float = 0.0
    client: str = ""


class Outlet(Protocol):
    """Where the body of a streamed answer goes; once it has ended, or the client has left, it takes nothing more."""

    @property
    def writable(self) -> bool:
        """Whether there is room for another piece."""
        ...

    def write(self, data: bytes) -> None:
        """Send a piece, not empty."""

    def end(self, last: Response | None = None) -> None:
        """The body is whole; `last` is what it amounts to."""

    def abort(self) -> None:
        """The body will never be whole: the client must see that it is not."""


class Stream(Protocol):
    """A body that comes piece by piece. When the client leaves, its handler's call is cancelled, as for any answer."""

    def open(self, outlet: Outlet) -> None:
        """Begin to write."""

    def resume(self) -> None:
        """Go on: there is room again."""


class Response(msgspec.Struct, frozen=True, gc=False):
    """An answer; Content-Length, Date and Connection are added by whoever sends it. With a `stream` there is no `body`.

    `head` is its header fields as they go on the wire, each line with its end: most answers are never looked at in another form.
    `complete`, `parts` and `code`, of a problem, are for whoever writes down what happened.
    """

    status: int
    body: bytes
    head: str = JSON
    stream: Stream | None = None
    complete: bool = True
    parts: Sequence[Part] = ()
    code: str = ""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The fields by name, in their order."""
        return [(name, value) for name, _, value in (line.partition(": ") for line in self.head.split("\r\n")[:-1])]


class Reply(Protocol):
    """Takes the answer to one request, once."""

    def __call__(self, response: Response, /) -> None: ...


class Handler(Protocol):
    """An application: answers each request through `reply`, now or later, unless cancelled before."""

    def __call__(self, request: Request, reply: Reply, /) -> Started: ...
