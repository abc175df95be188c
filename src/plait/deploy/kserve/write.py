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
        origin: What it was made from, in one line.
        notes: What is not carried over, a line each.
    """
    lines = [f"# Made by plait import kserve from {origin}.", "# Not carried over, or different here:"]
    for note in notes:
        lines += textwrap.wrap(
            note, _WIDTH, initial_indent="# - ", subsequent_indent="#   ", break_long_words=False, break_on_hyphens=False
        )
    return "\n".join(lines) + "\n\n" + yaml.safe_dump(data, sort_keys=False, width=_WIDTH, allow_unicode=True)
