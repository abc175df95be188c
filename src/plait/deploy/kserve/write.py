"""A file of plait's as YAML, with what should be known of it at its top."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import yaml

_WIDTH = 120


def file_text(data: dict[str, Any], origin: str, notes: Iterable[str]) -> str:
    """The text of a file.

    Args:
        data: What it says.
        origin: What it was made from.
        notes: What is not carried over.
    """
    # A name may have a line's end in it, which must not end the comment.
    said = [" ".join(note.split()) for note in notes]
    lines = [f"# Made by plait import kserve from the {' '.join(origin.split())}.", "# Not carried over, or different here:"]
    for note in said:
        lines += textwrap.wrap(
            note, _WIDTH, initial_indent="# - ", subsequent_indent="#   ", break_long_words=False, break_on_hyphens=False
        )
    return "\n".join(lines) + "\n\n" + yaml.safe_dump(data, sort_keys=False, width=_WIDTH, allow_unicode=True)
