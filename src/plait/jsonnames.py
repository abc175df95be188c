"""Whether an object in JSON has the same name twice: asked only where somebody looks into it, since parsers silently pick one."""

from __future__ import annotations

import json
from typing import Any


class _Twice(Exception):
    """A name stands twice in one object."""


def has_duplicate_names(body: bytes) -> bool:
    """Whether any object in `body`, valid JSON of bounded depth, has two members of one name, however they are escaped.

    Linear: about 4 ms per MB of numbers and 17 ms per MB of small objects; nothing for a body with a single name.
    """
    if body.find(b":") == body.rfind(b":"):
        return False
    try:
        _scan(body.decode())
    except _Twice:
        return True
    return False


def _once(members: list[tuple[str, Any]]) -> None:
    if len(dict(members)) < len(members):
        raise _Twice


# `len` stands in for reading a number: its value is not wanted, and one of 5,000 digits has none.
_scan = json.JSONDecoder(object_pairs_hook=_once, parse_float=len, parse_int=len).decode
