"""Whether an expression's work grows only linearly with its data, judged by its form; `price` says how steeply.

CEL holds the interpreter's lock, cannot be stopped, and its own budget counts iterations, not time. So what may be slow is
refused at load: a macro inside a macro, a macro's body that mentions more than its own variable (each iteration could then cost
the whole data), a pattern that is data (its automaton times the text), and any pattern in a body (compiled anew each time).
"""

from __future__ import annotations

from collections.abc import Collection

from plait.expr import pattern
from plait.expr.problem import ExpressionError
from plait.expr.tree import CALL, CONST, IDENT, LOOP, Node

LONGEST = 1024
"""Characters of an expression."""

_ELSEWHERE = "let a predictor do this"


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


def _check_pattern(text: Node, own: frozenset[str]) -> None:
    if text.kind != CONST:
        raise ExpressionError("the pattern of matches() must be a constant", _ELSEWHERE)
    pattern.check(str(text.value))
    if own:
        raise ExpressionError("matches() would compile its pattern for every item of the macro", _ELSEWHERE)
