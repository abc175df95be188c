"""Merges that keep whole answers: by name, as a list, as one object, or only the fastest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING, Any

import msgspec

from plait.errors import ExpressionFailed
from plait.nodes.merges.merge import quoted

if TYPE_CHECKING:
    from plait.types import Context, Message

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class _Bytes:
    """Keeps each answer's bytes."""

    fastest = False
    keeps_null = True

    def take(self, ctx: Context, given: Message, output: Message) -> bytes:  # noqa: ARG002 - the protocol's arguments
        return output.raw


@dataclass(frozen=True, slots=True)
class ByName(_Bytes):
    """One object, keyed by branch; a missing branch is left out. Spliced from the answers' bytes."""

    keys: tuple[bytes, ...]
    of_none: bool = True

    def join(self, taken: Sequence[Any]) -> bytes:
        """`{"a": …, "b": …}`."""
        if None not in taken:
            return b"{%b}" % b",".join(map(add, self.keys, taken))
        return b"{%b}" % b",".join([key + answer for key, answer in zip(self.keys, taken, strict=True) if answer is not None])


@dataclass(frozen=True, slots=True)
class AsList(_Bytes):
    """A list in declared order; null keeps a missing branch's place."""

    of_none = True

    def join(self, taken: Sequence[Any]) -> bytes:
        """`[…, …]`."""
        return b"[" + b",".join([b"null" if answer is None else answer for answer in taken]) + b"]"


@dataclass(frozen=True, slots=True)
class First(_Bytes):
    """The fastest success, as it is."""

    fastest = True
    keeps_null = False
    of_none = False

    def join(self, taken: Sequence[Any]) -> bytes:
        """The only answer that was taken."""
        return next(answer for answer in taken if answer is not None)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class AsObject:
    """A shallow merge of the answers' fields; a later branch wins."""

    fastest = False
    keeps_null = False
    of_none = True

    def take(self, ctx: Context, given: Message, output: Message) -> dict[str, msgspec.Raw]:  # noqa: ARG002 - the protocol's arguments
        """The answer's fields."""
        try:
            return _fields(output.raw)
        except msgspec.DecodeError:
            raise ExpressionFailed("merge object needs an object") from None

    def join(self, taken: Sequence[Any]) -> bytes:
        """`{…all fields…}`."""
        merged: dict[str, msgspec.Raw] = {}
        for fields in taken:
            merged.update(fields or {})
        return _encode(merged)


def by_name(labels: tuple[str, ...]) -> ByName:
    """The merge that keeps each answer under its branch."""
    return ByName(tuple(quoted(label) + b":" for label in labels))


def whole(kind: str, labels: tuple[str, ...]) -> ByName | AsList | AsObject | First:
    """The merge of that name."""
    if kind == "by_name":
        return by_name(labels)
    if kind == "object":
        return AsObject()
    return AsList() if kind == "list" else First()
