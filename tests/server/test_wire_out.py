"""Responses as bytes."""

from __future__ import annotations

from plait.http1.messages import Response
from plait.server.wire_out import encode_head, encode_response

DATE = "Date: now\r\n"
TEAPOT = Response(200, b'{"a":1}', "Content-Type: application/json\r\nX-A: \xe9\r\n")


def test_a_response_is_framed_by_its_length() -> None:
    assert encode_response(TEAPOT, DATE, keep=True, head_only=False) == (
        b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: application/json\r\nX-A: \xe9\r\nContent-Length: 7\r\n\r\n" + b'{"a":1}'
    )


def test_the_last_one_says_so() -> None:
    assert b"\r\nConnection: close\r\n" in encode_response(TEAPOT, DATE, keep=False, head_only=False)


def test_the_answer_to_head_is_the_same_without_the_body() -> None:
    whole = encode_response(TEAPOT, DATE, keep=True, head_only=False)
    assert encode_response(TEAPOT, DATE, keep=True, head_only=True) == whole[: -len(TEAPOT.body)]


def test_the_head_of_a_stream_is_framed_by_chunks_or_by_the_end_of_the_connection() -> None:
    start = b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: application/json\r\nX-A: \xe9\r\n"
    assert encode_head(TEAPOT, DATE, keep=True, chunked=True) == start + b"Transfer-Encoding: chunked\r\n\r\n"
    assert encode_head(TEAPOT, DATE, keep=False, chunked=True) == start + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert encode_head(TEAPOT, DATE, keep=False, chunked=False) == start + b"Connection: close\r\n\r\n"
