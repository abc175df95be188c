"""Requests are read the same however they are cut, and what is ambiguous is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import (
    BadRequest,
    ExpectationFailed,
    HeadersTooLarge,
    MethodNotAllowed,
    NotImplementedHere,
    RequestError,
    TargetTooLong,
    TooLarge,
    VersionNotSupported,
)
from plait.http1.known import Known
from plait.http1.messages import Request
from plait.http1.requests import Head, RequestLimits, RequestReader
from tests.http1.cutting import cuts, spoilt

Outcome = tuple[list[Request], type[RequestError] | None]

SMALL = RequestLimits(line=64, headers=256, fields=10, body=64)
HOST = b"Host: a\r\n"


def read(pieces: Iterable[bytes], limits: RequestLimits = SMALL, known: Known[Head] | None = None) -> Outcome:
    """What comes of these bytes, cut in this way: the requests, and the error that ended it."""
    reader = RequestReader(limits, "", known)
    requests: list[Request] = []
    try:
        for piece in filter(None, pieces):
            request = reader.feed(piece)
            while request is not None:
                requests.append(request)
                if not reader.keep_alive:
                    return requests, None
                rest, reader.rest = reader.rest, b""
                request = reader.feed(rest) if rest else None
    except RequestError as exc:
        return requests, type(exc)
    return requests, None


def posted(body: bytes = b"", *lines: bytes, line: bytes = b"POST /p HTTP/1.1", host: bytes = HOST) -> bytes:
    return line + b"\r\n" + host + b"".join(each + b"\r\n" for each in lines) + b"\r\n" + body


def chunked(body: bytes, *lines: bytes) -> bytes:
    return posted(body, b"Transfer-Encoding: chunked", *lines)


GOOD = {
    "get": (b"GET /a/b?c=d HTTP/1.1\r\nHost: a\r\n\r\n", ("GET", "/a/b", "c=d", b"")),
    "no Host in HTTP/1.0": (b"GET / HTTP/1.0\r\n\r\n", ("GET", "/", "", b"")),
    "head": (b"HEAD /h HTTP/1.1\r\nHost: [::1]:9000\r\n\r\n", ("HEAD", "/h", "", b"")),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ("OPTIONS", "*", "", b"")),
    "absolute": (b"GET http://A/x?y HTTP/1.1\r\nHost: a\r\n\r\n", ("GET", "/x", "y", b"")),
    "with a length": (posted(b"hello", b"Content-Length: 5"), ("POST", "/p", "", b"hello")),
    "an empty body": (posted(b"", b"Content-Length: 0"), ("POST", "/p", "", b"")),
    "no blank after the colon": (b"POST /p HTTP/1.1\r\nHost:a\r\ncontent-length:2\r\n\r\nhi", ("POST", "/p", "", b"hi")),
    "in chunks": (chunked(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), ("POST", "/p", "", b"abcde")),
    "chunks of line ends": (chunked(b"4\r\n\r\n\r\n\r\n2\r\n\r\n\r\n0\r\n\r\n"), ("POST", "/p", "", b"\r\n\r\n\r\n")),
    "chunks with extension and trailers": (
        chunked(b'3;a=b;c="d"\r\nabc\r\n0;x\r\nEtag: 1\r\nB: 2\r\n\r\n'),
        ("POST", "/p", "", b"abc"),
    ),
    "no byte in chunks": (chunked(b"0\r\n\r\n"), ("POST", "/p", "", b"")),
    "blanks behind a Host": (b"GET / HTTP/1.1\r\nHost: a \t\r\n\r\n", ("GET", "/", "", b"")),
    "blanks behind an expectation": (
        posted(b"hi", b"Content-Length: 2", b"Expect: 100-continue "),
        ("POST", "/p", "", b"hi"),
    ),
    "expecting": (posted(b"hi", b"Content-Length: 2", b"Expect: 100-Continue"), ("POST", "/p", "", b"hi")),
    "the longest line": (b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % (b"x" * 50), ("GET", "/" + "x" * 50, "", b"")),
    "the largest body": (posted(b"x" * 64, b"Content-Length: 64"), ("POST", "/p", "", b"x" * 64)),
    "the largest body in chunks": (chunked(b"40\r\n" + b"x" * 64 + b"\r\n0\r\n\r\n"), ("POST", "/p", "", b"x" * 64)),
}


@pytest.mark.parametrize(("data", "expected"), GOOD.values(), ids=GOOD)
def test_a_request_is_the_same_wherever_it_is_cut(data: bytes, expected: tuple[str, str, str, bytes]) -> None:
    for pieces in cuts(data):
        requests, error = read(pieces)
        assert error is None
        assert [(each.method, each.path, each.query, each.body) for each in requests] == [expected]


@pytest.mark.parametrize("first", [name for name in GOOD if name != "no Host in HTTP/1.0"])  # which ends the connection
@pytest.mark.parametrize("second", ["get", "in chunks", "with a length"])
def test_pipelined_requests_come_one_by_one_wherever_they_are_cut(first: str, second: str) -> None:
    (one, meant), (two, next_meant) = GOOD[first], GOOD[second]
    for pieces in cuts(one + two):
        requests, error = read(pieces)
        assert error is None
        assert [(each.method, each.path, each.query, each.body) for each in requests] == [meant, next_meant]


def test_names_are_lower_case_and_repeated_fields_are_joined_in_order() -> None:
    (request,), _ = read([b"GET / HTTP/1.1\r\nHOST: a\r\nX-A: 1\r\nx-a: 2\r\nAccept: \t x \r\n\r\n"])
    assert request.headers[b"x-a"] == b"1, 2"
    assert request.headers[b"host"] == b"a"
    assert request.headers[b"accept"].strip() == b"x"


def test_trailers_are_nobodys_fields() -> None:
    (request,), _ = read([chunked(b"0\r\nContent-Type: a\r\nX-Request-Id: b\r\n\r\n")])
    assert set(request.headers) == {b"host", b"transfer-encoding"}


FAULTS: dict[str, tuple[bytes, type[RequestError]]] = {
    # The request line.
    "HTTP/0.9": (b"GET /\r\n\r\n", BadRequest),
    "unknown version": (posted(line=b"GET / HTTP/1.2"), VersionNotSupported),
    "HTTP/2.0": (posted(line=b"GET / HTTP/2.0"), VersionNotSupported),
    "HTTP/9.9": (posted(line=b"GET / HTTP/9.9"), VersionNotSupported),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", VersionNotSupported),
    "RTSP": (posted(line=b"GET / RTSP/1.1"), BadRequest),
    "ICE": (posted(line=b"SOURCE / ICE/1.0"), BadRequest),
    "small http": (posted(line=b"GET / http/1.1"), BadRequest),
    "version of one digit": (posted(line=b"GET / HTTP/1"), BadRequest),
    "double blank": (posted(line=b"GET  / HTTP/1.1"), BadRequest),
    "double blank before the version": (posted(line=b"GET /  HTTP/1.1"), BadRequest),
    "blank at the end": (posted(line=b"GET / HTTP/1.1 "), BadRequest),
    "blank at the start": (posted(line=b" GET / HTTP/1.1"), BadRequest),
    "tab": (posted(line=b"GET\t/ HTTP/1.1"), BadRequest),
    "blank in the target": (posted(line=b"GET /a b HTTP/1.1"), BadRequest),
    "no target": (posted(line=b"GET HTTP/1.1"), BadRequest),
    "empty line first": (b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", BadRequest),
    "unknown method": (posted(line=b"BREW / HTTP/1.1"), NotImplementedHere),
    "small method": (posted(line=b"get / HTTP/1.1"), NotImplementedHere),
    "method of WebDAV": (posted(line=b"PROPFIND / HTTP/1.1"), NotImplementedHere),
    "method that is no token": (posted(line=b"G@T / HTTP/1.1"), BadRequest),
    "CONNECT": (posted(line=b"CONNECT a:443 HTTP/1.1"), MethodNotAllowed),
    "TRACE": (posted(line=b"TRACE / HTTP/1.1"), MethodNotAllowed),
    "long line": (posted(line=b"GET /" + b"x" * 51 + b" HTTP/1.1"), TargetTooLong),
    "line without end": (b"GET /" + b"x" * 100, TargetTooLong),
    # The target.
    "fragment": (posted(line=b"GET /a#b HTTP/1.1"), BadRequest),
    "fragment in the query": (posted(line=b"GET /a?b#c HTTP/1.1"), BadRequest),
    "dot segments": (posted(line=b"GET /a/../admin HTTP/1.1"), BadRequest),
    "encoded dot segments": (posted(line=b"GET /a/%2e%2e/admin HTTP/1.1"), BadRequest),
    "double slash": (posted(line=b"GET //a HTTP/1.1"), BadRequest),
    "encoded slash": (posted(line=b"GET /a%2fb HTTP/1.1"), BadRequest),
    "encoded backslash": (posted(line=b"GET /a%5Cb HTTP/1.1"), BadRequest),
    "encoded NUL": (posted(line=b"GET /a%00 HTTP/1.1"), BadRequest),
    "encoded control in the query": (posted(line=b"GET /a?id=%0a HTTP/1.1"), BadRequest),
    "bad escape": (posted(line=b"GET /a%zz HTTP/1.1"), BadRequest),
    "escape cut off": (posted(line=b"GET /a?b=%2 HTTP/1.1"), BadRequest),
    "escape that hides another": (posted(line=b"GET /a?b=%%2F00 HTTP/1.1"), BadRequest),
    "byte over 0x7f": (posted(line=b"GET /\xc3\xa9 HTTP/1.1"), BadRequest),
    "byte over 0x7f in the query": (posted(line=b"GET /?\xff HTTP/1.1"), BadRequest),
    "backslash": (posted(line=b"GET /a\\b HTTP/1.1"), BadRequest),
    "asterisk where nobody asks for options": (posted(line=b"GET * HTTP/1.1"), BadRequest),
    "asterisk with a query": (posted(line=b"OPTIONS *?a HTTP/1.1"), BadRequest),
    "no path": (posted(line=b"GET a HTTP/1.1"), BadRequest),
    "foreign absolute target": (posted(line=b"GET http://b/ HTTP/1.1"), BadRequest),
    "absolute target with a user": (posted(line=b"GET http://u@a/ HTTP/1.1"), BadRequest),
    "absolute target of another scheme": (posted(line=b"GET https://a/ HTTP/1.1"), BadRequest),
    "absolute target without Host": (b"GET http://b/ HTTP/1.0\r\n\r\n", BadRequest),
    # Host.
    "no Host": (posted(host=b""), BadRequest),
    "two Hosts": (posted(host=HOST + HOST), BadRequest),
    "two Hosts in HTTP/1.0": (posted(line=b"GET / HTTP/1.0", host=HOST + HOST), BadRequest),
    "empty Host": (posted(host=b"Host: \r\n"), BadRequest),
    "Host with a path": (posted(host=b"Host: a/b\r\n"), BadRequest),
    "Host with a user": (posted(host=b"Host: u@a\r\n"), BadRequest),
    "Host with a list": (posted(host=b"Host: a, b\r\n"), BadRequest),
    "Host with a blank": (posted(host=b"Host: a b\r\n"), BadRequest),
    "Host with a bad port": (posted(host=b"Host: a:x\r\n"), BadRequest),
    # Fields.
    "bare LF": (b"GET / HTTP/1.1\nHost: a\n\n", BadRequest),
    "bare LF after a field": (b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", BadRequest),
    "bare LF at the end": (b"GET / HTTP/1.1\r\nHost: a\r\n\n", BadRequest),
    "bare CR in a value": (posted(b"", b"X: a\rb"), BadRequest),
    "bare CR in the line": (posted(line=b"GET /\rHTTP/1.1"), BadRequest),
    "NUL in a value": (posted(b"", b"X: a\x00b"), BadRequest),
    "control in a value": (posted(b"", b"X: a\x01b"), BadRequest),
    "NUL in a name": (posted(b"", b"X\x00: a"), BadRequest),
    "folded": (posted(b"", b"X: a\r\n b"), BadRequest),
    "folded first": (posted(host=b" Host: a\r\n"), BadRequest),
    "space before the colon": (posted(b"", b"X : a"), BadRequest),
    "no colon": (posted(b"", b"X"), BadRequest),
    "empty name": (posted(b"", b": a"), BadRequest),
    "underscore": (posted(b"", b"X_A: a"), BadRequest),
    "name with a letter over 0x7f": (posted(b"", b"X\xe9: a"), BadRequest),
    "101 fields": (posted(b"", *[b"X: a"] * 10), HeadersTooLarge),
    "large header block": (posted(b"", b"X: " + b"a" * 256), HeadersTooLarge),
    "large header block without end": (posted(b"", b"X: ")[:-4] + b"a" * 300, HeadersTooLarge),
    # Framing.
    "length +5": (posted(b"hello", b"Content-Length: +5"), BadRequest),
    "length -1": (posted(b"", b"Content-Length: -1"), BadRequest),
    "length 0x5": (posted(b"hello", b"Content-Length: 0x5"), BadRequest),
    "length 5, 5": (posted(b"hello", b"Content-Length: 5, 5"), BadRequest),
    "length 1 2": (posted(b"hello", b"Content-Length: 1 2"), BadRequest),
    "empty length": (posted(b"", b"Content-Length:"), BadRequest),
    "two lengths": (posted(b"hello", b"Content-Length: 5", b"Content-Length: 5"), BadRequest),
    "length of 23 digits": (posted(b"", b"Content-Length: 99999999999999999999999"), TooLarge),
    "length of 20 digits": (posted(b"", b"Content-Length: 10000000000000000000"), TooLarge),
    "length over the limit": (posted(b"", b"Content-Length: 65"), TooLarge),
    "length and coding": (chunked(b"0\r\n\r\n", b"Content-Length: 5"), BadRequest),
    "coding and length": (posted(b"0\r\n\r\n", b"Content-Length: 5", b"Transfer-Encoding: chunked"), BadRequest),
    "unknown coding": (posted(b"", b"Transfer-Encoding: gzip"), NotImplementedHere),
    "two codings": (posted(b"0\r\n\r\n", b"Transfer-Encoding: gzip, chunked"), NotImplementedHere),
    "chunked and another": (posted(b"0\r\n\r\n", b"Transfer-Encoding: chunked, gzip"), BadRequest),
    "chunked twice": (posted(b"0\r\n\r\n", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), BadRequest),
    "identity": (posted(b"", b"Transfer-Encoding: identity"), NotImplementedHere),
    "chunked with a parameter": (posted(b"0\r\n\r\n", b"Transfer-Encoding: chunked;a=b"), BadRequest),
    "chunked in quotes": (posted(b"0\r\n\r\n", b'Transfer-Encoding: "chunked"'), BadRequest),
    "comma before chunked": (posted(b"0\r\n\r\n", b"Transfer-Encoding: , chunked"), BadRequest),
    "chunked with a blank behind": (posted(b"0\r\n\r\n", b"Transfer-Encoding: chunked "), BadRequest),
    "xchunked": (posted(b"0\r\n\r\n", b"Transfer-Encoding: xchunked"), NotImplementedHere),
    "coding in HTTP/1.0": (posted(b"0\r\n\r\n", b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0"), BadRequest),
    "signed chunk": (chunked(b"+3\r\nabc\r\n0\r\n\r\n"), BadRequest),
    "negative chunk": (chunked(b"-1\r\n\r\n"), BadRequest),
    "chunk with a prefix": (chunked(b"0x3\r\nabc\r\n0\r\n\r\n"), BadRequest),
    "chunk with a blank before": (chunked(b" 3\r\nabc\r\n0\r\n\r\n"), BadRequest),
    "chunk with a blank after": (chunked(b"3 \r\nabc\r\n0\r\n\r\n"), BadRequest),
    "chunk of 17 digits with leading zeros": (chunked(b"00000000000000003\r\nabc\r\n0\r\n\r\n"), BadRequest),
    "length as a trailer": (chunked(b"0\r\nContent-Length: 5\r\n\r\n"), BadRequest),
    "chunk of 17 digits": (chunked(b"10000000000000003\r\nabc\r\n0\r\n\r\n"), BadRequest),
    "chunk without size": (chunked(b"\r\nabc\r\n0\r\n\r\n"), BadRequest),
    "chunk without end": (chunked(b"3\r\nabcd\r\n0\r\n\r\n"), BadRequest),
    "chunk ended by LF": (chunked(b"3\r\nabc\n0\r\n\r\n"), BadRequest),
    "chunk size ended by LF": (chunked(b"3\nabc\r\n0\r\n\r\n"), BadRequest),
    "last chunk ended by LF": (chunked(b"0\r\n\n"), BadRequest),
    "chunk over the limit": (chunked(b"41\r\n" + b"x" * 65 + b"\r\n0\r\n\r\n"), TooLarge),
    "chunks over the limit": (chunked((b"20\r\n" + b"x" * 32 + b"\r\n") * 3), TooLarge),
    "long trailers": (chunked(b"3\r\nabc\r\n0\r\nX: " + b"x" * 400 + b"\r\n\r\n"), HeadersTooLarge),
    "many trailers": (chunked(b"0\r\n" + b"X: a\r\n" * 10 + b"\r\n"), HeadersTooLarge),
    "bad trailer": (chunked(b"0\r\nX y: a\r\n\r\n"), BadRequest),
    # What it asks for.
    "another expectation": (posted(b"", b"Expect: 200-ok"), ExpectationFailed),
    "too large to be expected": (posted(b"", b"Content-Length: 100", b"Expect: 100-continue"), TooLarge),
    "upgrade with a body": (posted(b"hello", b"Content-Length: 5", b"Upgrade: h2c", b"Connection: upgrade"), BadRequest),
    "upgrade with chunks": (chunked(b"0\r\n\r\n", b"Upgrade: h2c", b"Connection: upgrade"), BadRequest),
}


@pytest.mark.parametrize(("data", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_refused_the_same_wherever_it_is_cut(data: bytes, expected: type[RequestError]) -> None:
    for pieces in cuts(data):
        assert read(pieces) == ([], expected), pieces


def test_what_is_pipelined_before_a_fault_is_read() -> None:
    for pieces in cuts(GOOD["with a length"][0] + FAULTS["two Hosts"][0]):
        requests, error = read(pieces)
        assert (len(requests), error) == (1, BadRequest)


@pytest.mark.parametrize(
    ("line", "option", "keeps"),
    [
        (b"HTTP/1.1", b"", True),
        (b"HTTP/1.1", b"Connection: close\r\n", False),
        (b"HTTP/1.1", b"Connection: x, Close\r\n", False),
        (b"HTTP/1.1", b"Connection: keep-alive\r\n", True),
        (b"HTTP/1.0", b"", False),
        (b"HTTP/1.0", b"Connection: keep-alive\r\n", False),
        (b"HTTP/1.1", b"Upgrade: websocket\r\nConnection: upgrade\r\n", False),
    ],
)
def test_a_connection_is_kept_as_the_client_asks(line: bytes, option: bytes, *, keeps: bool) -> None:
    reader = RequestReader(SMALL, "")
    data = b"GET / " + line + b"\r\nHost: a\r\n" + option + b"\r\n"
    assert reader.feed(data) is not None
    assert reader.keep_alive is keeps
    if keeps:
        assert reader.feed(data) is not None


def test_a_client_that_expects_is_told_to_go_on_once_its_head_is_whole() -> None:
    head = posted(b"", b"Content-Length: 5", b"Expect: 100-continue")
    reader = RequestReader(SMALL, "")
    assert reader.feed(head[:-1]) is None
    assert not reader.wants_continue
    assert reader.feed(head[-1:]) is None
    assert reader.wants_continue


@pytest.mark.parametrize(
    "data",
    [
        posted(b"", b"Expect: 100-continue"),
        posted(b"", b"Content-Length: 0", b"Expect: 100-continue"),
        posted(b"", b"Content-Length: 5", b"Expect: 100-continue", line=b"POST / HTTP/1.0"),
    ],
)
def test_nobody_is_told_to_go_on_who_has_no_body_or_speaks_1_0(data: bytes) -> None:
    reader = RequestReader(SMALL, "")
    reader.feed(data)
    assert not reader.wants_continue


def test_it_is_known_whether_a_request_has_begun() -> None:
    reader = RequestReader(SMALL, "")
    seen = [reader.begun]
    for piece in (b"G", posted(b"he", b"Content-Length: 5", line=b"ET / HTTP/1.1"), b"llo"):
        reader.feed(piece)
        seen.append(reader.begun)
    assert seen == [False, True, True, False]


def test_the_bytes_of_a_body_are_counted_as_they_come() -> None:
    reader = RequestReader(SMALL, "")
    reader.feed(posted(b"he", b"Content-Length: 5"))
    assert reader.received == 2


def test_a_body_in_thousands_of_chunks_is_read_whole() -> None:
    limits = RequestLimits()
    body = b"1\r\nx\r\n" * 5000
    (request,), error = read([chunked(body + b"0\r\n\r\n")], limits)
    assert error is None
    assert request.body == b"x" * 5000


@pytest.mark.parametrize("size", [b"%x" % (1 << 20), b"4"], ids=["one chunk", "small chunks"])
def test_a_body_that_comes_in_tiny_pieces_takes_no_more_room_than_it_has_bytes(size: bytes) -> None:
    reader = RequestReader(RequestLimits(), "")
    reader.feed(chunked(b""))
    blanks = b"\r\n\r\n" * 1024
    lines = [size + b"\r\n", *[blanks] * 256] if size != b"4" else [b"4\r\n1234\r\n" * 1024] * 256
    for piece in lines:
        reader.feed(piece)
    assert reader.received == 1 << 20
    assert sys.getsizeof(reader._body) < 2 << 20
    end = reader.feed((b"\r\n" if size != b"4" else b"") + b"0\r\n\r\n")
    assert end is not None
    assert len(end.body) == 1 << 20


def test_a_body_with_a_length_that_comes_byte_by_byte_takes_no_more_room_than_it_has_bytes() -> None:
    reader = RequestReader(RequestLimits(), "")
    reader.feed(posted(b"", b"Content-Length: 100000"))
    for _ in range(99_999):
        reader.feed(b"x")
    assert sys.getsizeof(reader._body) < 200_000
    end = reader.feed(b"x")
    assert end is not None
    assert len(end.body) == 100_000


def test_an_extension_is_refused_that_is_longer_than_a_header_may_be() -> None:
    data = chunked(b"3;" + b"x" * 400 + b"\r\nabc\r\n0\r\n\r\n")
    for pieces in cuts(data):
        requests, error = read(pieces)
        assert not requests
        assert error is BadRequest


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 100_000, HeadersTooLarge),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * (64 << 10) + b"\r\n\r\n", HeadersTooLarge),
        (b"GET /" + b"a" * (9 << 10) + b" HTTP/1.1\r\n\r\n", TargetTooLong),
        (chunked(b"3;" + b"a" * (1 << 20) + b"\r\nabc\r\n0\r\n\r\n"), BadRequest),
        (chunked(b"0\r\n" + (b"X: " + b"a" * 1000 + b"\r\n") * 2000 + b"\r\n"), HeadersTooLarge),
        (posted(b"", b"Content-Length: %d" % ((10 << 20) + 1)), TooLarge),
    ],
    ids=["100,000 fields", "64 KiB", "9 KiB target", "1 MB extension", "2 MB trailers", "one byte over"],
)
def test_the_default_limits_hold(data: bytes, expected: type[RequestError]) -> None:
    pieces = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    assert read(pieces, RequestLimits()) == ([], expected)
    assert read([data], RequestLimits()) == ([], expected)


MATERIAL = [data for data, _ in (*GOOD.values(), *FAULTS.values())]


def everything_known() -> Known[Head]:
    known: Known[Head] = Known()
    for data in MATERIAL:
        read([data], known=known)
    return known


KNOWN = everything_known()


@pytest.mark.parametrize(
    ("data", "expected"), [*((data, None) for data, _ in GOOD.values()), *FAULTS.values()], ids=[*GOOD, *FAULTS]
)
def test_a_head_that_came_before_means_the_same(data: bytes, expected: type[RequestError] | None) -> None:
    for pieces in ([data], [data, data], [data[:-1], data[-1:] + data]):
        assert read(pieces, known=Known(KNOWN)) == read(pieces)
    assert read([data], known=Known(KNOWN))[1] is expected


@pytest.mark.parametrize("name", ["in chunks", "expecting", "two Hosts", "upgrade with a body", "length and coding"])
def test_what_must_be_read_anew_is_not_remembered(name: str) -> None:
    known: Known[Head] = Known()
    read([(GOOD | FAULTS)[name][0]], known=known)
    assert not known


@given(spoilt(MATERIAL, 3))
def test_heads_that_came_before_mean_the_same_wherever_they_are_cut(pieces: list[bytes]) -> None:
    assert read(pieces, known=Known(KNOWN)) == read(pieces)


@given(spoilt(MATERIAL, 3))
def test_nothing_but_request_errors_comes_of_spoilt_requests(pieces: list[bytes]) -> None:
    requests, error = read(pieces)
    whole, whole_error = read([b"".join(pieces)])
    assert requests == whole
    assert (error is None) == (whole_error is None)  # of several faults, that one counts that is seen first


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_nothing_but_request_errors_comes_of_random_bytes(pieces: list[bytes]) -> None:
    read(pieces)
