"""What a JSON body must be."""

from __future__ import annotations

import pytest

from plait.errors import BadRequest, UnsupportedMediaType
from plait.http1.body import json_body
from plait.http1.messages import Request
from plait.types import Header


def posted(body: bytes, **headers: bytes) -> Request:
    return Request(
        "POST", "/predict", "", Header({name.replace("_", "-").encode(): value for name, value in headers.items()}), body
    )


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b"application/json;charset=utf-8",
        b"Application/JSON",
        b'application/json ; Charset="UTF-8"',
        b"application/json;",
        b"application/json; profile=x",
    ],
)
def test_json_in_utf_8_is_taken_byte_for_byte(content_type: bytes) -> None:
    body = '{"a": 1.00, "é": [null]} '.encode()
    assert json_body(posted(body, content_type=content_type)) is body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content_type": b""},
        {"content_type": b"text/plain"},
        {"content_type": b"application/jsonp"},
        {"content_type": b"application/json, text/plain"},
        {"content_type": b"application/problem+json"},
        {"content_type": b"application/json; charset=latin-1"},
        {"content_type": b"application/json; charset"},
        {"content_type": b"application/json; charset=utf-8; charset=utf-16"},
        {"content_type": b"application/json", "content_encoding": b"gzip"},
        {"content_type": b"application/json", "content_encoding": b"identity, br"},
    ],
)
def test_anything_else_is_an_unsupported_media_type(headers: dict[str, bytes]) -> None:
    with pytest.raises(UnsupportedMediaType):
        json_body(posted(b"{}", **headers))


def test_identity_is_no_coding() -> None:
    assert json_body(posted(b"{}", content_type=b"application/json", content_encoding=b"identity")) == b"{}"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b" ", "no JSON"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"{} {}", "trailing"),
        (b"NaN", "invalid character"),
        (b'"\xff"', "UTF-8"),
        (b"[" * 65 + b"]" * 65, "64 deep"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_json_is_a_bad_request(body: bytes, word: str) -> None:
    with pytest.raises(BadRequest, match=word):
        json_body(posted(body, content_type=b"application/json"))
