"""A target that could not fail would prove nothing: here each sees something that is wrong."""

from __future__ import annotations

import time

import pytest

from fuzz.allowance import within
from fuzz.pieces import Pieces, slicings
from fuzz.sse import Event, events
from fuzz.targets import json_text, request_parser, response_parser
from plait.errors import BadRequest
from plait.http1.messages import Request
from plait.types import Header

GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"


def request(**given: object) -> Request:
    facts = {"method": "GET", "path": "/a", "query": "", "headers": Header({b"host": b"a"}), "body": b""} | given
    return Request(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"method": "POST"}, {"path": "/b"}, {"query": "c"}, {"body": b"x"}, {"headers": Header({b"host": b"b"})}], ids=str
)
def test_a_request_that_another_parser_reads_differently_is_a_find(wrong: dict[str, object]):
    request_parser.same(request(), GET, [b"host"])
    with pytest.raises(AssertionError):
        request_parser.same(request(**wrong), GET, [b"host"])


def test_bytes_behind_a_request_are_a_find():
    with pytest.raises(AssertionError):
        request_parser.same(request(), GET + b"x", [])


@pytest.mark.parametrize(
    "wrong", [{"path": "/a/../b"}, {"path": "//"}, {"path": "/\r"}, {"headers": {b"x_a": b""}}, {"headers": {b"x": b"\n"}}], ids=str
)
def test_a_request_that_is_not_normalised_is_a_find(wrong: dict[str, object]):
    request_parser.sound(request())
    with pytest.raises(AssertionError):
        request_parser.sound(request(**wrong))


def test_outcomes_that_differ_are_a_find_unless_they_only_went_less_far():
    none = request_parser.Outcome([], [], BadRequest, begun=False)
    one = request_parser.Outcome([request()], [True], None, begun=False)
    assert request_parser.alike([none, none]) == none
    assert request_parser.alike([one, none._replace(rough=True)]).requests == []
    with pytest.raises(AssertionError):
        request_parser.alike([none, one])
    with pytest.raises(AssertionError):
        request_parser.alike([one, one._replace(requests=[request(path="/b")], rough=True)])


def test_an_answer_that_is_clean_with_a_byte_behind_it_is_a_find():
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
    answer = response_parser.Outcome(200, {b"content-length": b"1"}, b"a", clean=True)
    response_parser.same(answer, data)
    with pytest.raises(AssertionError):
        response_parser.same(answer, data + b"b")


@pytest.mark.parametrize(
    ("text", "strict"),
    [(b"[1]", True), (b"[NaN]", False), (b'"\\ud800"', False), (b"[" * 64 + b"]" * 64, True), (b"[" * 65 + b"]" * 65, False)],
)
def test_the_second_opinion_on_json_is_a_strict_one(text: bytes, strict: bool):  # noqa: FBT001 - a table's column
    assert json_text.strict(text) == strict


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (b"event: a\ndata: 1\n\n", [Event("a", "1")]),
        (b"\xef\xbb\xbfdata:1\r\rdata\r\n\r\n", [Event("message", "1"), Event("message", "")]),
        (b":x\n\ndata: a\ndata: b\n\ndata: c\n", [Event("message", "a\nb")]),
        (b"event: a\n\ndata:  x\nid: 1\nretry: 2\nother\n\n", [Event("message", " x")]),
        ("data: a\u2028b\x85\n\n".encode(), [Event("message", "a\u2028b\x85")]),
    ],
)
def test_a_stream_is_read_as_the_standard_says(stream: bytes, found: list[Event]):
    assert events(stream) == found


def test_pieces_come_one_by_one_and_text_is_kept_as_it_is():
    pieces = Pieces("a\nb\x1e\n12\x1e\né\x1e\n".encode() + b"\xed\xa0\x80\x1e\n\xff")
    assert (pieces.bytes(), pieces.number(), pieces.text(), pieces.text(), pieces.text()) == (b"a\nb", 12, "é", "\ud800", "ÿ")
    assert (pieces.bytes(), pieces.number(), pieces.text()) == (b"", 0, "")


def test_slicings_are_of_the_same_bytes_and_have_no_empty_piece():
    for data in (b"", b"a", b"abcdefghij"):
        assert {b"".join(pieces) for pieces in slicings(data)} == {data}
        assert all(all(pieces) for pieces in slicings(data))


def test_work_that_takes_too_long_thrice_is_a_find():
    def busy() -> None:
        until = time.process_time() + 0.02
        while time.process_time() < until:
            pass

    within(1.0, busy)
    with pytest.raises(AssertionError, match="took"):
        within(0.001, busy)
