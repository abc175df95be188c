"""Whether an expression's work grows only linearly with its data, judged by its form, and how steeply.

CEL holds the interpreter's lock, cannot be stopped, and its own budget counts iterations, not time. So what may be slow is
refused at load: a macro inside a macro, a macro's body that mentions more than its own variable (each iteration could then cost
the whole data), a pattern that is data (its automaton times the text), and any pattern in a body (compiled anew each time).
What remains gets a weight: how many times, at most, evaluation touches each byte that it refers to.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping

from plait.expr.problem import ExpressionError
from plait.expr.tree import CALL, CONST, IDENT, LIST, LOOP, SELECT, STRUCT, Node

LONGEST = 1024
"""Characters of an expression."""
MOST_DATA = 256 * 1024
"""Bytes of JSON that one evaluation may refer to."""
MOST_ITEMS = 10_000
"""Iterations of all macros of an expression together; CEL's own budget is the same."""
MOST_WEIGHT = 16
"""Times that evaluation may touch the most data; a heavier expression may refer to less, in proportion."""
PATTERN_LENGTH = 64
"""Steps of a pattern that cost as much as touching the text once."""
CLASS_LENGTH = 256
"""Steps that a class of Unicode characters becomes."""
LEAST_DATA = 1024
"""An expression too heavy for this much is refused."""
SEARCH_WEIGHT = 24
"""Looking for data within data costs their product, at the speed of comparing memory."""

_ELSEWHERE = "let a predictor do this"
_NEXT_TO = frozenset({"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"})
_COUNT = re.compile(r"\{(?:[0-9]+,)?([0-9]+)")
_CLASS = re.compile(r"\\[pP]")
_SCALAR = frozenset({"_&&_", "_||_", "!_", "@not_strictly_false", "_-_", "_*_", "_/_", "_%_", "-_"})
_SEARCH = frozenset({"contains", "startsWith", "endsWith"})
_TEST = frozenset({"@in", "size"})
_PICK = {"_?_:_": slice(1, 3), "_[_]": slice(0, 1)}


def check(root: Node, variables: Collection[str]) -> None:
    """Accept an expression of linear form over `variables`.

    Raises:
        ExpressionError: If it is of any other form.
    """
    _check(root, frozenset(variables), frozenset())


def _check(node: Node, variables: frozenset[str], own: frozenset[str]) -> None:
    """Judge a node; `own` are the variables of the macro in whose body it is."""
    if node.kind == LOOP:
        _check_loop(node, variables, own)
        return
    if node.kind == IDENT and own and node.name in variables - own:
        raise ExpressionError(f"a macro's body may mention its own variable and constants only, not {node.name}", _ELSEWHERE)
    if node.kind == CALL and node.name == "matches":
        _check_pattern(node.children[-1], own)
    for child in node.children:
        _check(child, variables, own)


def _check_loop(node: Node, variables: frozenset[str], own: frozenset[str]) -> None:
    if own:
        raise ExpressionError("a macro inside a macro's body takes time that grows with the square of the data", _ELSEWHERE)
    source, *body = node.children
    _check(source, variables, own)
    for child in body:
        _check(child, variables, frozenset({node.name, node.accumulator}))


def _check_pattern(pattern: Node, own: frozenset[str]) -> None:
    if pattern.kind != CONST:
        raise ExpressionError("the pattern of matches() must be a constant", _ELSEWHERE)
    if own:
        raise ExpressionError("matches() would compile its pattern for every item of the macro", _ELSEWHERE)


def limit(root: Node, variables: Collection[str], stages: int) -> int:
    """The bytes of JSON that an expression may refer to, if it is one of `stages` that make up the whole.

    Raises:
        ExpressionError: If they are too few to be of use.
    """
    weight = 1 + _weigh(root, dict.fromkeys(variables, 1))[1]
    most = MOST_DATA * MOST_WEIGHT // (weight * stages)
    if most < LEAST_DATA:
        raise ExpressionError("is too much work", f"split it over several nodes; {_ELSEWHERE}")
    return min(MOST_DATA, most)


def _weigh(node: Node, sizes: Mapping[str, int]) -> tuple[int, int]:
    """How large the value can be and how much is touched to get it, both as multiples of the data; constants count nothing."""
    if node.kind == CONST:
        return 0, 0
    if node.kind == IDENT:
        return sizes.get(node.name, 0), 0
    if node.kind == LOOP:
        return _weigh_loop(node, sizes)
    weights = [_weigh(child, sizes) for child in node.children]
    parts = [size for size, _ in weights]
    cost = sum(cost for _, cost in weights)
    if node.kind == SELECT:
        return parts[0], cost
    if node.kind in {LIST, STRUCT}:
        return sum(parts), cost
    size, more = _weigh_call(node, parts)
    return size, cost + more


def _weigh_call(node: Node, parts: list[int]) -> tuple[int, int]:
    """The same of a call alone, whose target and arguments are as large as `parts` say."""
    name, total = node.name, sum(parts)
    if name in _SCALAR:
        return 0, 0
    if name in _PICK:
        return max(parts[_PICK[name]]), 0
    if name in _NEXT_TO:
        return 0, total if min(parts) else 0
    if name in _SEARCH:
        return 0, total + (SEARCH_WEIGHT if parts[-1] else 0)
    if name == "matches":
        return 0, total * _weigh_pattern(str(node.children[-1].value))
    return (0 if name in _TEST else total), total


def _weigh_pattern(pattern: str) -> int:
    """RE2 takes text times program, which is as long as the pattern, times its counted repetitions, which may be nested."""
    length = len(pattern) + CLASS_LENGTH * len(_CLASS.findall(pattern))
    return 1 + length * math.prod(max(1, int(count)) for count in _COUNT.findall(pattern)) // PATTERN_LENGTH


def _weigh_loop(node: Node, sizes: Mapping[str, int]) -> tuple[int, int]:
    """All items together are as large as what they come from, so a body's weights add up to those of one run over it all."""
    source, *body = node.children
    size, cost = _weigh(source, sizes)
    inner = {node.name: size}
    return size, cost + sum(_weigh(child, inner)[1] for child in body)
