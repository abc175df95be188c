"""A checked CEL expression as a tree, read from its serialised form and cut into pieces that can be evaluated alone.

Source of the field numbers: cel/expr/syntax.proto and checked.proto of https://github.com/google/cel-spec
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from plait.expr import wire
from plait.expr.walk import Key

CONST, IDENT, SELECT, CALL, LIST, STRUCT, LOOP = 3, 4, 5, 6, 7, 8, 9
_ID = 2
_EXPR = 4
_TYPE_URL, _ANY_VALUE = 1, 2
_REFERENCES, _TYPES, _PRIMITIVE, _LIST_OF, _INT64 = 2, 3, 3, 6, 2
_BOOL, _INT, _DOUBLE, _STRING = 2, 3, 5, 6
# Which fields of an expression, by its kind, are expressions again; a struct's are one level further down.
_NESTED = {SELECT: (1,), CALL: (1, 3), LIST: (1,), STRUCT: (3, 4), LOOP: (2, 4, 5, 6, 7)}
_ENTRY = 2


@dataclass(frozen=True, slots=True)
class Node:
    """One expression: `name` is the variable, field, function or iteration variable, by its kind.

    The children of a call are its target, if it has one, and its arguments; those of a loop, which is what a macro has become,
    are range, initial result, condition, step and result.
    """

    kind: int
    id: int
    raw: bytes
    name: str = ""
    accumulator: str = ""
    value: Key | None = None
    tests: bool = False
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()


class Macro(NamedTuple):
    """A `map` or `filter`: what it ranges over, its variable, which items it takes and what it makes of each."""

    source: Node
    variable: str
    where: Node | None
    body: Node


class Checked(NamedTuple):
    """A checked expression: its tree, its types by node, and what has to surround a part of it that is evaluated alone."""

    root: Node
    types: tuple[bytes, ...]
    url: bytes
    rest: bytes

    def whole(self, node: Node) -> bool:
        """Whether a node is a list of integers, at any depth, which only CEL makes: JSON's numbers are of no known type."""
        entries = map(wire.Fields, self.types)
        kind = wire.Fields(next((entry.message(2) for entry in entries if entry.integer(1) == node.id), b""))
        while _LIST_OF in kind:
            kind = wire.Fields(wire.Fields(kind.message(_LIST_OF)).message(1))
        return kind.integer(_PRIMITIVE) == _INT64

    def alone(self, node: Node, swaps: Mapping[int, str]) -> bytes:
        """The serialised form of one node, in which the nodes of `swaps`, by id, have become variables."""
        return self._whole(_swapped(node.raw, swaps))

    def each(self, node: Node, swaps: Mapping[int, str], variable: str, source: str) -> bytes:
        """The same of a `map` over the list `source`, which makes of each item what the node makes of `variable`."""
        made = _call("_+_", _ident("@result"), wire.message(LIST, wire.message(1, _swapped(node.raw, swaps))))
        parts = (_ident(source), wire.message(LIST, b""), wire.message(CONST, wire.integer(_BOOL, 1)), made, _ident("@result"))
        loop = wire.message(1, variable.encode()) + wire.message(3, b"@result")
        return self._whole(wire.message(LOOP, loop + b"".join(map(wire.message, _NESTED[LOOP], parts))))

    def _whole(self, raw: bytes) -> bytes:
        return wire.message(_TYPE_URL, self.url) + wire.message(_ANY_VALUE, self.rest + wire.message(_EXPR, raw))


def read(serialized: bytes) -> Checked:
    """The tree of what `Expression.serialize()` gives: an Any with a CheckedExpr."""
    wrapped = wire.Fields(serialized)
    fields = wire.Fields(wrapped.message(_ANY_VALUE))
    rest = b"".join(wire.message(number, value) for number in (_REFERENCES,) for value in fields.messages(number))
    return Checked(_node(fields.message(_EXPR)), tuple(fields.messages(_TYPES)), wrapped.message(_TYPE_URL), rest)


