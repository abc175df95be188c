"""Requests and responses as the server side sees them, whoever carries them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from plait.types import Started


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request that has arrived whole. `path` is normalised, `query` raw; names in `headers` are lower-case."""

    method: str
    path: str
    query: str
    headers: Mapping[bytes, bytes]
    body: bytes
    peer: str = ""


class Response(msgspec.Struct, frozen=True, gc=False):
    """An answer; Content-Length, Date and Connection are added by whoever sends it."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


class Reply(Protocol):
    """Takes the answer to one request, once."""

    def __call__(self, response: Response, /) -> None: ...


class Handler(Protocol):
    """An application: answers each request through `reply`, now or later, unless cancelled before."""

    def __call__(self, request: Request, reply: Reply, /) -> Started: ...
