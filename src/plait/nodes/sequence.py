"""Nodes in order: a step's input is the previous step's output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from plait.nodes.absent import LEFT_OUT
from plait.nodes.link import Child, Link, listed
from plait.nodes.node import NodeSpec
from plait.nodes.predict import Predict
from plait.spec.fields import Many
from plait.types import Call, Context, Leaf, Message

if TYPE_CHECKING:
    Node = NodeSpec


class Sequence(NodeSpec):
    """Nodes in order."""

    kind: ClassVar[str] = "sequence"
    summary: ClassVar[str] = "in order; a step's input is the previous step's output"

    sequence: Annotated[Many[Node], Field(min_length=1)]
    """The steps."""

    def children(self) -> tuple[Child, ...]:
        """The steps, each under its name."""
        return listed("sequence", self.sequence)

    def bind(self, link: Link) -> Call:
        """The steps' calls, each of which sees the named steps before it."""
        steps = []
        for child in self.children():
            name = _variable(child.node)
            steps.append(Step(link.call(child), name))
            if name:
                link = link.seeing(name)
        # A leaf always answers or fails; any other step may be left out, and then its input is the answer.
        return steps[0].call if len(steps) == 1 and isinstance(steps[0].call, Leaf) else InOrder(tuple(steps))


def _variable(node: NodeSpec) -> str:
    """The name under which later steps see this one's output: its own, or that of whom it asks."""
    return node.name or (node.predict if isinstance(node, Predict) else "")


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and the name that its output has for those after it."""

    call: Call
    name: str


@dataclass(frozen=True, slots=True)
class InOrder:
    """Runs its steps one after the other; incomplete if what any step gave was."""

    steps: tuple[Step, ...]

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The last step's output."""
        complete = True
        for step in self.steps:
            output = await step.call(message, ctx)
            if output is not LEFT_OUT:
                message = output
            complete = complete and message.complete
            if step.name:
                ctx = ctx.naming(step.name, message)
        return message if complete else message.incomplete()
