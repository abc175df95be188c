"""Answers are read the same however they are cut, and what is no single, bounded answer is refused."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import BadAnswer
from plait.http1.known import LARGEST, MOST, Known
from plait.http1.reader import FIELD_LIMIT, HEAD_LIMIT, Head, ResponseReader
from tests.http1.cutting import cuts, spoilt

Outcome = tuple[int, bytes, bool] | type[BadAnswer] | None

LIMIT = 64


def read(pieces: Iterable[bytes], *, closed: bool = False, known: Known[Head] | None = None) -> Outcome:
    """Status, body and cleanness of the answer; None while it is not whole."""
    reader = ResponseReader(LIMIT, known)
    whole = False
    try:
        for piece in filter(None, pieces):
            whole = reader.feed(piece)
            if whole:
                break
        whole = whole or (closed and reader.end())
    except BadAnswer:
        return BadAnswer
    return (reader.status, reader.body, reader.clean) if whole else None


def answer(body: bytes = b"", *lines: bytes, line: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return line + b"\r\n" + b"".join(each + b"\r\n" for each in lines) + b"\r\n" + body


PLAIN = answer(b"{}", b"Content-Length: 2")
CHUNKED = answer(b"1;x=y\r\n{\r\n1\r\n}\r\n0\r\nEtag: 1\r\n\r\n", b"Transfer-Encoding: chunked")

GOOD = {
    "with a length": (PLAIN, (200, b"{}", True)),
    "in chunks": (CHUNKED, (200, b"{}", True)),
    "chunked in capitals": (answer(b"0\r\n\r\n", b"TRANSFER-ENCODING: Chunked"), (200, b"", True)),
    "blanks around the length": (answer(b"{}", b"Content-Length:\t 2 "), (200, b"{}", True)),
    "no reason": (answer(b"{}", b"Content-Length: 2", line=b"HTTP/1.1 200"), (200, b"{}", True)),
    "a body of the limit": (answer(b"x" * LIMIT, b"Content-Length: 64"), (200, b"x" * LIMIT, True)),
    "no content": (answer(b"", line=b"HTTP/1.1 204 No Content"), (204, b"", True)),
    "not modified, with a length": (answer(b"", b"Content-Length: 5", line=b"HTTP/1.1 304 Not Modified"), (304, b"", True)),
    "to be closed": (answer(b"{}", b"Content-Length: 2", b"Connection: close"), (200, b"{}", False)),
    "1.0": (answer(b"{}", b"Content-Length: 2", line=b"HTTP/1.0 200 OK"), (200, b"{}", False)),
    "1.0 kept": (answer(b"{}", b"Content-Length: 2", b"Connection: keep-alive", line=b"HTTP/1.0 200 OK"), (200, b"{}", True)),
    "after 100": (b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, (200, b"{}", True)),
    "after 102 and 103": (
        b"HTTP/1.1 102 Processing\r\nX: a\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n" + PLAIN,
        (200, b"{}", True),
    ),
    "an error": (answer(b"no", b"Content-Length: 2", line=b"HTTP/1.1 599 X"), (599, b"no", True)),
}


@pytest.mark.parametrize(("data", "expected"), GOOD.values(), ids=GOOD)
def test_an_answer_is_the_same_wherever_it_is_cut(data: bytes, expected: tuple[int, bytes, bool]) -> None:
    for pieces in cuts(data):
        assert read(pieces) == expected, pieces


UNTIL_CLOSED = {
    "1.1": (answer(b"{}"), (200, b"{}", False)),
    "1.0": (answer(b"{}", line=b"HTTP/1.0 200 OK"), (200, b"{}", False)),
    "nothing": (answer(b""), (200, b"", False)),
    "after 100": (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"{}"), (200, b"{}", False)),
    "1.0 kept": (answer(b"{}", b"Connection: keep-alive", line=b"HTTP/1.0 200 OK"), (200, b"{}", False)),
}


@pytest.mark.parametrize(("data", "expected"), UNTIL_CLOSED.values(), ids=UNTIL_CLOSED)
def test_an_answer_without_length_ends_with_the_connection(data: bytes, expected: tuple[int, bytes, bool]) -> None:
    for pieces in cuts(data):
        assert read(pieces) is None
        assert read(pieces, closed=True) == expected


@pytest.mark.parametrize("data", [PLAIN, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN], ids=["length", "chunks", "after 100"])
def test_an_answer_cut_short_is_none(data: bytes) -> None:
    for end in range(len(data)):
        assert read([data[:end]], closed=True) is None


BROKEN = {
    "status 000": answer(b"", b"Content-Length: 0", line=b"HTTP/1.1 000 X"),
    "status 099": answer(b"", b"Content-Length: 0", line=b"HTTP/1.1 099 X"),
    "status 600": answer(b"", b"Content-Length: 0", line=b"HTTP/1.1 600 X"),
    "status 999": answer(b"", b"Content-Length: 0", line=b"HTTP/1.1 999 X"),
    "status of two digits": answer(b"", line=b"HTTP/1.1 20 OK"),
    "status of four digits": answer(b"", line=b"HTTP/1.1 2000 OK"),
    "status of letters": answer(b"", line=b"HTTP/1.1 abc OK"),
    "HTTP/2.0": answer(b"{}", b"Content-Length: 2", line=b"HTTP/2.0 200 OK"),
    "HTTP/0.9": answer(b"{}", b"Content-Length: 2", line=b"HTTP/0.9 200 OK"),
    "HTTP/1.2": answer(b"{}", b"Content-Length: 2", line=b"HTTP/1.2 200 OK"),
    "RTSP": answer(b"{}", b"Content-Length: 2", line=b"RTSP/1.0 200 OK"),
    "ICE": answer(b"{}", b"Content-Length: 2", line=b"ICE/1.0 200 OK"),
    "unasked 101": answer(b"", b"Upgrade: x", b"Connection: upgrade", line=b"HTTP/1.1 101 Switching Protocols"),
    "101 without upgrade": answer(b"", line=b"HTTP/1.1 101 Switching Protocols"),
    "101 with bytes behind": answer(b"\0\1", b"Upgrade: x", b"Connection: upgrade", line=b"HTTP/1.1 101 Switching Protocols"),
    "only informational": b"HTTP/1.1 102 Processing\r\n\r\n" * 20,
    "two lengths": answer(b"{}", b"Content-Length: 2", b"Content-Length: 2"),
    "length and coding": answer(b"0\r\n\r\n", b"Content-Length: 2", b"Transfer-Encoding: chunked"),
    "length +2": answer(b"{}", b"Content-Length: +2"),
    "length -1": answer(b"{}", b"Content-Length: -1"),
    "length 0x2": answer(b"{}", b"Content-Length: 0x2"),
    "length 2, 2": answer(b"{}", b"Content-Length: 2, 2"),
    "length 2_0": answer(b"{}", b"Content-Length: 2_0"),
    "empty length": answer(b"{}", b"Content-Length:"),
    "endless length": answer(b"{}", b"Content-Length: " + b"9" * 23),
    "length over the limit": answer(b"", b"Content-Length: 65"),
    "unknown coding": answer(b"", b"Transfer-Encoding: gzip"),
    "two codings": answer(b"0\r\n\r\n", b"Transfer-Encoding: gzip, chunked"),
    "identity": answer(b"", b"Transfer-Encoding: identity"),
    "chunks in 1.0": answer(b"0\r\n\r\n", b"Transfer-Encoding: chunked", line=b"HTTP/1.0 200 OK"),
    "two codings in two fields": answer(b"0\r\n\r\n", b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"),
    "chunked twice": answer(b"0\r\n\r\n", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "chunk of 17 digits": answer(b"10000000000000002\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunk of 17 digits with leading zeros": answer(b"00000000000000002\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "coding as a trailer": answer(b"0\r\nTransfer-Encoding: chunked\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunk with sign": answer(b"+2\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunk without end": answer(b"2\r\n{}x\r\n", b"Transfer-Encoding: chunked"),
    "chunk without size": answer(b"\r\n{}\r\n", b"Transfer-Encoding: chunked"),
    "chunks over the limit": answer((b"20\r\n" + b"x" * 32 + b"\r\n") * 3, b"Transfer-Encoding: chunked"),
    "body until close over the limit": answer(b"x" * 65),
    "empty line first": b"\r\n" + PLAIN,
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "bare LF after a field": b"HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\r\n{}",
    "folded": answer(b"{}", b"X: a\r\n b", b"Content-Length: 2"),
    "space before the colon": answer(b"{}", b"Content-Length : 2"),
    "NUL in a value": answer(b"{}", b"X: a\0b", b"Content-Length: 2"),
    "a request": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x28",
    "HTML": b"<html></html>",
    "101 fields": answer(b"{}", b"Content-Length: 2", *[b"X: a"] * FIELD_LIMIT),
    "101 trailers": answer(b"0\r\n" + b"X: a\r\n" * FIELD_LIMIT + b"\r\n", b"Transfer-Encoding: chunked"),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_refused_wherever_it_is_cut(data: bytes) -> None:
    for pieces in cuts(data):
        assert read(pieces, closed=True) is BadAnswer, pieces


BIG = b"a" * (HEAD_LIMIT + 1)
OVERSIZE = {
    "field": answer(b"{}", b"X: " + BIG, b"Content-Length: 2"),
    "reason": answer(b"{}", b"Content-Length: 2", line=b"HTTP/1.1 200 " + BIG),
    "name": answer(b"{}", BIG + b": a", b"Content-Length: 2"),
    "extension": answer(b"2;" + BIG + b"\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "trailer": answer(b"2\r\n{}\r\n0\r\nX: " + BIG + b"\r\n\r\n", b"Transfer-Encoding: chunked"),
}


@pytest.mark.parametrize("data", OVERSIZE.values(), ids=OVERSIZE)
@pytest.mark.parametrize("size", [100, 4096, 1 << 20])
def test_a_head_and_a_framing_have_a_limit_also_when_they_drip(data: bytes, size: int) -> None:
    assert read([data[at : at + size] for at in range(0, len(data), size)]) is BadAnswer


SURPLUS = {
    "a byte": b"x",
    "garbage": b"xyz\r\n\r\n",
    "half an answer": PLAIN[:20],
    "an answer": PLAIN,
    "two": PLAIN * 2,
    "a NUL": b"\0",
    "an empty line": b"\r\n",
}


@pytest.mark.parametrize("surplus", SURPLUS.values(), ids=SURPLUS)
@pytest.mark.parametrize(
    "name", ["with a length", "in chunks", "no content", "to be closed", "not modified, with a length", "after 100"]
)
def test_bytes_after_an_answer_make_its_connection_unclean_and_change_nothing(name: str, surplus: bytes) -> None:
    data, (status, body, _) = GOOD[name]
    reader = ResponseReader(LIMIT)
    assert reader.feed(data + surplus)
    assert (reader.status, reader.body, reader.clean, reader.surplus) == (status, body, False, True)


def test_an_answer_alone_has_no_surplus() -> None:
    reader = ResponseReader(LIMIT)
    assert reader.feed(CHUNKED)
    assert not reader.surplus


def test_one_answer_follows_another() -> None:
    reader = ResponseReader(LIMIT)
    for name in ("with a length", "in chunks", "no content", "after 100", "with a length"):
        data, expected = GOOD[name]
        assert reader.feed(data)
        assert (reader.status, reader.body, reader.clean) == expected
        assert not reader.started


def test_names_are_lower_case_and_trailers_are_nobodys() -> None:
    reader = ResponseReader(LIMIT)
    reader.feed(answer(b"0\r\nContent-Type: text/html\r\n\r\n", b"CONTENT-TYPE: application/json", b"Transfer-Encoding: chunked"))
    assert reader.headers == {b"content-type": b"application/json", b"transfer-encoding": b"chunked"}


def test_a_body_in_very_many_chunks_is_read_whole() -> None:
    reader = ResponseReader(1 << 20)
    assert reader.feed(answer(b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n", b"Transfer-Encoding: chunked"))
    assert reader.body == b"x" * 5000


MATERIAL = [*(data for data, _ in (*GOOD.values(), *UNTIL_CLOSED.values())), *BROKEN.values()]


def everything_known() -> Known[Head]:
    known: Known[Head] = Known()
    for data in MATERIAL:
        read([data], closed=True, known=known)
    return known


KNOWN = everything_known()


@pytest.mark.parametrize("data", MATERIAL)
def test_a_head_that_came_before_means_the_same(data: bytes) -> None:
    for pieces in ([data], [data + b"x"], [data + b"\r\n"], [data * 2], [data[:-1]], [data[:-1], data[-1:]]):
        assert read(pieces, known=Known(KNOWN)) == read(pieces)
        assert read(pieces, closed=True, known=Known(KNOWN)) == read(pieces, closed=True)


def test_an_answer_whose_head_came_before_is_followed_by_any_other() -> None:
    reader = ResponseReader(LIMIT)
    for name in (
        "with a length",
        "with a length",
        "in chunks",
        "with a length",
        "after 100",
        "no content",
        "no content",
        "1.0 kept",
    ):
        data, expected = GOOD[name]
        assert reader.feed(data)
        assert (reader.status, reader.body, reader.clean) == expected


@pytest.mark.parametrize("name", ["in chunks", "to be closed", "1.0", "after 100"])
def test_only_plain_answers_are_remembered(name: str) -> None:
    known: Known[Head] = Known()
    read([GOOD[name][0]], known=known)
    read([PLAIN + PLAIN], known=known)
    read([PLAIN[:9], PLAIN[9:]], known=known)
    assert not known


def test_what_is_remembered_is_bounded() -> None:
    known: Known[Head] = Known()
    for number in range(3 * MOST):
        read([answer(b"{}", b"Content-Length: 2", b"X: %d" % number)], known=known)
        assert len(known) <= MOST
    read([answer(b"{}", b"Content-Length: 2", b"X: " + b"x" * LARGEST)], known=known)
    assert max(map(len, known)) < LARGEST


@given(spoilt(MATERIAL, 2))
def test_heads_that_came_before_mean_the_same_wherever_they_are_cut(pieces: list[bytes]) -> None:
    assert read(pieces, closed=True, known=Known(KNOWN)) == read(pieces, closed=True)


@given(spoilt(MATERIAL, 1))
def test_nothing_but_bad_answers_comes_of_spoilt_answers(pieces: list[bytes]) -> None:
    cut, whole = read(pieces, closed=True), read([b"".join(pieces)], closed=True)
    if isinstance(whole, tuple) and isinstance(cut, tuple):
        assert cut[:2] == whole[:2]


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_nothing_but_bad_answers_comes_of_random_bytes(pieces: list[bytes]) -> None:
    assert read(pieces, closed=True) in (None, BadAnswer)
