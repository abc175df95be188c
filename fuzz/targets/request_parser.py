"""Requests: the same however they are cut, refused in our own words only, and read alike by another parser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from fuzz.oracle import asked, bare
from fuzz.pieces import slicings
from plait.errors import RequestError
from plait.http1.known import Known
from plait.http1.messages import Request
from plait.http1.requests import Head, RequestLimits, RequestReader

DEFAULT = RequestLimits()
LIMITS = RequestLimits(line=128, headers=1 << 20, fields=1000, body=128)
NARROW = RequestLimits(line=128, headers=256, fields=8, body=128)
_FRAMING = {b"host", b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade"}


class Outcome(NamedTuple):
    """What comes of bytes: the requests, whether the connection is kept after each, the refusal, and whether more must come.

    It is `rough` if it may depend on how the bytes were cut: llhttp tells of a field when it sees the next, and the room for what
    is around chunks is reckoned now and then.
    """

    requests: list[Request]
    kept: list[bool]
    refusal: type[RequestError] | None
    begun: bool
    rough: bool = False


def one_input(data: bytes) -> None:
    """Read the bytes in several slicings, and what is accepted once more."""
    outcome = alike([read(pieces, limits=LIMITS) for pieces in slicings(data)])
    known: Known[Head] = Known()
    whole = slicings(data)[0]
    alike([outcome, *(read(whole, known, LIMITS) for _ in range(2))])  # the second time from heads that were seen
    narrow = alike([read(pieces, limits=NARROW) for pieces in slicings(data)])
    assert narrow.requests == outcome.requests[: len(narrow.requests)]
    for request, raw in zip(outcome.requests, extents(data, len(outcome.requests)), strict=True):
        sound(request)
        same(request, raw, request.headers)
        same(request, anew(request), request.headers.keys() - _FRAMING)
        (again,) = read([anew(request)]).requests
        assert facts(again) == facts(request)


def alike(outcomes: list[Outcome]) -> Outcome:
    """The outcome with the fewest requests, of those that are the same; of rough ones only the requests are, as far as they go."""
    least = min(outcomes, key=lambda each: len(each.requests))
    for outcome in outcomes:
        if any(each.rough for each in outcomes):
            assert outcome.requests[: len(least.requests)] == least.requests
        else:
            assert outcome == least, outcomes
    return least


def read(pieces: Sequence[bytes], known: Known[Head] | None = None, limits: RequestLimits = DEFAULT) -> Outcome:
    """What comes of these bytes on one connection."""
    reader = RequestReader(limits, "", known)
    requests: list[Request] = []
    kept: list[bool] = []
    try:
        for piece in pieces:
            request = reader.feed(piece)
            while request is not None:
                requests.append(request)
                kept.append(reader.keep_alive)
                rest, reader.rest = reader.rest, b""
                if not reader.keep_alive:
                    return Outcome(requests, kept, None, begun=False)
                request = reader.feed(rest) if rest else None
    except RequestError as exc:
        rough = limits is NARROW and (reader.in_body or exc.detail.endswith("header fields"))
        return Outcome(requests, kept, type(exc), begun=False, rough=rough)
    return Outcome(requests, kept, None, reader.begun)


def extents(data: bytes, count: int) -> list[bytes]:
    """The bytes of each request that was accepted."""
    found = []
    for _ in range(count):
        reader = RequestReader(LIMITS, "")
        assert reader.feed(data) is not None
        found.append(data[: len(data) - len(reader.rest)])
        data = reader.rest
    return found


def sound(request: Request) -> None:
    """Accept a request that is normalised and within bounds."""
    assert len(request.body) <= LIMITS.body
    assert request.path == "*" or request.path.startswith("/")
    assert not {".", ".."} & set(request.path.split("/"))
    assert "//" not in request.path
    assert (request.path + request.query).isascii()
    assert (request.path + request.query).isprintable()
    assert all(name == name.lower() and b"_" not in name and name.isascii() for name in request.headers)
    assert not any(control in value for value in request.headers.values() for control in (b"\r", b"\n", b"\0"))
    assert not (b"transfer-encoding" in request.headers and b"content-length" in request.headers)


def facts(request: Request) -> tuple[str, str, str, bytes]:
    """What makes a request this one, whatever its fields."""
    return request.method, request.path, request.query, request.body


def same(request: Request, raw: bytes, names: Iterable[bytes]) -> None:
    """Accept a request in which h11 reads what we read, these fields too, and nothing behind it."""
    other = asked(raw)
    assert other.surplus == b""
    assert (other.method.decode(), other.body) == (request.method, request.body)
    path, _, query = other.target.partition(b"?")
    if path[:7].lower() == b"http://":
        path = b"/" + path[7:].partition(b"/")[2]
    assert (unquote_to_bytes(path).decode(), query.decode()) == (request.path, request.query)
    for name in names:
        assert bare(b",".join(other.values(name))) == bare(request.headers[name]), name


def anew(request: Request) -> bytes:
    """The request in the one form that there is for it."""
    path = request.path.replace("%", "%25").replace(" ", "%20").replace("#", "%23").replace("?", "%3F").encode()
    lines = [b"%b %b%b%b HTTP/1.1" % (request.method.encode(), path, b"?" * bool(request.query), request.query.encode())]
    lines += [b"%b: %b" % (name, value) for name, value in request.headers.items() if name not in _FRAMING]
    lines += [b"host: " + (request.headers.get(b"host") or b"a"), b"content-length: %d" % len(request.body)]
    return b"\r\n".join([*lines, b"", request.body])
