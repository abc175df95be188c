"""Inputs made as small as they can be and still show what they show."""

from __future__ import annotations

import traceback
from collections.abc import Callable

TRIES = 3000


def shrink(data: bytes, shows: Callable[[bytes], bool], tries: int = TRIES) -> bytes:
    """The bytes without all that can be taken out of them, larger pieces first.

    Args:
        data: What shows it.
        shows: Whether other bytes show it too.
        tries: How often to ask that.
    """
    size = len(data) // 2
    while size:
        at = 0
        while at < len(data) and tries:
            tries -= 1
            shorter = data[:at] + data[at + size :]
            if shows(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data


def symptom(one_input: Callable[[bytes], None], data: bytes) -> str:
    """What goes wrong with an input and where; empty if nothing does."""
    try:
        one_input(data)
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is a find
        frame = traceback.extract_tb(exc.__traceback__)[-1]
        return f"{type(exc).__name__} in {frame.filename}:{frame.lineno}"
    return ""
