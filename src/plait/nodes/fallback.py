"""Try nodes in order until one answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from plait.errors import PlaitError
from plait.nodes.absent import LEFT_OUT
from plait.nodes.link import Child, Link, listed
from plait.nodes.node import Arrangement, NodeSpec
from plait.spec.fields import Many
from plait.types import Call, Context, Message

if TYPE_CHECKING:
    Node = NodeSpec


class Fallback(NodeSpec):
    """The first node that answers, whatever the failure of those before it."""

    kind: ClassVar[str] = "fallback"
    summary: ClassVar[str] = "the first that answers; a last {value: …} is a static answer"
    arrangement: ClassVar[Arrangement] = "turns"
    onward: ClassVar[str] = "if it fails"

    fallback: Annotated[Many[Node], Field(min_length=1)]
    """The choices, best first."""

    def children(self) -> tuple[Child, ...]:
        """The choices, each under its name."""
        return listed("fallback", self.fallback)

    def bind(self, link: Link) -> Call:
        """The choices' calls, in order."""
        children = self.children()
        sure = next((place for place, child in enumerate(children) if child.node.certain), len(children))
        for child in children[sure + 1 :]:
            link.problem(
                child.at, f"is never asked: {children[sure].label} before it always answers", "put it before that, or leave it out"
            )
        return FirstOf(tuple(map(link.call, children)))


@dataclass(frozen=True, slots=True)
class FirstOf:
    """Asks one after the other; if all fail, the last one's failure is the node's."""

    choices: tuple[Call, ...]

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The first answer."""
        failure: PlaitError | None = None
        for call in self.choices:
            try:
                answer = await call(message, ctx)
            except PlaitError as exc:
                # Its part says why; a later choice may still answer.
                failure = exc.with_traceback(None)
                continue
            if answer is not LEFT_OUT:
                return answer
        try:
            if failure is not None:
                raise failure
        finally:
            failure = None  # its traceback holds this frame
        return LEFT_OUT
