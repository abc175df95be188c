"""Bodies in chunks are read to the letter, the same wherever they are cut, and llhttp never reads them otherwise."""

from __future__ import annotations

from collections.abc import Iterable

import httptools
import pytest
from hypothesis import given

from plait.http1.chunks import BodyTooLarge, BrokenChunks, Chunks, TrailersTooLarge
from tests.http1.cutting import cuts, spoilt

Outcome = tuple[bytes, bytes] | type[BrokenChunks] | None


def read(pieces: Iterable[bytes]) -> Outcome:
    """Body and what follows it; None while it is not whole."""
    chunks = Chunks(64, 128, 3)
    rest: bytes | None = None
    try:
        for piece in filter(None, pieces):
            rest = chunks.feed(piece) if rest is None else rest + piece
    except BrokenChunks as exc:
        return type(exc)
    return None if rest is None else (bytes(chunks.body), rest)


GOOD = {
    "one": (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    "two": (b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
    "none": (b"0\r\n\r\n", b""),
    "capital digits": (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    "small digits": (b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    "16 digits": (b"0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", b"hello"),
    "the most there may be": (b"40\r\n" + b"x" * 64 + b"\r\n0\r\n\r\n", b"x" * 64),
    "line ends": (b"4\r\n\r\n\r\n\r\n2\r\n0\r\r\n0\r\n\r\n", b"\r\n\r\n0\r"),
    "extensions": (b'3;a=b;c="d;\\"";e\r\nabc\r\n0;x\r\n\r\n', b"abc"),
    "trailers": (b"0\r\nA: b\r\nC:\r\nD_e:\t\xff\r\n\r\n", b""),
}


@pytest.mark.parametrize(("data", "body"), GOOD.values(), ids=GOOD)
def test_a_body_is_the_same_wherever_it_is_cut(data: bytes, body: bytes) -> None:
    for pieces in cuts(data):
        assert read(pieces) == (body, b"")


@pytest.mark.parametrize(("data", "body"), GOOD.values(), ids=GOOD)
def test_what_follows_is_given_back(data: bytes, body: bytes) -> None:
    for pieces in cuts(data + b"GET /"):
        assert read(pieces) == (body, b"GET /")


@pytest.mark.parametrize(("data", "body"), GOOD.values(), ids=GOOD)
def test_a_body_cut_short_is_waited_for(data: bytes, body: bytes) -> None:
    for end in range(len(data)):
        assert read([data[:end]]) is None


BROKEN: dict[str, tuple[bytes, type[BrokenChunks]]] = {
    "17 digits": (b"10000000000000005\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "17 digits with leading zeros": (b"00000000000000005\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "17 zeros": (b"00000000000000000\r\n\r\n", BrokenChunks),
    "plus": (b"+5\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "minus": (b"-5\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "prefix": (b"0x5\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "underscore": (b"1_0\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "blank before": (b" 5\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "blank after": (b"5 \r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "tab after": (b"5\t\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "no digit": (b"\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "no hexadecimal digit": (b"g\r\n", BrokenChunks),
    "size ended by LF": (b"5\nhello\r\n0\r\n\r\n", BrokenChunks),
    "size ended by CR": (b"5\rhello\r\n0\r\n\r\n", BrokenChunks),
    "data ended by LF": (b"5\r\nhello\n0\r\n\r\n", BrokenChunks),
    "data ended by CR": (b"5\r\nhello\r0\r\n\r\n", BrokenChunks),
    "data longer than said": (b"5\r\nhello!\r\n0\r\n\r\n", BrokenChunks),
    "end by LF": (b"0\r\n\n", BrokenChunks),
    "empty extension": (b"5;\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "extension that is no token": (b"5;[\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "extension without value": (b"5;a=\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "extension with an open quote": (b'5;a="b\r\nhello\r\n0\r\n\r\n', BrokenChunks),
    "extension after a blank": (b"5 ;a\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "NUL in an extension": (b"5;a\0\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "CR in an extension": (b"5;a\rb\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "LF in an extension": (b"5;a\nb\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "long extension": (b"5;" + b"a" * 200 + b"\r\nhello\r\n0\r\n\r\n", BrokenChunks),
    "many extensions": ((b"1;" + b"a" * 40 + b"\r\nx\r\n") * 4, BrokenChunks),
    "too large": (b"41\r\n", BodyTooLarge),
    "too large together": (b"40\r\n" + b"x" * 64 + b"\r\n1\r\n", BodyTooLarge),
    "as large as can be said": (b"ffffffffffffffff\r\n", BodyTooLarge),
    "trailer with a blank in its name": (b"0\r\nA b: c\r\n\r\n", BrokenChunks),
    "trailer with a blank before the colon": (b"0\r\nA : c\r\n\r\n", BrokenChunks),
    "trailer without a colon": (b"0\r\nA\r\n\r\n", BrokenChunks),
    "trailer without a name": (b"0\r\n: a\r\n\r\n", BrokenChunks),
    "folded trailer": (b"0\r\nA: b\r\n c\r\n\r\n", BrokenChunks),
    "NUL in a trailer": (b"0\r\nA: \0\r\n\r\n", BrokenChunks),
    "trailer ended by LF": (b"0\r\nA: b\n\r\n", BrokenChunks),
    "length as a trailer": (b"0\r\nCONTENT-length: 5\r\n\r\n", BrokenChunks),
    "coding as a trailer": (b"0\r\nTransfer-Encoding: chunked\r\n\r\n", BrokenChunks),
    "long trailer": (b"0\r\nA: " + b"b" * 200 + b"\r\n\r\n", TrailersTooLarge),
    "many trailers": (b"0\r\n" + b"A: b\r\n" * 4 + b"\r\n", TrailersTooLarge),
}


@pytest.mark.parametrize(("data", "expected"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_refused_wherever_it_is_cut(data: bytes, expected: type[BrokenChunks]) -> None:
    for pieces in cuts(data):
        assert read(pieces) is expected, pieces


class Heard:
    """What llhttp says of the same bytes."""

    def __init__(self) -> None:
        self.body = b""
        self.whole = False

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.whole = True


@given(spoilt([data for data, _ in (*GOOD.values(), *BROKEN.values())], 1))
def test_llhttp_reads_the_same_wherever_it_is_whole(pieces: list[bytes]) -> None:
    outcome = read(pieces)
    whole = read([b"".join(pieces)])
    assert outcome == whole or isinstance(outcome, type) == isinstance(whole, type)  # of several faults, the first that is seen
    if isinstance(outcome, tuple):
        body, rest = outcome
        heard = Heard()
        parser = httptools.HttpRequestParser(heard)
        parser.feed_data(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        parser.feed_data(b"".join(pieces).removesuffix(rest))
        assert (heard.body, heard.whole) == (body, True)
