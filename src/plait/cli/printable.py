"""Text that others wrote, for a terminal."""

from __future__ import annotations

import re

_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with an escape, as JSON has them, for each character that a terminal would obey instead of showing it."""
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
