"""Choose a node by what the input says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from plait.errors import NoCase
from plait.nodes.condition import Condition
from plait.nodes.link import Child, Link
from plait.nodes.node import Arrangement, NodeSpec
from plait.spec.base import Spec
from plait.spec.fields import Many
from plait.types import Call, Context, Message

if TYPE_CHECKING:
    Node = NodeSpec


class Case(Spec):
    """A node, and when it is chosen."""

    when: str
    """CEL that says whether this case holds."""
    then: Node
    """The node that then runs."""


class Otherwise(Spec):
    """The node of no other case."""

    otherwise: Node = Field(alias="else")
    """The node that runs if no case holds."""


def _form(value: Any) -> str:
    return "else" if isinstance(value, Otherwise) or (isinstance(value, dict) and "else" in value) else "when"


class Switch(NodeSpec):
    """The first case that holds."""

    kind: ClassVar[str] = "switch"
    summary: ClassVar[str] = "the first case that holds; without one, and without else, a 422"
    arrangement: ClassVar[Arrangement] = "choice"

    parts: ClassVar[tuple[type[Spec], ...]] = (Case, Otherwise)

    switch: Annotated[
        Many[Annotated[Annotated[Case, Tag("when")] | Annotated[Otherwise, Tag("else")], Discriminator(_form)]], Field(min_length=1)
    ]
    """The cases in order; `else` comes last."""

    def longest(self, children: Sequence[float]) -> float:
        """As long as the longest of them."""
        return max(children)

    def children(self) -> tuple[Child, ...]:
        """The cases' nodes."""
        return tuple(
            Child(case.then, ("switch", place, "then"), case.then.label, f"when {case.when}")
            if isinstance(case, Case)
            else Child(case.otherwise, ("switch", place, "else"), case.otherwise.label, "else")
            for place, case in enumerate(self.switch)
        )

    def bind(self, link: Link) -> Call:
        """The cases' conditions and calls."""
        cases: list[tuple[Condition, Call]] = []
        default: Call | None = None
        last = len(self.switch) - 1
        for place, (case, child) in enumerate(zip(self.switch, self.children(), strict=True)):
            call = link.call(child)
            if isinstance(case, Case):
                cases.append((Condition.bind(link, case.when, ("switch", place, "when")), call))
            elif place < last:
                link.problem(("switch", place), "the cases after else are never reached", "put else last")
            else:
                default = call
        return Choose(tuple(cases), default, link.path)


@dataclass(frozen=True, slots=True)
class Choose:
    """Runs the first case whose condition holds."""

    cases: tuple[tuple[Condition, Call], ...]
    default: Call | None
    path: str

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The chosen node's answer."""
        for when, call in self.cases:
            if when(ctx, message):
                return await call(message, ctx)
        if self.default is None:
            raise NoCase("no case holds for this request, and there is no else").at(self.path)
        return await self.default(message, ctx)
