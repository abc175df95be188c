"""Plain selections such as `input.a[0]["odd key"]`: they walk the JSON text and keep the value's bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from plait.errors import ExpressionFailed
from plait.expr.variables import Evaluate
from plait.types import Context, Message

Key = str | int
Open = Callable[[msgspec.Raw | bytes], Any]

_fields: Open = cast("Open", msgspec.json.Decoder(dict[str, msgspec.Raw]).decode)
_items: Open = cast("Open", msgspec.json.Decoder(list[msgspec.Raw]).decode)
_STEP = r"""\.([A-Za-z_]\w*)|\[\s*(-?[0-9]{1,15}|"[^"\\\n]*"|'[^'\\\n]*')\s*\]"""
_STEPS = re.compile(_STEP, re.ASCII)
_PLAIN = re.compile(rf"\s*([A-Za-z_]\w*)((?:{_STEP})*)\s*", re.ASCII)
_WORDS = frozenset({"in", "true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Select:
    """A part of a variable, byte for byte; a path of no steps is the variable's own message."""

    text: str
    names: frozenset[str]
    source: Evaluate
    path: tuple[tuple[Open, Key], ...]

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        raw: msgspec.Raw | bytes = self.source(ctx, given, output).raw
        try:
            for opened, key in self.path:
                raw = opened(raw)[key]
        except (msgspec.ValidationError, KeyError, IndexError):
            raise ExpressionFailed(f"{self.text}: {_missing(opened, key)}") from None
        return Message(bytes(raw))


@dataclass(frozen=True, slots=True)
class Whole:
    """A variable itself: the very message that it holds."""

    text: str
    names: frozenset[str]
    source: Evaluate

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        return self.source(ctx, given, output)


def bind(text: str, name: str, source: Evaluate, keys: tuple[Key, ...]) -> Select | Whole:
    """The selection of `keys`, one after the other, from the variable `name`."""
    if not keys:
        return Whole(text, frozenset({name}), source)
    return Select(text, frozenset({name}), source, tuple(map(_step, keys)))


def parse(text: str) -> tuple[str, tuple[Key, ...]] | None:
    """The variable and the keys of a plain selection; None if the text is anything else."""
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    keys = tuple(field or _literal(index) for field, index in _STEPS.findall(found[2]))
    fields = {field for field, _ in _STEPS.findall(found[2])}
    return None if fields & _WORDS else (found[1], keys)


def number(message: Message, text: str = "the value") -> float:
    """The number that a message is; `text` is the expression that gave it.

    Raises:
        ExpressionFailed: If it is none, or not finite as a double.
    """
    try:
        value = float(message.raw)
    except ValueError:
        raise ExpressionFailed(f"{text}: a number is needed") from None
    if not math.isfinite(value):
        raise ExpressionFailed(f"{text}: the number is out of range")
    return value


def truth(message: Message, text: str = "the condition") -> bool:
    """The condition that a message is; `text` is the expression that gave it.

    Raises:
        ExpressionFailed: If it is neither true nor false.
    """
    raw = message.raw.strip()
    if raw == b"true":
        return True
    if raw == b"false":
        return False
    raise ExpressionFailed(f"{text}: true or false is needed")


def _literal(index: str) -> Key:
    return index[1:-1] if index[0] in "\"'" else int(index)


def _absent(_raw: msgspec.Raw | bytes) -> Any:
    """No list has a negative index, unlike Python's."""
    raise IndexError


def _step(key: Key) -> tuple[Open, Key]:
    if isinstance(key, str):
        return _fields, key
    return (_items if key >= 0 else _absent), key


def _missing(opened: Open, key: Key) -> str:
    """What the text asks for; what the data has instead is never told."""
    return f"there is no field {key}" if opened is _fields else f"there is no item {key}"
