"""A whole configuration from compositions by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.algebra.checked import not_json
from plait.algebra.graph import Graph, Node, bare, graph_of
from plait.algebra.names import Names, merged
from plait.errors import ConfigError
from plait.graph.document import Document
from plait.graph.spec import Config
from plait.graph.validate import validate
from plait.nodes.node import NodeSpec


def config(graphs: Mapping[str, Node], **sections: Mapping[str, Any]) -> Config:
    """The configuration that serves these graphs, each part of it checked by itself.

    Args:
        graphs: By name: compositions, or what a file would have.
        sections: Other sections of a file, as there: `predictors`, `server`, `defaults`.

    Raises:
        ConfigError: With every problem.
    """
    gathered: list[Names] = []
    data = {**sections, "graphs": {name: _entry(name, node, gathered) for name, node in graphs.items()}}
    found, problems = validate(data, Document("", data))
    problems += [problem for name, spec in found.graphs.items() for problem in not_json(spec.sample, ("graphs", name, "sample"))]
    if problems:
        raise ConfigError(problems)
    names = Names.joined([Names(found.predictors), *gathered])
    served = merged("graphs", found.graphs, names.graphs)
    return found.model_copy(update={"predictors": dict(names.predictors), "graphs": served})


def _entry(name: str, node: Node, gathered: list[Names]) -> Any:
    if not isinstance(node, (Graph, NodeSpec)):
        return bare(node, gathered)
    graph = graph_of(node)
    gathered.append(graph.names)
    return graph.spec(name)
