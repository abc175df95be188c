"""Request targets: one form, normalised once, or refused."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from plait.errors import BadRequest

_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_QUERY = re.compile(rb"[!-~]*")
_SAFE = re.compile(rb"[ -.0-\[\]-~]*")
_ESCAPES = re.compile(rb"%(?![0-9A-Fa-f]{2})|%(?:[01][0-9A-Fa-f]|7[Ff]|[89A-Fa-f][0-9A-Fa-f])")
_SLASHES = re.compile(rb"%(?:2[Ff]|5[Cc])")
_ABSOLUTE = re.compile(rb"http://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)


def split_target(target: bytes, host: bytes, method: str) -> tuple[str, str]:
    """Path and raw query of a request target; the path is `*` where OPTIONS asks about the whole server.

    Raises:
        BadRequest: For dot segments, empty segments, backslashes, encoded slashes and control characters, fragments, bytes over
            0x7f, and for an absolute target whose host is not the Host field's.
    """
    if _PLAIN.fullmatch(target):
        return target.decode(), ""
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None:
        if absolute[1].lower() != host.lower():
            raise BadRequest("the target's host is not the Host field's")
        target = absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
    path, _, query = target.partition(b"?")
    if _QUERY.fullmatch(query) is None or b"#" in target or _ESCAPES.search(query):
        raise BadRequest("the query has characters that must be encoded, or encodes control characters")
    if target == b"*" and method == "OPTIONS":
        return "*", ""
    return _path(path), query.decode()


def _path(path: bytes) -> str:
    if not path.startswith(b"/"):
        raise BadRequest("the target is no path")
    if b"%" in path:
        if _ESCAPES.search(path) or _SLASHES.search(path):
            raise BadRequest("the path encodes what it must not")
        path = unquote_to_bytes(path)
    segments = path[1:].split(b"/")
    if any(segment in (b".", b"..") for segment in segments) or b"" in segments[:-1]:
        raise BadRequest("the path has empty or dot segments")
    if not all(map(_SAFE.fullmatch, segments)):
        raise BadRequest("the path has characters that must be encoded")
    return path.decode()
