"""Which predictors and graphs a graph asks by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.graph.walk import nodes
from plait.nodes.predict import Predict

if TYPE_CHECKING:
    from plait.graph.spec import Config, GraphSpec
    from plait.nodes.node import NodeSpec


def graph_asked(config: Config, node: NodeSpec) -> str | None:
    """The graph that a node asks by name, if it asks one; a name means the predictor, else the graph."""
    name = node.predict if isinstance(node, Predict) else None
    return name if name in config.graphs and name not in config.predictors else None


def graphs_used(config: Config, name: str) -> list[str]:
    """The graphs that a graph asks by name, each as often as it does."""
    asked = (graph_asked(config, node) for node, _ in nodes(config.graphs[name].root, ()))
    return [other for other in asked if other is not None]


def names_asked(spec: GraphSpec) -> tuple[str, ...]:
    """The names that a graph asks itself, each once, in the order of the file."""
    return tuple(dict.fromkeys(node.predict for node, _ in nodes(spec.root, ()) if isinstance(node, Predict)))


def predictors_used(config: Config, name: str) -> list[str]:
    """The predictors that a graph asks, itself or through other graphs, in the order in which they are first named."""
    found: dict[str, None] = {}
    queue, seen = [name], {name}
    while queue:
        current = queue.pop(0)
        for node, _ in nodes(config.graphs[current].root, ()):
            if isinstance(node, Predict) and node.predict in config.predictors:
                found[node.predict] = None
        for other in graphs_used(config, current):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return list(found)
