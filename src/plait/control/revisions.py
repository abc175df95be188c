"""A numbered, immutable, whole configuration, and what is known of how it came to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Data = dict[str, Any]
"""A whole file as written: JSON-like, with `${env.…}` and relative paths as they stand there, and secrets in the clear."""
Change = dict[str, Any]
"""One difference: `path`, `change` (added, removed or changed), `from` and `to`, secrets masked."""

LONGEST_REASON = 500
LONGEST_AUTHOR = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A revision without its data, as a list of many shows it.

    Args:
        number: Its number, from 1; later ones are larger.
        created: When it was accepted, in UTC.
        author: Who made it: `file`, `api`, `rollback`, `start`, with a name after a colon where one is known.
        reason: Why, in the author's words.
        difference: What is not as in the one before.
    """

    number: int
    created: datetime
    author: str
    reason: str = ""
    difference: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision(Entry):
    """A revision whole; nobody changes its data."""

    data: Data


def words(text: str, longest: int) -> str:
    """A text of somebody as it is kept: in one line, printable, not too long."""
    text = "".join(char if char.isprintable() else " " for char in text[: longest + 1])
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
