"""Ask nodes in order, cheapest first, until an answer is good enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from plait.errors import PlaitError
from plait.nodes.absent import LEFT_OUT
from plait.nodes.condition import Condition
from plait.nodes.link import Child, Link, listed
from plait.nodes.node import Arrangement, NodeSpec
from plait.spec.fields import Many
from plait.types import Call, Context, Message

if TYPE_CHECKING:
    Node = NodeSpec


class Cascade(NodeSpec):
    """The first answer for which a condition holds, for example on its confidence."""

    kind: ClassVar[str] = "cascade"
    summary: ClassVar[str] = "ask in order, cheapest first, until the answer is good enough"
    arrangement: ClassVar[Arrangement] = "turns"
    onward: ClassVar[str] = "if it fails or is not enough"

    cascade: Annotated[Many[Node], Field(min_length=1)]
    """The choices, cheapest first."""
    until: str
    """CEL that says whether an answer, as `output`, is good enough."""

    def children(self) -> tuple[Child, ...]:
        """The choices, each under its name."""
        return listed("cascade", self.cascade)

    def facts(self) -> tuple[str, ...]:
        """When it stops."""
        return (f"until {self.until}",)

    def bind(self, link: Link) -> Call:
        """The choices' calls, in order, and the condition."""
        return Until(tuple(map(link.call, self.children())), Condition.bind(link, self.until, ("until",), output=True))


@dataclass(frozen=True, slots=True)
class Until:
    """Asks one after the other and passes over those that fail, or whose answer the condition cannot judge.

    If it never holds, the last answer is the node's; if there is none, the last failure.
    """

    choices: tuple[Call, ...]
    until: Condition

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The first answer that is good enough, else the last."""
        answer: Message | None = None
        failure: PlaitError | None = None
        for call in self.choices:
            try:
                output = await call(message, ctx)
                enough = output is not LEFT_OUT and self.until(ctx, message, output)
            except PlaitError as exc:
                failure = exc.with_traceback(None)
                continue
            if output is not LEFT_OUT:
                answer = output
            if enough:
                break
        try:
            if answer is None and failure is not None:
                raise failure
        finally:
            failure = None  # its traceback holds this frame
        return answer or LEFT_OUT
