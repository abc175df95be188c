"""From pydantic's `loc` to the path in the file."""

from __future__ import annotations

from typing import Any

from plait.nodes.link import At
from plait.nodes.merges import BY_EXPRESSION
from plait.nodes.union import BY_KEY

# What `loc` names within a graph without being in the file: the tags of unions. Some are keys too.
_TAGS = frozenset({*BY_KEY, *BY_EXPRESSION, "listed", "named", "whole"})


def locate(loc: At, data: Any) -> At:
    """The path that `loc` means in `data`.

    Args:
        loc: Fields, keys and indices, and among them what the data has not: tags of unions, `root`, `[key]`.
        data: What was validated.

    Returns:
        The path. A last field that is missing in the data is not part of it.
    """
    loc = tuple(word for place, word in enumerate(loc) if not (_tells_cases(loc, place) or _tells_sinks(loc, place)))
    # A tag may be a key as well (`sequence`), so that all ways are followed; what comes later rules out the wrong ones.
    ways: dict[At, Any] = {(): data}
    tags: frozenset[str] = frozenset()
    for number, word in enumerate(loc, 1):
        steps = {(*at, word): value[word] for at, value in ways.items() if _has(value, word)}
        ways = {**ways, **steps} if word in tags and number < len(loc) else steps or ways
        tags = _TAGS if word == "root" else tags
    # A tag that is no key stands for the value before it; any other word that is not there is a field that is missing.
    if loc and loc[-1] in tags:
        return list(ways)[-1]
    # A field is missing in the node that has the key of its kind.
    return next((at for at, value in ways.items() if len(loc) > 1 and _has(value, loc[-2])), next(iter(ways)))


def _tells_cases(loc: At, place: int) -> bool:
    """Whether a word says which case of a switch this is: it comes right after the case's index, where no key can."""
    return loc[place] in ("when", "else") and isinstance(loc[place - 1], int) and loc[place - 2 : place - 1] == ("switch",)


def _tells_sinks(loc: At, place: int) -> bool:
    """Whether a word says which kind of sink this is: it comes right after the sink's name, with a key of it behind."""
    return place == 2 and loc[0] == "sinks" and len(loc) > place + 1  # noqa: PLR2004 - a section and a name stand before it


def _has(value: Any, word: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(word, int) and word < len(value)
    return isinstance(value, dict) and word in value
