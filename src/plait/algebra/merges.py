"""A function for every merge that looks into the answers; the others are words: `by_name`, `list`, `object`, `first`."""

from __future__ import annotations

from collections.abc import Mapping

from plait.algebra.checked import spec
from plait.algebra.options import given
from plait.nodes.merges.number import Max, Mean, Min, Sum
from plait.nodes.merges.pick import Argmax, Argmin
from plait.nodes.merges.vote import Vote

Merge = Argmax | Argmin | Vote | Mean | Max | Min | Sum


def argmax(score: str) -> Argmax:
    """The branch with the highest number: `{"label": branch, "score": number}`.

    Args:
        score: CEL for the number of a branch, whose answer is `output`.
    """
    return spec(Argmax, {"argmax": score})


def argmin(score: str) -> Argmin:
    """The branch with the lowest number: `{"label": branch, "score": number}`.

    Args:
        score: CEL for the number of a branch, whose answer is `output`.
    """
    return spec(Argmin, {"argmin": score})


def vote(label: str, weights: Mapping[str, float] | None = None) -> Vote:
    """The label that most branches give: `{"label": label, "votes": {label: weight}}`.

    Args:
        label: CEL for the label of a branch, whose answer is `output`.
        weights: How much each branch counts; 1 where nothing is said.
    """
    return spec(Vote, given(Vote, {"vote": label, "weights": weights}))


def mean(numbers: str, weights: Mapping[str, float] | None = None) -> Mean:
    """The mean of numbers, or of nested lists of the same shape.

    Args:
        numbers: CEL for the numbers of a branch, whose answer is `output`.
        weights: How much each branch counts; 1 where nothing is said.
    """
    return spec(Mean, given(Mean, {"mean": numbers, "weights": weights}))


def max(number: str) -> Max:  # noqa: A001 - plait.max
    """The highest number.

    Args:
        number: CEL for the number of a branch, whose answer is `output`.
    """
    return spec(Max, {"max": number})


def min(number: str) -> Min:  # noqa: A001 - plait.min
    """The lowest number.

    Args:
        number: CEL for the number of a branch, whose answer is `output`.
    """
    return spec(Min, {"min": number})


def sum(number: str) -> Sum:  # noqa: A001 - plait.sum
    """The sum of the numbers.

    Args:
        number: CEL for the number of a branch, whose answer is `output`.
    """
    return spec(Sum, {"sum": number})
