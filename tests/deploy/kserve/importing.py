"""Import a graph that a test has as data, and run what came of it on fakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from plait.deploy.kserve import Imported, import_text
from plait.testing import FakePredictor, GraphRun, run_graph


def resource(nodes: dict[str, Any], name: str = "the-graph", **spec: Any) -> dict[str, Any]:
    """The InferenceGraph of these nodes."""
    metadata = {"name": name, "namespace": "models"}
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "InferenceGraph",
        "metadata": metadata,
        "spec": {"nodes": nodes, **spec},
    }


def imported(nodes: dict[str, Any], name: str = "the-graph", **spec: Any) -> Imported:
    """What comes of these nodes."""
    return import_text(msgspec.json.encode(resource(nodes, name, **spec)), "json", "graph.json")


def run(nodes: dict[str, Any], predictors: Sequence[FakePredictor], request: Any, name: str = "the-graph") -> GraphRun:
    """Import these nodes and run them."""
    made = imported(nodes, name)
    graph = next(iter(made.data["graphs"]))
    return run_graph(made.data["graphs"], predictors, request, graph=graph)
