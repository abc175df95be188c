"""A graph as its pictures show it: every node with its words, its path and how its children are placed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.graph.explain import Headline, headline
from plait.graph.link import below
from plait.nodes.predict import Predict

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.nodes.node import Arrangement, NodeSpec


@dataclass(frozen=True, slots=True)
class Shown:
    """A node of a picture.

    Args:
        path: Its path, as errors and parts have it.
        kind: Its kind.
        headline: What it says of itself.
        marks: What is remarkable of it: that it is optional, excluded, or a graph.
        arrangement: How its children are placed.
        onward: When the next of its children is asked.
        note: When it runs, as its parent says.
        children: The nodes within.
    """

    path: str
    kind: str
    headline: Headline
    marks: tuple[str, ...]
    arrangement: Arrangement
    onward: str
    note: str
    children: tuple[Shown, ...]

    @property
    def plain(self) -> bool:
        """Whether it says nothing but what it is."""
        said = self.headline
        return not (said.kind or said.facts or said.options) and said.title == self.kind

    @property
    def whole(self) -> str:
        """All that is said of it."""
        return f"{self.note}: {self.headline}" if self.note else str(self.headline)


def shown(config: Config, name: str) -> Shown:
    """The root of a graph, with all below it."""
    root = config.graphs[name].root
    return _shown(config, root, root.label, name, "")


def _shown(config: Config, node: NodeSpec, label: str, path: str, note: str) -> Shown:
    siblings: Counter[str] = Counter()
    children = []
    for child in node.children():
        _, child_path = below(path, child, siblings)
        children.append(_shown(config, child.node, child.label, child_path, child.note))
    said, marks = headline(config, node, label), _marks(config, node)
    return Shown(path, node.kind, said, marks, node.arrangement, node.onward, note, tuple(children))


def _marks(config: Config, node: NodeSpec) -> tuple[str, ...]:
    found = ["optional"] if node.optional else []
    if isinstance(node, Predict):
        predictor = config.predictors.get(node.predict)
        if predictor is None:
            found.append("graph")
        elif not predictor.enabled:
            found.append("excluded")
    return tuple(found)
