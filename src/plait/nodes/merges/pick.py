"""Merges that pick the best branch by a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plait.expr import number
from plait.nodes.merges.merge import quoted
from plait.spec.base import Spec

if TYPE_CHECKING:
    from plait.nodes.link import Evaluate, Link
    from plait.types import Context, Message

_Score = tuple[float, bytes]


class Argmax(Spec):
    """The branch with the highest number."""

    argmax: str
    """CEL for the number, evaluated once per branch, with the branch's answer as `output`."""

    def bind(self, link: Link, labels: tuple[str, ...]) -> Best:
        """The merge for branches of these names."""
        return Best(tuple(map(quoted, labels)), link.expression(self.argmax, ("merge", "argmax"), output=True), self.argmax, max)


class Argmin(Spec):
    """The branch with the lowest number."""

    argmin: str
    """CEL for the number, evaluated once per branch, with the branch's answer as `output`."""

    def bind(self, link: Link, labels: tuple[str, ...]) -> Best:
        """The merge for branches of these names."""
        return Best(tuple(map(quoted, labels)), link.expression(self.argmin, ("merge", "argmin"), output=True), self.argmin, min)


@dataclass(frozen=True, slots=True)
class Best:
    """`{"label": branch, "score": number}`; ties go to the first, the number keeps its bytes."""

    labels: tuple[bytes, ...]
    score: Evaluate
    text: str
    choose: Callable[..., tuple[_Score, bytes]]
    fastest = False
    keeps_null = False
    of_none = False

    def take(self, ctx: Context, given: Message, output: Message) -> _Score:
        """The branch's number, and its JSON."""
        message = self.score(ctx, given, output)
        return number(message, self.text), message.raw

    def join(self, taken: Sequence[Any]) -> bytes:
        """The best of those that arrived."""
        there = [(score, label) for score, label in zip(taken, self.labels, strict=True) if score is not None]
        (_, raw), label = self.choose(there, key=lambda pair: pair[0][0])
        return b'{"label":' + label + b',"score":' + raw + b"}"
