"""Map what there is to something else, without a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from plait.nodes.node import NodeSpec
from plait.spec.fields import Json, json_text

if TYPE_CHECKING:
    from plait.nodes.link import Evaluate, Link
    from plait.types import Call, Context, Message


class Transform(NodeSpec):
    """A pure mapping: any YAML, with `${…}` in its strings."""

    kind: ClassVar[str] = "transform"
    summary: ClassVar[str] = "pure mapping, any YAML with ${…}"

    transform: Json
    """The template of the output."""

    def facts(self) -> tuple[str, ...]:
        """What it gives."""
        return (json_text(self.transform),)

    def bind(self, link: Link) -> Call:
        """The template, bound."""
        return Evaluated(link.template(self.transform, ("transform",)))


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Answers with what an expression or template gives."""

    evaluate: Evaluate

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The template's value for this input."""
        return self.evaluate(ctx, message, None)
