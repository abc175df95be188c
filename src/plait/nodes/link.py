"""What a node may ask for while it is bound: its children's calls, predictors, expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from plait.expr import At, Evaluate
from plait.types import Call

if TYPE_CHECKING:
    from plait.background import Background
    from plait.nodes.ask import Ask
    from plait.nodes.node import NodeSpec


class Child(NamedTuple):
    """A node within a node: the spec, where it stands in its parent's part of the file, its name there, and when it runs."""

    node: NodeSpec
    at: At
    label: str
    note: str = ""


def listed(key: str, nodes: Sequence[NodeSpec]) -> tuple[Child, ...]:
    """The children that stand in a list under a key, each under its own name."""
    return tuple(Child(node, (key, place), node.label) for place, node in enumerate(nodes))


class Link(Protocol):
    """The compiler, as one node sees it."""

    @property
    def path(self) -> str:
        """The node's path, such as `label/parallel`."""
        ...

    @property
    def asks(self) -> Sequence[Ask]:
        """The calls of predictors that were bound so far, in the order of the file."""
        ...

    @property
    def background(self) -> Background:
        """The owner of what goes on without whoever began it."""
        ...

    def forwarded(self, asks: Sequence[Ask]) -> tuple[bytes, ...]:
        """The client's header fields, lower-case, that any of these calls hands on."""
        ...

    def looked_at(self) -> tuple[Evaluate, ...]:
        """What the expressions and functions bound within this node so far look at, besides inputs and each other's outputs."""
        ...

    def looks_at_all(self) -> None:
        """Say that nobody knows what this node looks at, of the request, its header fields and earlier steps."""
        ...

    def call(self, child: Child) -> Call:
        """The child's call, with its options."""
        ...

    def ask(self, name: str) -> Call:
        """The call of the predictor or graph of that name, under this node's key."""
        ...

    def excluded(self, child: Child) -> bool:
        """Whether the child is a predictor that was taken out."""
        ...

    def seeing(self, name: str) -> Link:
        """A link whose expressions also see the output of the earlier step `name`."""
        ...

    def expression(self, text: str, at: At, *, output: bool = False) -> Evaluate:
        """CEL, bound; `output` lets it see the answer just received."""
        ...

    def template(self, value: Any, at: At) -> Evaluate:
        """Any JSON value with `${…}` in its strings, bound."""
        ...

    def problem(self, at: At, message: str, hint: str = "") -> None:
        """Report what is wrong at a place within this node; binding goes on, so that every problem is found."""
        ...


__all__ = ["At", "Child", "Evaluate", "Link", "listed"]
