"""Responses as bytes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.http1.messages import Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_CLOSE = "Connection: close\r\n"
_LINES = {status: f"HTTP/1.1 {status} \r\n" for status in range(200, 600)}  # a rule may answer with one that has no name
_LINES |= {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


def encode_response(response: Response, date: str, *, keep: bool, head_only: bool) -> bytes:
    """The whole response, framed by Content-Length."""
    body = response.body
    end = "" if keep else _CLOSE
    text = f"{_LINES[response.status]}{date}{response.head}{end}Content-Length: {len(body)}\r\n\r\n"
    head = text.encode("latin-1")
    return head if head_only else head + body


def encode_head(response: Response, date: str, *, keep: bool, chunked: bool) -> bytes:
    """The head of a streamed response: framed by chunks, or by the end of the connection."""
    end = ("" if keep else _CLOSE) + ("Transfer-Encoding: chunked\r\n" if chunked else "")
    return f"{_LINES[response.status]}{date}{response.head}{end}\r\n".encode("latin-1")
