"""Go through the nodes of a graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plait.nodes.link import At
from plait.nodes.merges import PythonMerge
from plait.nodes.parallel import Parallel
from plait.nodes.python import Python

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.nodes.node import NodeSpec


def nodes(node: NodeSpec, at: At) -> Iterator[tuple[NodeSpec, At]]:
    """A node and all within, with their places in the file."""
    yield node, at
    for child in node.children():
        yield from nodes(child.node, at + child.at)


def names_code(config: Config) -> bool:
    """Whether any graph names a Python function."""
    return any(
        isinstance(node, Python) or (isinstance(node, Parallel) and isinstance(node.merge, PythonMerge))
        for spec in config.graphs.values()
        for node, _ in nodes(spec.root, ())
    )
