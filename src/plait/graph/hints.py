"""What somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_MOST = 10


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean …?` for the nearest known name, else which names there are."""
    names = list(known)
    near = get_close_matches(name, names, 1)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are {some(names)}" if names else "there are none"


def some(names: Iterable[str]) -> str:
    """As many names as fit on a line."""
    first = list(islice(names, _MOST + 1))
    return ", ".join(first if len(first) <= _MOST else [*first[:_MOST], "…"])
