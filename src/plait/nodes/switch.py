"""Choose a node by what the input says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from plait.errors import NoCase
from plait.nodes.condition import Condition, always
from plait.nodes.decided import Decided
from plait.nodes.drive import leaf
from plait.nodes.link import Child, Link
from plait.nodes.node import Arrangement, NodeSpec
from plait.spec.base import Spec
from plait.spec.fields import Many
from plait.types import Call, Context, Leaf, Message

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
        cases: list[tuple[Condition, Leaf]] = []
        default: Leaf | None = None
        self._check_reach(link)
        for place, (case, child) in enumerate(zip(self.switch, self.children(), strict=True)):
            call = leaf(link.call(child))
            if isinstance(case, Case):
                cases.append((Condition.bind(link, case.when, ("switch", place, "when")), call))
            else:
                default = call
        return Decided(Choose(tuple(cases), default, link.path))

    def _check_reach(self, link: Link) -> None:
        """Find cases that come too late, and the second of two that are the same."""
        last = len(self.switch) - 1
        seen: dict[str, int] = {}
        for place, case in enumerate(self.switch):
            at = ("switch", place)
            if isinstance(case, Otherwise):
                if place < last:
                    link.problem(at, "the cases after else are never reached", "put else last")
                continue
            text = case.when.strip()
            if always(text) and place < last:
                link.problem(
                    at, "the cases after this one are never reached: its condition always holds", "write else, and put it last"
                )
            elif text in seen:
                link.problem(at, f"is never reached: case {seen[text] + 1} has the same condition", "take one of them away")
            seen.setdefault(text, place)


@dataclass(frozen=True, slots=True)
class Choose:
    """Takes the first case whose condition holds."""

    cases: tuple[tuple[Condition, Leaf], ...]
    default: Leaf | None
    path: str

    def __call__(self, message: Message, ctx: Context) -> tuple[Leaf, Message, Context]:
        for when, call in self.cases:
            if when(ctx, message):
                return call, message, ctx
        if self.default is None:
            raise NoCase("no case holds for this request, and there is no else").at(self.path)
        return self.default, message, ctx
