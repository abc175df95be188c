"""YAML 1.2 from PyYAML's events: core scalars, text as keys, and none of what builds more than it says.

The scalars are those of the core schema (YAML 1.2.2, 10.3.2): `on`, `yes` and `no` are text. Anchors, aliases, tags and merge keys
are refused. PyYAML's own composer is not used: it recurses (in C, without a guard) and knows YAML 1.1 only.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from plait.errors import ConfigError
from plait.graph.build import Builder, Scalar
from plait.graph.document import Document, Place, shown

# PyYAML built without libyaml has the same events, only slower.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_REAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_INTEGER = 40


def read(text: str, source: str, loader: Any = LOADER) -> Document:
    """The document that YAML says; an empty one is null.

    Raises:
        ConfigError: If it cannot be read to its end; what can be read on from is in `Document.problems`.
    """
    builder = Builder(source)
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        place = Place(line, control.start() - text.rfind("\n", 0, control.start()))
        raise builder.stop("is no YAML: a control character", "write it as an escape in double quotes", place)
    documents = 0
    try:
        for event in yaml.parse(text, loader):
            if isinstance(event, yaml.NodeEvent):
                _node(builder, event)
            elif isinstance(event, yaml.CollectionEndEvent):
                builder.end()
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise builder.stop("has more than one document", "remove what follows ---", _place(event.start_mark))
    except yaml.MarkedYAMLError as exc:
        raise _broken(builder, exc, text) from None
    return builder.document()


def plain(text: str) -> Scalar:
    """The value of a scalar without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        # Longer ones are out of range, and would be slow.
        return int(text, base) if len(text) <= _LONGEST_INTEGER else 1 << 64
    if _REAL.fullmatch(text):
        return float(text)
    return float(text.replace(".", "").lower()) if _NOT_FINITE.fullmatch(text) else text


def _node(builder: Builder, event: yaml.NodeEvent) -> None:
    place = _place(event.start_mark)
    if builder.wants_key:
        _key(builder, event, place)
        return
    at = builder.at
    if isinstance(event, yaml.AliasEvent):
        builder.problem(at, "aliases are not allowed", f"write out what *{event.anchor} stands for", place)
        builder.broken.add(at)
        builder.add(None, place)
        return
    _refuse_properties(builder, event, place)
    if isinstance(event, yaml.ScalarEvent):
        builder.add(plain(event.value) if event.implicit[0] else event.value, place)
    else:
        builder.start({} if isinstance(event, yaml.MappingStartEvent) else [], place)


def _key(builder: Builder, event: yaml.NodeEvent, place: Place) -> None:
    if isinstance(event, yaml.AliasEvent):
        raise builder.stop("aliases are not allowed", "write the key out", place)
    if not isinstance(event, yaml.ScalarEvent):
        raise builder.stop("a key must be text, not a mapping or list", "put text that begins with { or [ in quotes", place)
    _refuse_properties(builder, event, place)
    key: str = event.value
    at = (*builder.at, key)
    if event.implicit[0] and key == "<<":
        builder.problem(at, "merge keys are not allowed", "write out what is to be merged", place)
        builder.broken.add(at[:-1])
    elif event.implicit[0] and not isinstance(plain(key), str):
        builder.problem(at, f"the key {shown(key) or '(nothing)'} is no text", f'put it in quotes: "{shown(key)}"', place)
    builder.key(key, place)


def _refuse_properties(builder: Builder, event: Any, place: Place) -> None:
    if event.anchor is not None:
        builder.problem(builder.at, "anchors are not allowed", f"remove &{event.anchor}", place)
    if event.tag is not None:
        builder.problem(builder.at, "tags are not allowed", "remove it; quotes make text of anything", place)


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _broken(builder: Builder, exc: yaml.MarkedYAMLError, text: str) -> ConfigError:
    mark: Any = exc.problem_mark or exc.context_mark
    lines = text.splitlines() or [""]
    # The end of the text is said to be in the line after the last.
    place = _place(mark) if mark.line < len(lines) else Place(len(lines), len(lines[-1]) + 1)
    return builder.stop(f"is no YAML: {exc.problem}", _advice(lines[place.line - 1], place, exc), place)


def _advice(line: str, place: Place, exc: yaml.MarkedYAMLError) -> str:
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with blanks, not tabs"
    if "${" in line:
        return "put text with ${…} in quotes"
    if exc.problem and exc.problem.startswith("mapping values"):
        return "check the indentation, and put text that contains a colon and a blank in quotes"
    if line[place.column - 1 : place.column] in ("@", "`", "%"):
        return f"put text that begins with {line[place.column - 1]} in quotes"
    start: Any = exc.context_mark
    return f"see what begins in line {start.line + 1}" if start is not None and start.line + 1 != place.line else ""
