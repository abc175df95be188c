"""How large a configuration may be, however it came about: as large as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from plait.errors import Problem
from plait.graph.build import MOST_VALUES
from plait.graph.text import LIMIT
from plait.jsontext import DEPTH
from plait.spec.fields import size_text


def oversize(data: Any) -> list[Problem]:
    """What is too much of a configuration's data."""
    values, deepest = 0, 0
    for depth in _depths(data):
        values, deepest = values + 1, max(deepest, depth)
        if deepest > DEPTH:
            return [Problem("", f"is nested more than {DEPTH} deep", "make it flatter")]
        if values > MOST_VALUES:
            return [Problem("", f"has more than {MOST_VALUES:,} values", "move data out of the configuration")]
    try:
        length = len(msgspec.json.encode(data))
    except (UnicodeEncodeError, TypeError, OverflowError, msgspec.MsgspecError):
        return [Problem("", "is no JSON", "texts are UTF-8, and whole numbers have 64 bits")]
    return [Problem("", f"is larger than {size_text(LIMIT)}", "move data out of the configuration")] if length > LIMIT else []


def _depths(data: Any) -> Iterator[int]:
    """For each value, in how many lists and mappings it stands, itself included where it is one."""
    queue: list[tuple[Any, int]] = [(data, 0)]
    while queue:
        value, depth = queue.pop()
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        depth += members is not None
        yield depth
        queue += [(member, depth) for member in members or ()]
