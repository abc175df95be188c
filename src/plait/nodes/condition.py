"""CEL that must say true or false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.errors import ExpressionFailed
from plait.expr import truth
from plait.types import Context, Message

if TYPE_CHECKING:
    from plait.nodes.link import At, Evaluate, Link


def always(text: str) -> bool:
    """Whether a condition holds whatever there is."""
    return text.strip() == "true"


@dataclass(frozen=True, slots=True)
class Condition:
    """A bound condition; whatever is neither true nor false fails, as an error of the node at `path`."""

    text: str
    evaluate: Evaluate
    path: str

    @classmethod
    def bind(cls, link: Link, text: str, at: At, *, output: bool = False) -> Condition:
        """The condition that stands at a place within a node; `output` lets it see the answer just received."""
        return cls(text, link.expression(text, at, output=output), link.path)

    def __call__(self, ctx: Context, given: Message, output: Message | None = None) -> bool:
        try:
            return truth(self.evaluate(ctx, given, output), self.text)
        except ExpressionFailed as exc:
            raise exc.at(self.path) from None
