"""What of a predictor's answers is compared with the truth: bound, and found wrong while loading."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from plait import expr
from plait.errors import Problem
from plait.graph.document import path_text
from plait.nodes.link import At

if TYPE_CHECKING:
    from plait.graph.spec import Config

_OUTPUT = frozenset({"output"})
_LOOK_AT_IT = "write what is compared with the truth, such as output.label"


@lru_cache(maxsize=1000)  # each configuration asks anew for what is mostly the same
def compared(text: str) -> expr.Expression:
    """The bound expression that selects, from a predictor's answer, what is compared with the truth.

    Raises:
        ExpressionError: If it is no CEL, or looks at anything but that answer, or not at it.
    """
    bound = expr.expression(text, (), output=True)
    if others := bound.names - _OUTPUT:
        message = f"looks at {', '.join(sorted(others))}, but only the predictor's answer is known when the truth comes"
        raise expr.ExpressionError(message, _LOOK_AT_IT)
    if not bound.names:
        raise expr.ExpressionError("does not look at the predictor's answer", _LOOK_AT_IT)
    return bound


def incomparable(config: Config) -> Iterator[Problem]:
    """What is wrong with how predictors' answers are to be compared."""
    for name, spec in config.predictors.items():
        if spec.feedback is None:
            continue
        at: At = ("predictors", name, "feedback")
        try:
            compared(spec.feedback.answer)
        except expr.ExpressionError as exc:
            yield _problem((*at, "answer"), exc.message, exc.hint)
        if spec.feedback.exclude_below is not None and spec.feedback.least > spec.feedback.window:
            message = f"{spec.feedback.least} answers are never known where the latest {spec.feedback.window} count"
            yield _problem((*at, "least"), message, "make window the larger one")


def _problem(at: At, message: str, hint: str) -> Problem:
    return Problem(path_text(at), message, hint, place=at)
