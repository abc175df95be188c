"""Checks of a request's head beyond what llhttp refuses: pure functions over the raw head and its fields."""

from __future__ import annotations

import re

from plait.errors import (
    BadRequest,
    ExpectationFailed,
    MethodNotAllowed,
    NotImplementedHere,
    RequestError,
    TooLarge,
    VersionNotSupported,
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NEVER = frozenset({"CONNECT", "TRACE"})
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_DIGITS = re.compile(rb"[0-9]+")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_COMMA = re.compile(rb"[ \t]*,[ \t]*")
_BLANKS = b" \t"  # llhttp leaves those that follow a value
_LONGEST_LENGTH = 19
_LINE_BEGINS = re.compile(rb"[^\x00-\x1f\x7f]+\r?")


def request_line(line: bytes) -> tuple[str, bytes, bool]:
    """Method, target, and whether the version is 1.1.

    Raises:
        RequestError: For anything but `METHOD target HTTP/1.x`, one blank between.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadRequest("the request line is malformed")
    if found[3] != b"1" or found[4] not in (b"0", b"1"):
        raise VersionNotSupported("only HTTP/1.1 and HTTP/1.0 are spoken here")
    method = found[1].decode()
    if method not in METHODS:
        if method in _NEVER:
            raise MethodNotAllowed("this method is never allowed", "GET, POST")
        raise NotImplementedHere("this method is not known")
    return method, found[2], found[4] == b"1"


def begun_line(line: bytes) -> None:
    """Look at a request line that has not ended yet, so that nobody waits for the end of what is none.

    Raises:
        BadRequest: If it has control characters.
    """
    if _LINE_BEGINS.fullmatch(line) is None:
        raise BadRequest("the request line is malformed")


def host(values: list[bytes], *, required: bool) -> bytes:
    """The only Host field's value.

    Raises:
        BadRequest: If there is none where one is due, more than one, or one that is no host.
    """
    if not values and not required:
        return b""
    if len(values) != 1 or _HOST.fullmatch(value := values[0].rstrip(_BLANKS)) is None:
        raise BadRequest("there must be one valid Host field")
    return value


def body_length(headers: dict[bytes, bytes], limit: int, *, modern: bool) -> int | None:
    """The bytes of the body, or None if it comes in chunks.

    Raises:
        RequestError: If the framing is ambiguous or the body too large.
    """
    coding = headers.get(b"transfer-encoding")
    length = headers.get(b"content-length")
    if coding is not None:
        if not modern or length is not None:
            raise BadRequest("the framing of the body is ambiguous")
        if coding.lower() != b"chunked":
            raise _unknown(_COMMA.split(coding.lower()))
        return None
    if length is None:
        return 0
    if _DIGITS.fullmatch(length) is None:
        raise BadRequest("Content-Length is no number")
    if len(length) > _LONGEST_LENGTH or int(length) > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    return int(length)


def _unknown(codings: list[bytes]) -> RequestError:
    """Why a body does not simply come in chunks. Chunked before another coding says nothing of where it ends."""
    if b"chunked" in codings[:-1] or not all(map(_TOKEN.fullmatch, codings)):
        return BadRequest("the framing of the body is ambiguous")
    return NotImplementedHere("the only transfer coding is chunked")


def expects_continue(headers: dict[bytes, bytes]) -> bool:
    """Whether the client waits for 100 before it sends the body.

    Raises:
        ExpectationFailed: If it expects anything else.
    """
    value = headers.get(b"expect")
    if value is None:
        return False
    if value.rstrip(_BLANKS).lower() != b"100-continue":
        raise ExpectationFailed("the only expectation is 100-continue")
    return True


def keeps_alive(headers: dict[bytes, bytes], *, modern: bool) -> bool:
    """Whether the connection stays open after the answer: in HTTP/1.1 unless the client says `close`, in 1.0 never."""
    value = headers.get(b"connection")
    if value is None or not modern:
        return modern
    return b"close" not in [option.strip() for option in value.lower().split(b",")]
