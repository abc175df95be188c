"""The id that a request is known by: the client's own if it is one, else a new one."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import unquote

_VALID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_BATCH = 256
_DIGITS = 32

# 128 random bits each, drawn 256 at a time: a system call per id would cost three times as much.
_ready: list[str] = []


def request_id(headers: Mapping[bytes, bytes], query: str) -> str:
    """The `X-Request-Id` of a request, or without that field its query parameter `id`; made if that is missing or no id.

    Args:
        headers: The request's header fields, lower-case names.
        query: The raw query, without the question mark.
    """
    if not query and b"x-request-id" not in headers:
        return new_id()
    return own_id(headers, query) or new_id()


def own_id(headers: Mapping[bytes, bytes], query: str) -> str:
    """The id that the client gave, in either way; empty if it gave none, or what is none."""
    given = headers.get(b"x-request-id")
    text = _parameter(query) if given is None else given.decode("latin-1")
    return text if _VALID.fullmatch(text) else ""


def new_id() -> str:
    """32 hexadecimal digits, at random."""
    while True:
        try:
            return _ready.pop()
        except IndexError:
            drawn = os.urandom(_BATCH * _DIGITS // 2).hex()
            _ready.extend(drawn[at : at + _DIGITS] for at in range(0, len(drawn), _DIGITS))


def _parameter(query: str) -> str:
    for pair in query.split("&"):
        if pair.startswith("id="):
            return unquote(pair[3:]) if "%" in pair else pair[3:]
    return ""


# A forked process must not hand out its parent's ids.
os.register_at_fork(after_in_child=_ready.clear)
