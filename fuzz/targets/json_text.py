"""JSON texts: taken and refused as by the standard library where it is strict, and names that are there twice are found."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from plait.jsonnames import has_duplicate_names
from plait.jsontext import DEPTH, NotJson, validate


def one_input(data: bytes) -> None:
    """Ask both, and compare."""
    try:
        validate(data)
    except NotJson as exc:
        reason = str(exc)
        assert reason.isascii()
        assert reason.isprintable()
        assert not strict(data), reason
        return
    assert strict(data)
    assert has_duplicate_names(data) == twice(json.loads(data, object_pairs_hook=Members, parse_int=len, parse_float=len))


class Members(list[tuple[str, Any]]):
    """The members of an object, however often they are named."""


def strict(data: bytes) -> bool:
    """Whether the standard library reads one value in UTF-8, without its extensions, and not nested too deep."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=Members, parse_constant=_refuse, parse_int=len, parse_float=len)
    except (ValueError, RecursionError):
        return False
    return depth(value) <= DEPTH and _is_text(value)


def depth(value: Any) -> int:
    """How deep lists and objects nest."""
    highest, level = 0, [value]
    while level := [item for item in level if isinstance(item, list)]:
        highest += 1
        level = [inner for item in level for inner in _values(item)]
    return highest


def twice(value: Any) -> bool:
    """Whether an object has a name twice."""
    if not isinstance(value, list):
        return False
    if isinstance(value, Members) and len({name for name, _ in value}) < len(value):
        return True
    return any(map(twice, _values(value)))


def _values(container: list[Any]) -> list[Any]:
    return [value for _, value in container] if isinstance(container, Members) else container


def _is_text(value: Any) -> bool:
    """Whether all strings are text: without halves of pairs."""
    if isinstance(value, str):
        return not any("\ud800" <= char <= "\udfff" for char in value)
    names = [name for name, _ in value] if isinstance(value, Members) else []
    return all(map(_is_text, [*names, *_values(value)])) if isinstance(value, list) else True


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
