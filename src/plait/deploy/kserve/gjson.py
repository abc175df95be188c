"""Paths of gjson, by which KServe's conditions look into JSON, read into parts.

Source: https://github.com/tidwall/gjson/blob/master/SYNTAX.md, and what version 1.18 does. Modifiers, wildcards, multipaths and
static values are not read; `@this` at the beginning is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass


class Unreadable(Exception):
    """A path that cannot be carried over, and why."""


@dataclass(frozen=True, slots=True)
class Key:
    """A field's name, or an item's number."""

    text: str

    @property
    def index(self) -> int | None:
        """The item that it means in a list."""
        return int(self.text) if re.fullmatch(r"[0-9]{1,15}", self.text) else None


@dataclass(frozen=True, slots=True)
class Query:
    """`#(path op value)`: the first item of a list of which that holds; `every` of them with a `#` behind."""

    path: tuple[Part, ...]
    op: str
    value: str
    every: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """`#`: how many items a list has, or something of each; gjson always finds it where there is a list."""


Part = Key | Query | Items

_OPS = ("==", "!=", "!%", "<=", ">=", "=", "<", ">", "%")
_THIS = re.compile(r"@this(?:[.|]|$)")
_WRAPPED = re.compile(r"\[@this\](?:[.|]|$)")


@dataclass(frozen=True, slots=True)
class Path:
    """The parts of a path; `wrapped` if it begins with `[@this]`, which looks at the document as a list of one."""

    parts: tuple[Part, ...]
    wrapped: bool = False


def parse(text: str) -> Path:
    """Read a path.

    Raises:
        Unreadable: If it has what is not carried over.
    """
    found = _WRAPPED.match(text)
    wrapped = found is not None
    while found := found or _THIS.match(text):
        text, found = text[found.end() :], None
        if not text:
            return Path((), wrapped)
    return Path(_parts(text), wrapped)


def _parts(text: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    place = 0
    while True:
        part, place = _query(text, place) if text.startswith("#", place) else _key(text, place)
        parts.append(part)
        if place == len(text):
            return tuple(parts)
        if isinstance(part, Items) or (isinstance(part, Query) and part.every):
            # Whatever is asked of each item, gjson answers with a list; a pipe would look into that list.
            if "|" in text[place:]:
                raise Unreadable("a pipe behind # is not known here")
            return tuple(parts)
        place += 1


def _key(text: str, place: int) -> tuple[Key, int]:
    if text[place : place + 1] in {"@", "[", "{", "!"}:
        raise Unreadable(f"what begins with {text[place]} (a modifier, a multipath or a static value) is not known here")
    name = ""
    while place < len(text) and text[place] not in ".|":
        if text[place] in "*?":
            raise Unreadable("wildcards in names are not known here")
        place += text[place] == "\\"
        name += text[place : place + 1]
        place += 1
    if not name:
        raise Unreadable("a name in it is empty")
    if "#" in name:
        raise Unreadable("# within a name is not known here")
    return Key(name), place


def _query(text: str, place: int) -> tuple[Part, int]:
    opening = text[place + 1 : place + 2]
    if opening in {"", "."}:
        return Items(), place + 1
    if opening not in {"(", "["}:
        raise Unreadable("# must stand alone or before a query in parentheses")
    end, operator = _end(text, place + 2)
    inner = text[place + 2 : operator or end].strip()
    op, value = _comparison(text[operator:end].strip()) if operator else ("", "")
    if not inner and not op:
        raise Unreadable("a query in it is empty")
    path = parse(inner) if inner else Path(())
    if path.wrapped or (inner and not path.parts):
        raise Unreadable("@this within a query is not known here")
    end += 1
    every = text.startswith("#", end)
    end += every
    if end < len(text) and text[end] not in ".|":
        raise Unreadable("a query must end the path, or be followed by a point")
    return Query(path.parts, op, value, every), end


def _end(text: str, place: int) -> tuple[int, int]:
    """Where the query that begins at a place ends, and where in it the comparison begins, 0 without one."""
    depth, operator = 1, 0
    while place < len(text):
        char = text[place]
        if depth == 1 and not operator and char in "!=<>%":
            operator = place
        elif char == "\\":
            place += 1
        elif char == '"':
            place = _after_text(text, place)
        depth += (char in "([") - (char in ")]")
        if depth == 0:
            return place, operator
        place += 1
    raise Unreadable("a query in it is not closed")


def _after_text(text: str, place: int) -> int:
    """Where a quoted text ends."""
    found = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL).match(text, place)
    if found is None:
        raise Unreadable("a quoted text in it is not closed")
    return found.end() - 1


def _comparison(text: str) -> tuple[str, str]:
    op = next((op for op in _OPS if text.startswith(op)), None)
    if op is None:
        raise Unreadable(f"the comparison {text} is not known here")
    value = text[len(op) :].strip()
    if value.startswith("~"):
        raise Unreadable("comparisons with ~ are not known here")
    return "=" if op == "==" else op, _unquoted(value)


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':  # noqa: PLR2004 - the two quotes
        return value
    if "\\" not in value:
        return value[1:-1]
    try:
        return str(json.loads(value, strict=False))
    except ValueError:
        raise Unreadable(f"{value} is no text with JSON's escapes") from None
