"""Expressions and templates: text in, evaluators out; everything that can be wrong is found while loading."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from plait.expr import select
from plait.expr.linear import LONGEST
from plait.expr.problem import At, ExpressionError, TemplateErrors, is_text
from plait.expr.select import Selections, bounded, number, truth
from plait.expr.template import compile_template
from plait.expr.variables import Evaluate, Expression, scope, visible_headers

__all__ = [
    "At", "Evaluate", "Expression", "ExpressionError", "TemplateErrors", "expression", "number", "template", "truth",
    "visible_headers",
]  # fmt: skip


def expression(text: str, names: Collection[str], *, output: bool = False) -> Expression:
    """Bind one CEL expression.

    Args:
        text: The expression, at most 1,024 characters.
        names: The variables besides `request`, `headers` and `input`: earlier steps, `item`, `index`.
        output: Whether it may look at an answer just received, as `output`.

    Returns:
        Its evaluator, which raises `plait.errors.ExpressionFailed` if there is no value for a request.

    Raises:
        ExpressionError: If it is no CEL, names something unknown, is wrong in its types, or could take too long.
    """
    selections = Selections()
    bound = _bind(scope(names, output=output), selections, text)
    selections.close()
    return bounded(bound, selections.budget)


def template(value: Any, names: Collection[str], *, output: bool = False) -> Expression:
    """Bind a template: any JSON value with `${…}` in its strings; names of objects are literal.

    A string that is one single `${…}` becomes that value, byte for byte; in any other string, strings are inserted as they
    are and other values as their JSON text. `$${` is a literal `${`.

    Args:
        value: Strings, finite numbers, booleans, None, lists, tuples and mappings.
        names: As for `expression`.
        output: As for `expression`.

    Raises:
        TemplateErrors: With everything that is wrong in it, each with its place.
    """
    selections = Selections()
    bound = compile_template(value, partial(_bind, scope(names, output=output), selections), selections.budget)
    selections.close()
    return bounded(bound, selections.budget)


def _bind(variables: Mapping[str, Evaluate], selections: Selections, text: str) -> Expression:
    if len(text) > LONGEST:
        raise ExpressionError(f"is longer than {LONGEST} characters", "let a predictor do this")
    if not text.strip():
        raise ExpressionError("is empty", f"write an expression over {', '.join(sorted(variables))}")
    if not is_text(text):
        raise ExpressionError("is no valid Unicode text")
    plain = select.parse(text)
    if plain is not None and plain[0] in variables:
        name, keys = plain
        return selections.bind(text, name, variables[name], keys)
    # CEL takes 0.2 s and 9 MB to load, which a file of plain selections need not pay.
    from plait.expr.plan import compile_expression  # noqa: PLC0415

    return compile_expression(text, variables, selections)
