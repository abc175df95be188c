"""Problems of a configuration as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from plait.errors import Problem


def problems(found: Iterable[Problem]) -> Iterator[dict[str, Any]]:
    """Each with its place; line and column are null where the text that was sent has no such place."""
    for each in found:
        yield {
            "path": each.path,
            "place": list(each.place),
            "line": each.line or None,
            "column": each.column or None,
            "message": each.message,
            "hint": each.hint,
        }
