"""Tables for people: as wide as they need to be where nobody looks at a screen."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from plait.cli.printable import printable

_UNBOUNDED = 10_000
_LONGEST = 160

Level = Literal["good", "warning", "bad", "quiet", ""]
_STYLES: dict[Level, str] = {"good": "green", "warning": "yellow", "bad": "bold red", "quiet": "dim", "": ""}


def console() -> Console:
    """Standard output: on a terminal in colours and no wider than it, elsewhere plain, each row a line."""
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else _UNBOUNDED)


def cell(value: object, level: Level = "") -> Text:
    """Something in a table; what others wrote never commands the terminal."""
    return Text("" if value is None else printable(str(value)), style=_STYLES[level])


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Columns under headings, without lines."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(*(each if isinstance(each, Text) else cell(each) for each in row))
    return made


def short(value: Any) -> str:
    """A JSON value on one line, cut if it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def moment(text: object) -> str:
    """A time without fractions of a second: `2026-12-01 02:24:50Z`."""
    date, _, time = str(text or "").partition("T")
    return f"{date} {time[:8]}Z" if time else date
