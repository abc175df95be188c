"""Plain data as YAML that reads alike everywhere: with the core scalars of 1.2, and by those who still read 1.1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 100
"""Characters of a line up to which a mapping or list stays in one."""
_OPEN = 2
"""Levels that are never in one line: the file, and each of its sections."""
_LONGEST_KEY = 1000
"""A parser gives up on an ordinary key after 1,024 characters."""

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*|[0-9]+(?:\.[0-9]+)?(?:ms|[smh]|[KMG]i?B|B|%)")
_WORDS = frozenset("y n yes no on off true false null".split())
_NEEDS_ESCAPE = re.compile(r'[\\"]|[^ -~]')
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def write(data: Mapping[str, Any]) -> str:
    """A file's text.

    Args:
        data: Text, finite numbers, true, false, null, and lists and mappings of such.
    """
    return "\n".join(_block(data, 0, _OPEN)) + "\n" if data else "{}\n"


def _block(value: Any, indent: int, open_levels: int = 0) -> Iterator[str]:
    """The lines of a mapping or list, one or more for each entry."""
    if isinstance(value, list):
        for item in value:
            if _in_line(item, WIDTH - indent - 2):
                yield f"- {_flow(item)}"
            else:
                first, *rest = _block(item, indent + 2)
                yield from (f"- {first}", *(f"  {line}" for line in rest))
        return
    for name, member in value.items():
        key = _text(name)
        if len(key) > _LONGEST_KEY:
            yield f"? {key}"
            key = ""
        if _in_line(member, WIDTH - indent - len(key) - 2, open_levels - 1):
            yield f"{key}: {_flow(member)}"
        else:
            yield from (f"{key}:", *(f"  {line}" for line in _block(member, indent + 2, open_levels - 1)))


def _in_line(value: Any, room: int, open_levels: int = 0) -> bool:
    return not value or not isinstance(value, (Mapping, list)) or (open_levels <= 0 and len(_flow(value)) <= room)


def _flow(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(_pair(_text(key), _flow(member)) for key, member in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    # YAML 1.1 knows no number with an exponent but without a point.
    return re.sub(r"^(-?[0-9]+)e", r"\1.0e", repr(value))


def _pair(key: str, value: str) -> str:
    return f"{key}: {value}" if len(key) <= _LONGEST_KEY else f"? {key} : {value}"


def _text(text: str) -> str:
    """A text, in quotes unless nobody could take it for anything else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return f'"{_NEEDS_ESCAPE.sub(_escaped, text)}"'


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - what four digits hold
