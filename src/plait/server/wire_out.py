"""Responses as bytes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.http1.messages import Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


def encode_response(response: Response, date: str, *, keep: bool, head_only: bool) -> bytes:
    """The whole response, framed by Content-Length."""
    lines = [_LINES[response.status], date]
    for name, value in response.headers:
        lines.append(f"{name}: {value}\r\n")
    if not keep:
        lines.append("Connection: close\r\n")
    lines.append(f"Content-Length: {len(response.body)}\r\n\r\n")
    head = "".join(lines).encode("latin-1")
    return head if head_only else head + response.body


def encode_head(response: Response, date: str, *, keep: bool, chunked: bool) -> bytes:
    """The head of a streamed response: framed by chunks, or by the end of the connection."""
    lines = [_LINES[response.status], date]
    lines += [f"{name}: {value}\r\n" for name, value in response.headers]
    if not keep:
        lines.append("Connection: close\r\n")
    if chunked:
        lines.append("Transfer-Encoding: chunked\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")
