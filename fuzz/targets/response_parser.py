"""Answers of predictors: the same however they are cut, read alike by another parser, and never clean with a byte too many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fuzz.oracle import answered, bare
from fuzz.pieces import slicings
from plait.errors import BadAnswer
from plait.http1.known import Known
from plait.http1.reader import Head, ResponseReader

LIMIT = 128
_BEFORE = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nbefore"


class Outcome(NamedTuple):
    """What comes of bytes after which the predictor closes: an answer, none (status 0), or a broken one (status -1)."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    clean: bool


_NONE = Outcome(0, {}, b"", clean=False)
_BROKEN = Outcome(-1, {}, b"", clean=False)


def one_input(data: bytes) -> None:
    """Read the bytes in several slicings, on a new connection and on one that has carried an answer."""
    known: Known[Head] = Known()
    outcomes = [read(pieces, reader) for pieces in slicings(data) for reader in (ResponseReader(LIMIT), used())]
    outcomes += [read([data], ResponseReader(LIMIT, known)), read([data], ResponseReader(LIMIT, known))]
    assert all(outcome == outcomes[0] for outcome in outcomes), outcomes
    if outcomes[0].status > 0:
        same(outcomes[0], data)


def used() -> ResponseReader:
    """A reader that has read an answer already."""
    reader = ResponseReader(LIMIT)
    assert reader.feed(_BEFORE)
    assert reader.clean
    return reader


def read(pieces: Sequence[bytes], reader: ResponseReader) -> Outcome:
    """What one exchange gets, as its connection sees it: what comes behind the answer is surplus too."""
    left = [piece for piece in pieces if piece][::-1]
    whole = False
    try:
        while left and not whole:
            whole = reader.feed(left.pop())
        if not whole and not reader.end():
            return _NONE
    except BadAnswer:
        return _BROKEN
    assert not (reader.clean and reader.surplus)
    return Outcome(reader.status, dict(reader.headers), reader.body, reader.clean and not left)


def same(answer: Outcome, data: bytes) -> None:
    """Accept an answer in which h11 reads what we read, and which is clean only if nothing is behind it."""
    other = answered(data, closed=True)
    assert (other.status, other.body) == (answer.status, answer.body)
    for name, value in answer.headers.items():
        assert bare(b",".join(each for field, each in other.fields if field == name)) == bare(value), name
    assert not (answer.clean and other.surplus)
    assert len(answer.body) <= LIMIT
    assert not any(control in value for value in answer.headers.values() for control in (b"\r", b"\n", b"\0"))
