"""JSON for people: what fits on a line stands on one."""

from __future__ import annotations

import json
from typing import Any

_WIDTH = 120
_INDENT = "  "


def pretty(value: Any, indent: str = "", room: int = 0) -> str:
    """A value as JSON, its lists and objects each on one line if they fit.

    Args:
        value: As `json.loads` gives it.
        indent: What stands before its further lines.
        room: Characters on its line besides its own.
    """
    line = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, (dict, list)) or len(indent) + room + len(line) <= _WIDTH:
        return line
    inner = indent + _INDENT
    if isinstance(value, list):
        lines = [pretty(item, inner, 1) for item in value]
    else:
        keys = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value]
        lines = [key + pretty(member, inner, len(key) + 1) for key, member in zip(keys, value.values(), strict=True)]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    return f"{opening}\n{inner}" + f",\n{inner}".join(lines) + f"\n{indent}{closing}"
