"""How much each branch of a merge counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from plait.spec.fields import Name

if TYPE_CHECKING:
    from plait.nodes.link import Link

Weights = dict[Name, Annotated[float, Field(ge=0, allow_inf_nan=False, strict=False)]]


def in_order(weights: dict[str, float], labels: tuple[str, ...], link: Link) -> tuple[float, ...]:
    """The weight of each branch; 1 where nothing is said."""
    found = tuple(weights.get(label, 1.0) for label in labels)
    if labels and not any(found):
        link.problem(("merge", "weights"), "all weights are 0, so nothing counts", "give one of the branches a weight")
    if math.isinf(sum(found)):
        link.problem(
            ("merge", "weights"), "the weights have no sum: it is out of range", "write smaller ones of the same proportion"
        )
    return found
