"""Fields of a JSON object that are set or dropped, by path; all others keep their bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec

from plait.errors import NodeError
from plait.graph.rules import Fields

_Object: TypeAlias = dict[str, Any]
"""Its values are bytes, or objects again."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def changed(raw: bytes, values: Iterable[tuple[Fields, bytes]], gone: Iterable[Fields]) -> bytes:
    """The object with some fields set, then others dropped.

    Objects on the way to a field that is set are made where there is nothing; a field that is to go and is not there is no fault.

    Args:
        raw: JSON.
        values: For each path the JSON that stands there then.
        gone: Paths.

    Raises:
        NodeError: If what stands there, or on the way to a field that is set, is no object.
    """
    whole = _opened(raw, "the result")
    for path, value in values:
        _set(whole, path, value)
    for path in gone:
        _drop(whole, path)
    return _encode(whole)


def _set(whole: _Object, path: Fields, value: bytes) -> None:
    *way, last = path
    within = whole
    for place, field in enumerate(way, 1):
        found = within.get(field)
        if found is None:
            found = {}
        elif not isinstance(found, dict):
            found = _opened(found, ".".join(way[:place]))
        within[field] = found
        within = found
    within[last] = msgspec.Raw(value)


def _drop(whole: _Object, path: Fields) -> None:
    *way, last = path
    within = whole
    for field in way:
        found = within.get(field)
        if found is None:
            return
        if not isinstance(found, dict):
            try:
                found = _decode(found)
            except msgspec.ValidationError:
                return
            within[field] = found
        within = found
    within.pop(last, None)


def _opened(raw: bytes | msgspec.Raw, what: str) -> _Object:
    try:
        return _decode(raw)
    except msgspec.ValidationError:
        raise NodeError(f"{what} is no object, so that none of its fields can be set or dropped") from None
