"""Map what there is to something else, without a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from plait.nodes.decided import Evaluated
from plait.nodes.node import NodeSpec
from plait.spec.fields import Json, json_text

if TYPE_CHECKING:
    from plait.nodes.link import Link
    from plait.types import Call


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
        template = link.template(self.transform, ("transform",))
        return Evaluated(lambda message, ctx: template(ctx, message, None))
