"""How large a schema is with all that it refers to written out: so much work a single value of a request can make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

MOST = 20_000
"""Mappings and lists; with so many, saying what is wrong with one value takes 0.1 s."""

_ASIDE = frozenset({"$defs", "definitions", "const", "enum", "default", "examples"})
_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_ALTERNATIVES = frozenset({"anyOf", "oneOf"})
_ELSEWHERE: dict[str, Any] = {"anyOf": []}
"""What a reference to a well-known schema leads to: such may have alternatives that lead back to themselves."""


class Size(NamedTuple):
    """What a check of a request may cost.

    Args:
        parts: The schema's mappings and lists, each as often as it is referred to; never more than one above `MOST`. What refers to
            itself counts once: the library remembers what it has found out about it.
        explainable: Whether it can be said in good time where a value is wrong: not where alternatives may lead back to themselves,
            as every one of them is then told of, to any depth.
    """

    parts: int
    explainable: bool


def written_out(schema: dict[str, Any]) -> Size:
    """The size of a schema with all that it refers to."""
    anchors = dict(_anchors(schema))
    sizes: dict[int, int] = {}
    under_way: set[int] = set()
    recursive = alternatives = False
    stack: list[tuple[Any, list[Any] | None]] = [(schema, None)]
    while stack:
        part, within = stack.pop()
        if within is not None:
            under_way.discard(id(part))
            sizes[id(part)] = min(1 + sum(sizes[id(each)] for each in within), MOST + 1)
        elif id(part) not in sizes:
            sizes[id(part)] = 1  # until all within it is known
            under_way.add(id(part))
            within = list(_within(part, schema, anchors))
            stack.append((part, within))
            stack += [(each, None) for each in within]
            alternatives = alternatives or not _ALTERNATIVES.isdisjoint(part if isinstance(part, dict) else ())
            recursive = recursive or any(each is _ELSEWHERE for each in within)
        elif id(part) in under_way:
            recursive = True
    return Size(sizes[id(schema)], not (recursive and alternatives))


def _within(part: Any, schema: Any, anchors: dict[str, Any]) -> Iterator[Any]:
    """The mappings and lists that stand in one, or that it refers to."""
    for key, member in part.items() if isinstance(part, dict) else enumerate(part):
        if isinstance(member, str) and key in _REFERENCES:
            member = _meant(member, schema, anchors)  # noqa: PLW2901 - it stands for it
        if isinstance(member, (dict, list)) and key not in _ASIDE:
            yield member


def _meant(reference: str, schema: Any, anchors: dict[str, Any]) -> Any:
    if reference in anchors:
        return anchors[reference]
    return _pointed(unquote(reference), schema) if reference.startswith("#") else _ELSEWHERE


def _pointed(pointer: str, place: Any) -> Any:
    """What a JSON Pointer behind a `#` leads to; None if to nothing."""
    for step in pointer.split("/")[1:]:
        if isinstance(place, dict):
            place = place.get(step.replace("~1", "/").replace("~0", "~"))
        elif isinstance(place, list) and step.isascii() and step.isdigit() and int(step[:9]) < len(place):
            place = place[int(step[:9])]
        else:
            return None
    return place


def _anchors(schema: Any) -> Iterator[tuple[str, Any]]:
    """Each anchor and id as it is referred to, and what it is in."""
    stack = [schema]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            for key in ("$anchor", "$dynamicAnchor"):
                if isinstance(part.get(key), str):
                    yield f"#{part[key]}", part
            if isinstance(part.get("$id"), str):
                yield part["$id"], part
        stack += [each for each in (part.values() if isinstance(part, dict) else part) if isinstance(each, (dict, list))]
