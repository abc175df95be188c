"""TOML through the standard library's parser, which gives no places: those of keys are found by a second look at the lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from plait.graph.build import Builder
from plait.graph.document import NOWHERE, Document, Place
from plait.jsontext import DEPTH
from plait.nodes.link import At

_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DOTTED = re.compile(rf"[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART}){{0,{DEPTH}}})[ \t]*=")
_TABLE = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART}){{0,{DEPTH}}})[ \t]*\]")
# The parser takes quadratic time for these.
_TOO_LONG = re.compile(rf"""(?<![\w"'.-])(?:{_PART}[ \t]*+\.[ \t]*+){{{DEPTH}}}""")
_STRINGS = re.compile(
    r"""
    \"{3} (?: \\. | [^\\"] | "(?!"") )*+ (?: \"{3} | \Z ) | " (?: \\. | [^\\"\n] )*+ "?
    | '{3} .*? (?: '{3} | \Z ) | ' [^'\n]*+ '?
    | \# [^\n]*+
    """,
    re.DOTALL | re.VERBOSE,
)
_MOST_MARKS = 15_000


def read(text: str, source: str) -> Document:
    """The document that TOML says.

    Raises:
        ConfigError: If it is no TOML; values that JSON does not have are in `Document.problems`.
    """
    builder = Builder(source)
    if too_long := _TOO_LONG.search(text):
        raise builder.stop(f"is nested more than {DEPTH} deep", place=Place(text.count("\n", 0, too_long.start()) + 1, 1))
    if _marks(text) > _MOST_MARKS:
        raise builder.stop(f"has more than {_MOST_MARKS:,} keys, items and dots", "write it as YAML or JSON, which are read faster")
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise builder.stop(f"is nested more than {DEPTH} deep") from None
    except ValueError as exc:
        # Only tomllib's own words are for users: another ValueError is an integer of thousands of digits.
        message, place = _reason(str(exc), text) if isinstance(exc, tomllib.TOMLDecodeError) else ("a number is too large", NOWHERE)
        raise builder.stop(f"is no TOML: {message}", place=place) from None
    _replay(builder, data, dict(_places(text)))
    return builder.document()


def _marks(text: str) -> int:
    """What the parser, in Python, takes its time for: up to 10 µs each."""
    bare = _STRINGS.sub("", text)
    return sum(map(bare.count, "=,[.{"))


def _reason(said: str, text: str) -> tuple[str, Place]:
    """What the parser says, without the place that it says at its end, and that place."""
    found = re.fullmatch(r"(.*?)(?: \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\))?", said, re.DOTALL)
    message = found[1] if found else said
    place = Place(int(found[2]), int(found[3])) if found and found[2] else Place(max(len(text.splitlines()), 1), 1)
    return message[:1].lower() + message[1:], place


def _replay(builder: Builder, value: Any, places: dict[At, Place], around: Place = NOWHERE) -> None:
    """Give the builder what was parsed; it stops the recursion at its depth."""
    place = places.get(builder.at, around)
    if isinstance(value, dict):
        builder.start({}, place)
        for key, member in value.items():
            builder.key(key, places.get((*builder.at, key), place))
            _replay(builder, member, places, place)
        builder.end()
    elif isinstance(value, list):
        builder.start([], place)
        for item in value:
            _replay(builder, item, places, place)
        builder.end()
    elif value is None or isinstance(value, (str, int, float)):
        builder.add(value, place)
    else:
        builder.problem(builder.at, "dates and times are no JSON", "put it in quotes", place)
        builder.broken.add(builder.at)
        builder.add(str(value), place)


def _places(text: str) -> Iterator[tuple[At, Place]]:
    """The places of tables and keys that begin a line; of one that is in truth within a longer string, nobody will ask."""
    table: At = ()
    counts: dict[At, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if "=" not in line and "[" not in line:
            continue
        place = Place(number, len(line) - len(line.lstrip()) + 1)
        if found := _TABLE.match(line):
            table = _parts(found[2])
            if found[1] == "[[":
                yield table, place
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, place
        elif found := _DOTTED.match(line):
            yield (*table, *_parts(found[1])), place


def _parts(dotted: str) -> At:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))
