"""What every JSON body must be before anybody looks at it: said to be JSON, uncoded, not empty, and JSON."""

from __future__ import annotations

import re

from plait import jsontext
from plait.errors import BadRequest, UnsupportedMediaType
from plait.http1.messages import Request

_USUAL = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rb"application/json(?:[ \t]*;[ \t]*(?:%b=(?:%b|\"[^\"\\]*\"))?)*[ \t]*" % (_TOKEN, _TOKEN), re.IGNORECASE)
_CHARSET = re.compile(rb";[ \t]*charset=\"?([^\";]*?)\"?[ \t]*(?=;|$)", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"


def json_body(request: Request) -> bytes:
    """The body of a request, valid JSON in UTF-8.

    Raises:
        UnsupportedMediaType: If the content type is not `application/json`, the charset not UTF-8, or the content coded.
        BadRequest: If the body is empty or no JSON.
    """
    _check_type(request.headers.get(b"content-type"))
    if request.headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType("content codings are not supported; send the JSON as it is, without Content-Encoding")
    body = request.body
    if not body:
        raise BadRequest("the body is empty; send JSON")
    if body.startswith(_BOM):
        raise BadRequest("the body is no JSON: it begins with a byte order mark")
    try:
        jsontext.validate(body)
    except jsontext.NotJson as exc:
        raise BadRequest(f"the body is no JSON: {exc}") from None
    return body


def _check_type(value: bytes | None) -> None:
    if value in _USUAL:
        return
    if value is None or _MEDIA_TYPE.fullmatch(value) is None:
        raise UnsupportedMediaType("the content type must be application/json")
    if any(charset.lower() != b"utf-8" for charset in _CHARSET.findall(value)):
        raise UnsupportedMediaType("the charset of application/json must be utf-8")