def swapped(node: Node, swaps: Mapping[int, str]) -> Node:
    """The node as `Checked.alone` writes it."""
    if node.id in swaps:
        return Node(IDENT, node.id, b"", swaps[node.id])
    return replace(node, children=tuple(swapped(child, swaps) for child in node.children)) if node.children else node


def macro(node: Node) -> Macro | None:
    """The `map` or `filter` that a node is: a loop that begins with an empty list and appends to it."""
    if node.kind != LOOP or node.children[1].kind != LIST:
        return None
    source, step = node.children[0], node.children[3]
    where = None
    if step.name == "_?_:_":
        where, step = step.children[0], step.children[1]
    return Macro(source, node.name, where, step.children[1].children[0])


def literal(node: Node) -> float | str | bool | None:
    """The double, text or truth value that a constant is."""
    if node.kind != CONST:
        return None
    content = wire.Fields(wire.Fields(node.raw).message(CONST))
    if _DOUBLE in content:
        return float(struct.unpack("<d", content.message(_DOUBLE))[0])
    if _STRING in content:
        return content.text(_STRING)
    return bool(content.integer(_BOOL)) if _BOOL in content else None


def _node(raw: bytes) -> Node:
    fields = wire.Fields(raw)
    number = fields.integer(_ID)
    kind = next((kind for kind in (CONST, IDENT, *_NESTED) if kind in fields), CONST)
    content = wire.Fields(fields.message(kind))
    if kind == CONST:
        return Node(kind, number, raw, value=_constant(content))
    if kind == IDENT:
        return Node(kind, number, raw, content.text(1))
    children = tuple(
        _node(child) for holder in _holders(kind, content) for nested in _NESTED[kind] for child in holder.messages(nested)
    )
    if kind == LOOP:
        return Node(kind, number, raw, content.text(1), content.text(3), children=children)
    name = content.text(2) if kind in {SELECT, CALL} else ""
    return Node(kind, number, raw, name, tests=kind == SELECT and content.integer(3) != 0, children=children)


def _holders(kind: int, content: wire.Fields) -> list[wire.Fields]:
    return [wire.Fields(entry) for entry in content.messages(_ENTRY)] if kind == STRUCT else [content]


def _constant(content: wire.Fields) -> Key | None:
    if _STRING in content:
        return content.text(_STRING)
    return content.integer(_INT) if _INT in content else None


def _swapped(raw: bytes, swaps: Mapping[int, str]) -> bytes:
    """The expression `raw` with the swaps made in it; nothing is encoded anew but what holds one."""
    fields = wire.Fields(raw)
    number = fields.integer(_ID)
    if number in swaps:
        return _ident(swaps[number])  # of no id: what the checker found out about the old node's is not true of this
    kind = next((kind for kind in _NESTED if kind in fields), None)
    if kind is None or not swaps:
        return raw
    nested = _NESTED[kind]
    content = fields.message(kind)
    if kind == STRUCT:
        content = b"".join(
            _field(n, _within(v, nested, swaps) if n == _ENTRY and isinstance(v, bytes) else v) for n, v in wire.read(content)
        )
    else:
        content = _within(content, nested, swaps)
    return wire.integer(_ID, number) + wire.message(kind, content)


def _ident(name: str) -> bytes:
    return wire.message(IDENT, wire.message(1, name.encode()))


def _call(function: str, *arguments: bytes) -> bytes:
    return wire.message(CALL, wire.message(2, function.encode()) + b"".join(wire.message(3, raw) for raw in arguments))


def _within(content: bytes, nested: tuple[int, ...], swaps: Mapping[int, str]) -> bytes:
    fields = wire.read(content)
    return b"".join(_field(n, _swapped(v, swaps) if n in nested and isinstance(v, bytes) else v) for n, v in fields)


def _field(number: int, value: int | bytes) -> bytes:
    return wire.message(number, value) if isinstance(value, bytes) else wire.integer(number, value)
