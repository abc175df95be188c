"""Merges that compute one number, or nested lists of them, from a number of each branch."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from pydantic import Field

from plait.errors import ExpressionFailed
from plait.expr import number
from plait.nodes.merges.weights import Weights, in_order
from plait.spec.base import Spec

if TYPE_CHECKING:
    from plait.nodes.link import Evaluate, Link
    from plait.types import Context, Message

_encode = msgspec.json.Encoder().encode


class Max(Spec):
    """The highest number."""

    max: str
    """CEL for the number, evaluated once per branch, with the branch's answer as `output`."""

    def bind(self, link: Link, labels: tuple[str, ...]) -> Picked:  # noqa: ARG002 - it needs no names
        """The merge for any branches."""
        return Picked(link.expression(self.max, ("merge", "max"), output=True), max)


class Min(Spec):
    """The lowest number."""

    min: str
    """CEL for the number, evaluated once per branch, with the branch's answer as `output`."""

    def bind(self, link: Link, labels: tuple[str, ...]) -> Picked:  # noqa: ARG002 - it needs no names
        """The merge for any branches."""
        return Picked(link.expression(self.min, ("merge", "min"), output=True), min)


class Sum(Spec):
    """The sum of the numbers."""

    sum: str
    """CEL for the number, evaluated once per branch, with the branch's answer as `output`."""

    def bind(self, link: Link, labels: tuple[str, ...]) -> Total:  # noqa: ARG002 - it needs no names
        """The merge for any branches."""
        return Total(link.expression(self.sum, ("merge", "sum"), output=True))


class Mean(Spec):
    """The mean of numbers, or of nested lists of the same shape, number by number."""

    mean: str
    """CEL for the numbers, evaluated once per branch, with the branch's answer as `output`."""
    weights: Weights = Field(default_factory=dict)
    """How much each branch counts; 1 where nothing is said."""

    def bind(self, link: Link, labels: tuple[str, ...]) -> Average:
        """The merge for branches of these names."""
        return Average(link.expression(self.mean, ("merge", "mean"), output=True), in_order(self.weights, labels, link))


@dataclass(frozen=True, slots=True)
class Picked:
    """One of the numbers, with its bytes as they came; ties go to the first."""

    evaluate: Evaluate
    choose: Callable[..., tuple[float, bytes]]
    fastest = False
    keeps_null = False
    of_none = False

    def take(self, ctx: Context, given: Message, output: Message) -> tuple[float, bytes]:
        """The branch's number, and its JSON."""
        message = self.evaluate(ctx, given, output)
        return number(message), message.raw

    def join(self, taken: Sequence[Any]) -> bytes:
        """The JSON of the highest or lowest."""
        return self.choose((pair for pair in taken if pair is not None), key=lambda pair: pair[0])[1]


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of those that arrived, rounded once."""

    evaluate: Evaluate
    fastest = False
    keeps_null = False
    of_none = False

    def take(self, ctx: Context, given: Message, output: Message) -> float:
        """The branch's number."""
        return number(self.evaluate(ctx, given, output))

    def join(self, taken: Sequence[Any]) -> bytes:
        """The sum."""
        return _encode(_total(value for value in taken if value is not None))


@dataclass(frozen=True, slots=True)
class Average:
    """The weighted mean of those that arrived."""

    evaluate: Evaluate
    weights: tuple[float, ...]
    fastest = False
    keeps_null = False
    of_none = False

    def take(self, ctx: Context, given: Message, output: Message) -> Any:
        """The branch's number or nested lists of numbers."""
        try:
            value = self.evaluate(ctx, given, output).value
        except msgspec.DecodeError:
            raise ExpressionFailed("merge mean: a number is out of range") from None
        if not _numeric(value):
            raise ExpressionFailed("merge mean needs a number, or nested lists of numbers, from every branch")
        return value

    def join(self, taken: Sequence[Any]) -> bytes:
        """The mean, of the shape that all have."""
        there = [(value, weight) for value, weight in zip(taken, self.weights, strict=True) if value is not None]
        total = math.fsum(weight for _, weight in there)
        if not total:
            raise ExpressionFailed("merge mean has only branches of weight 0")
        return _encode(_mean([value for value, _ in there], [weight for _, weight in there], total))


def _numeric(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_numeric, value))
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _mean(values: list[Any], weights: list[float], total: float) -> Any:
    if any(isinstance(value, list) for value in values):
        if not all(isinstance(value, list) and len(value) == len(values[0]) for value in values):
            raise ExpressionFailed("merge mean needs answers of the same shape from every branch")
        return [_mean(list(column), weights, total) for column in zip(*values, strict=True)]
    with contextlib.suppress(OverflowError):
        mean = math.fsum(value * weight for value, weight in zip(values, weights, strict=True)) / total
        if math.isfinite(mean):
            return mean
    # Larger than a float on the way, if not in the end.
    return _total(value * (weight / total) for value, weight in zip(values, weights, strict=True))


def _total(values: Iterable[float]) -> float:
    """The sum, rounded once."""
    try:
        return math.fsum(values)
    except OverflowError:
        raise ExpressionFailed("the merged number is out of range") from None
