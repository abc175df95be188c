"""A constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from plait.nodes.node import NodeSpec
from plait.spec.fields import Json, json_text
from plait.types import Context, Message

if TYPE_CHECKING:
    from plait.nodes.link import Link
    from plait.types import Call


class Value(NodeSpec):
    """Always the same answer, whatever the input; `${` in it is plain text."""

    kind: ClassVar[str] = "value"
    summary: ClassVar[str] = "a constant"

    value: Json
    """The answer."""

    @property
    def certain(self) -> bool:
        """It does, unless it need not run."""
        return self.when is None

    def facts(self) -> tuple[str, ...]:
        """What it gives."""
        return (json_text(self.value),)

    def bind(self, link: Link) -> Call:
        """The answer, encoded once."""
        try:
            return Constant(Message.of(self.value))
        except (TypeError, ValueError, RecursionError):
            link.problem(("value",), "is no JSON value", "write objects, lists, text, numbers, true, false or null")
            return Constant(Message(b"null"))


@dataclass(frozen=True, slots=True)
class Constant:
    """Answers with one message."""

    message: Message

    async def __call__(self, message: Message, ctx: Context, /) -> Message:  # noqa: ARG002 - every call is given both
        """The constant."""
        return self.message
