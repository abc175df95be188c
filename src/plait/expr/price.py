"""What an expression of linear form costs: how often evaluation touches all that it refers to, and what each item costs.

The figures are of the slowest data that bench/expressions.py found for each function.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from plait.expr import pattern
from plait.expr.budget import MOST, converting, touching
from plait.expr.problem import ExpressionError
from plait.expr.tree import CALL, CONST, IDENT, LIST, LOOP, SELECT, STRUCT, Node

MOST_DATA = 256 * 1024
"""Bytes of JSON that one evaluation may refer to."""
MOST_ITEMS = 10_000
"""Iterations of all macros of an expression together; CEL's own budget is the same."""
SMALL = 64
"""Bytes of so little data that the price is reckoned at load."""
DENSEST = 110
"""Nanoseconds to bring a byte into CEL where it is all commas and brackets."""
LEAST_DATA = 512
"""An expression too heavy for this much is refused."""
DENSEST_TOUCH = 12
"""The same of a touch."""
JOIN = 3
"""Touches to append lists or texts."""
RETURN = 12
"""Touches to bring a value back."""
LETTER = 2
"""Nanoseconds to bring a byte of text into CEL, or to do something with it there."""
SEARCH = 3
"""The same to search for a constant, times as much."""
PRODUCT = 0.006
"""Nanoseconds of a search for data within data, times the square of its bytes: their product, at the speed of comparing memory."""
STEP, LARGER_STEP = 15, 60
"""Nanoseconds of a node of a macro's body, for each item: one that looks at something, one that makes something."""
STRUCTURE = 500
"""Nanoseconds of an object or message that is written out, for each item."""
CONSTANT = 5
"""Nanoseconds of a character of a constant in a macro's body, for each item."""
SHORT = 16
"""Bytes of a constant that is no text."""
EVALUATION = 5000
"""Nanoseconds of an evaluation of nothing."""

_NEXT_TO = frozenset({"@in", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"})
_SCALAR = frozenset({"_&&_", "_||_", "!_", "@not_strictly_false", "_-_", "_*_", "_/_", "_%_", "-_"})
_SEARCH = frozenset({"contains", "startsWith", "endsWith"})
_LOOK = _NEXT_TO | _SEARCH | {"size", "matches"}
_SMALL = _SCALAR | _NEXT_TO | {"_[_]"}
_PICK = {"_?_:_": slice(1, 3), "_[_]": slice(0, 1)}


class Price(NamedTuple):
    """What evaluation costs.

    Args:
        touches: How often all values are touched, besides being brought into CEL.
        letters: Nanoseconds for each byte of all texts.
        searches: Searches for data within data.
        item: Nanoseconds for each item that macros run over.
        fixed: Nanoseconds whatever the data.
    """

    touches: float = 0
    letters: float = 0
    searches: float = 0
    item: float = 0
    fixed: float = 0

    def plus(self, other: Price) -> Price:
        """Both."""
        return Price(*map(sum, zip(self, other, strict=True)))

    def of(self, texts: Iterable[bytes]) -> float:
        """Nanoseconds of an evaluation over the values of JSON texts."""
        size, cost, items = 0, 0.0, 1
        for raw in texts:
            size += len(raw)
            cost += converting(raw) + (touching(raw) * self.touches if self.touches else 0)
            items += raw.count(b",") if self.item else 0
        return cost + self._rest(size, items)

    def densest(self, size: int) -> float:
        """Nanoseconds of an evaluation over so many bytes of the densest data."""
        return size * (DENSEST + DENSEST_TOUCH * self.touches) + self._rest(size, size // 2)

    def _rest(self, size: int, items: int) -> float:
        letters = size * (LETTER + self.letters) + PRODUCT * self.searches * size * size
        return EVALUATION + self.fixed + letters + self.item * min(items, MOST_ITEMS)


def price(root: Node, variables: Collection[str]) -> Price:
    """The price of an expression over `variables`.

    Raises:
        ExpressionError: If it is too high even for little data.
    """
    size, cost = _weigh(root, dict.fromkeys(variables, 1))
    found = cost.plus(Price(RETURN * size, LETTER * size))
    if found.densest(LEAST_DATA) > MOST:
        raise ExpressionError("is too much work", "split it over several nodes; let a predictor do this")
    return found


def _weigh(node: Node, sizes: Mapping[str, int]) -> tuple[int, Price]:
    """How large the value can be, as a multiple of the data, and what it costs; constants count nothing."""
    if node.kind == CONST:
        return 0, Price()
    if node.kind == IDENT:
        return sizes.get(node.name, 0), Price()
    if node.kind == LOOP:
        return _weigh_loop(node, sizes)
    weights = [_weigh(child, sizes) for child in node.children]
    parts = [size for size, _ in weights]
    cost = Price()
    for _, part in weights:
        cost = cost.plus(part)
    if node.kind == SELECT:
        return 0 if node.tests else parts[0], cost
    if node.kind in {LIST, STRUCT}:
        return sum(parts), cost
    size, more = _weigh_call(node, parts)
    return size, cost.plus(more)


def _weigh_call(node: Node, parts: list[int]) -> tuple[int, Price]:
    """The same of a call alone, whose target and arguments are as large as `parts` say."""
    name, total = node.name, sum(parts)
    if name in _SCALAR:
        return 0, Price()
    if name in _PICK:
        return max(parts[_PICK[name]]), Price()
    if name in _LOOK:
        return 0, _look(node, parts)
    return total, Price(JOIN * total if name == "_+_" else total, LETTER * total)


def _look(node: Node, parts: list[int]) -> Price:
    """What functions cost whose value is a scalar."""
    name, total = node.name, sum(parts)
    if name == "size":
        return Price(letters=LETTER * total)
    if name == "matches":
        found = pattern.price(str(node.children[-1].value))
        return Price(letters=total * found.letter, fixed=found.fixed)
    if name in _SEARCH:
        return Price(letters=LETTER * SEARCH * total, searches=parts[0] * parts[-1])
    return Price(total if min(parts) else 0)


def _weigh_loop(node: Node, sizes: Mapping[str, int]) -> tuple[int, Price]:
    """All items together are as large as what they come from, so a body's weights add up to those of one run over it all.

    The value is true or false: macros that make a list are no part of what CEL is given.
    """
    source, *body = node.children
    size, cost = _weigh(source, sizes)
    inner = {node.name: size}
    for child in body:
        cost = cost.plus(_weigh(child, inner)[1]).plus(Price(item=per_item(child)))
    return 0, cost


def per_item(body: Node) -> float:
    """Nanoseconds of a macro's body for each item, whatever that holds."""
    return sum(map(_step, body.walk()))


def _step(node: Node) -> float:
    if node.kind == CONST:
        return STEP + CONSTANT * max(0, len(node.raw) - SHORT)
    if node.kind == STRUCT:
        return STRUCTURE
    return LARGER_STEP if node.kind in {CALL, LIST} and node.name not in _SMALL else STEP
