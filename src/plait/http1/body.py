"""What every JSON body must be before anybody looks at it: said to be JSON, uncoded, not empty, and JSON."""

from __future__ import annotations

from collections.abc import Mapping

from plait import jsontext
from plait.errors import BadRequest, UnsupportedMediaType
from plait.http1.messages import Request

_USUAL = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
_BOM = b"\xef\xbb\xbf"


def json_body(request: Request) -> bytes:
    """The body of a request, valid JSON in UTF-8.

    Raises:
        UnsupportedMediaType: If the content type is not `application/json`, the charset not UTF-8, or the content coded.
        BadRequest: If the body is empty or no JSON.
    """
    check_content(request.headers)
    return valid_json(request.body)


def check_content(headers: Mapping[bytes, bytes]) -> None:
    """Accept fields that say that a body is JSON.

    Raises:
        UnsupportedMediaType: If the content type is not `application/json`, the charset not UTF-8, or the content coded.
    """
    _check_type(headers.get(b"content-type"))
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType("content codings are not supported; send the JSON as it is, without Content-Encoding")


def valid_json(body: bytes) -> bytes:
    """The body, if it is JSON in UTF-8.

    Raises:
        BadRequest: If it is empty or no JSON.
    """
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
    media_type, *parameters = (value or b"").split(b";")
    if media_type.strip().lower() != b"application/json":
        raise UnsupportedMediaType("the content type must be application/json")
    for parameter in parameters:
        name, _, charset = parameter.partition(b"=")
        if name.strip().lower() == b"charset" and charset.strip(b' \t"').lower() != b"utf-8":
            raise UnsupportedMediaType("the charset of application/json must be utf-8")
