"""A constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from plait.nodes.decided import Evaluated
from plait.nodes.node import NodeSpec
from plait.spec.fields import Json, json_text
from plait.types import Message

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
            return constant(Message.of(self.value))
        except (TypeError, ValueError, RecursionError):
            link.problem(("value",), "is no JSON value", "write objects, lists, text, numbers, true, false or null")
            return constant(Message(b"null"))


def constant(answer: Message) -> Evaluated:
    """Answers with one message."""
    return Evaluated(lambda _message, _ctx: answer)
