"""The merge in which each branch has a vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from pydantic import Field

from plait.errors import ExpressionFailed
from plait.nodes.merges.weights import Weights, in_order
from plait.spec.base import Spec

if TYPE_CHECKING:
    from plait.nodes.link import Evaluate, Link
    from plait.types import Context, Message

_encode = msgspec.json.Encoder().encode
_SCALAR = (str, int, float, bool)


class Vote(Spec):
    """The label that most branches give, by weight."""

    vote: str
    """CEL for the label, evaluated once per branch, with the branch's answer as `output`."""
    weights: Weights = Field(default_factory=dict)
    """How much each branch's vote counts; 1 where nothing is said."""

    def bind(self, link: Link, labels: tuple[str, ...]) -> Election:
        """The merge for branches of these names."""
        return Election(link.expression(self.vote, ("merge", "vote"), output=True), in_order(self.weights, labels, link))


@dataclass(frozen=True, slots=True)
class Election:
    """`{"label": winner, "votes": {label: weight}}`; of equal ones the label that a branch named first in the file wins."""

    evaluate: Evaluate
    weights: tuple[float, ...]
    fastest = False
    keeps_null = False
    of_none = False

    def take(self, ctx: Context, given: Message, output: Message) -> tuple[str, bytes]:
        """The branch's label as a name, and its JSON."""
        message = self.evaluate(ctx, given, output)
        try:
            value = message.value
        except msgspec.DecodeError:
            raise ExpressionFailed("merge vote: the number is out of range") from None
        if not isinstance(value, _SCALAR):
            raise ExpressionFailed("merge vote needs a text, a number or a boolean from every branch")
        return (value if isinstance(value, str) else message.raw.decode()), message.raw

    def join(self, taken: Sequence[Any]) -> bytes:
        """The winner, and how many votes each label has."""
        votes: dict[str, float] = {}
        raws: dict[str, bytes] = {}
        for ballot, weight in zip(taken, self.weights, strict=True):
            if ballot is not None:
                name, raw = ballot
                votes[name] = votes.get(name, 0) + weight
                raws.setdefault(name, raw)
        winner = max(votes, key=votes.__getitem__)
        shown = {name: int(count) if count == int(count) else count for name, count in votes.items()}
        return b'{"label":' + raws[winner] + b',"votes":' + _encode(shown) + b"}"
