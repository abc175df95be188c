"""What a revision changes, a line for each place in the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from plait.cli.tables import Level, cell, console, short

_SIGNS: dict[str, tuple[str, Level]] = {"added": ("+", "good"), "removed": ("-", "bad"), "changed": ("~", "warning")}


def show_difference(entries: Any) -> None:
    """Print the entries of a difference as the admin port tells them."""
    out = console()
    for text, level in difference_lines(entries):
        out.print(cell(text, level), soft_wrap=True)


def difference_lines(entries: Any) -> Iterator[tuple[str, Level]]:
    """`+ predictors.b: {…}`, `~ predictors.a.url: "…" → "…"`, `- graphs.old: {…}`, each with its colour."""
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        change = str(entry.get("change"))
        sign, level = _SIGNS.get(change, ("~", ""))
        old, new = (_value(entry.get(key)) for key in ("from", "to"))
        shown = {"added": new, "removed": old}.get(change, f"{old} → {new}")
        yield f"{sign} {entry.get('path') or 'all'}: {shown}", level


def _value(value: Any) -> str:
    return short(json.dumps(value, ensure_ascii=False))
