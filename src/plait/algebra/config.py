"""A whole configuration from compositions by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.algebra.checked import not_json
from plait.algebra.graph import Graph, Node, bare
from plait.algebra.names import Names
from plait.errors import ConfigError
from plait.graph.document import Document
from plait.graph.spec import Config, GraphSpec
from plait.graph.validate import validate


def config(graphs: Mapping[str, Node], **sections: Mapping[str, Any]) -> Config:
    """The configuration that serves these graphs, each part of it checked by itself.

    Args:
        graphs: By name: compositions, or what a file would have.
        sections: Other sections of a file, as there: `predictors`, `server`, `defaults`.

    Raises:
        ConfigError: With every problem.
    """
    gathered: list[Names] = []
    data: dict[str, Any] = {name: _entry(name, node, gathered) for name, node in graphs.items()}
    predictors = _sound({"predictors": sections.pop("predictors", {})}).predictors
    specs = {name: spec for name, spec in data.items() if isinstance(spec, GraphSpec)}
    names = Names.joined([Names(predictors, specs), *gathered])
    found = _sound({**sections, "predictors": dict(names.predictors), "graphs": {**data, **names.graphs}})
    problems = [problem for name, spec in found.graphs.items() for problem in not_json(spec.sample, ("graphs", name, "sample"))]
    if problems:
        raise ConfigError(problems)
    return found


def _sound(data: dict[str, Any]) -> Config:
    found, problems = validate(data, Document("", data))
    if problems:
        raise ConfigError(problems)
    return found


def _entry(name: str, node: Node, gathered: list[Names]) -> Any:
    if not isinstance(node, Graph):
        return bare(node, gathered)
    gathered.append(node.names)
    return node.spec(name)
