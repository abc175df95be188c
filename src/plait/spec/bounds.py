"""Ranges of fields, and numbers that may be `unlimited`, which must be spelled out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from plait.spec.fields import duration_text, size_text

UNLIMITED = (1 << 63) - 1
"""What `unlimited` is held as: more than there can be of anything."""
_MOST = 1_000_000


def duration_within(least: float, most: float) -> AfterValidator:
    """Refuses durations outside of a range, in seconds."""
    return _within(least, most, duration_text)


def size_within(least: int, most: int) -> AfterValidator:
    """Refuses sizes outside of a range, in bytes."""
    return _within(least, most, size_text)


def _within(least: float, most: float, text: Callable[[Any], str]) -> AfterValidator:
    def check(value: Any) -> Any:
        if not least <= value <= most:
            raise ValueError(f"is out of range; take {text(least)} to {text(most)}")
        return value

    return AfterValidator(check)


def count(value: object) -> int:
    """A number of things, or `unlimited`.

    Raises:
        ValueError: If it is no whole number from 1 to a million, nor that word.
    """
    if value == "unlimited":
        return UNLIMITED
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise ValueError(f"is no number of things; take 1 to {_MOST}, or unlimited")
    return value


def count_value(value: int) -> int | str:
    """What a file says for a number of things."""
    return "unlimited" if value == UNLIMITED else value


Count = Annotated[
    int,
    BeforeValidator(count),
    PlainSerializer(count_value),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": _MOST}, {"const": "unlimited"}]}),
]
