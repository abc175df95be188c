"""Whether there is anything that `late: keep` could keep: a call under way at the timeout, and an answer without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from plait.errors import Problem
from plait.graph.document import path_text
from plait.graph.uses import graphs_used
from plait.graph.walk import nodes
from plait.nodes.cascade import Cascade
from plait.nodes.fallback import Fallback
from plait.nodes.map import Map
from plait.nodes.python import Python

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.nodes.link import At
    from plait.nodes.node import NodeSpec

Longest = Callable[["NodeSpec"], float]
"""The seconds that a node's calls may take."""


def nothing_kept(config: Config, longest: Longest) -> Iterator[Problem]:
    """Graphs that say `late: keep` for nothing."""
    for name, spec in config.graphs.items():
        if spec.late != "keep":
            continue
        within = list(_within(config, name))
        timeout = spec.timeout or config.defaults.graph.timeout
        at: At = ("graphs", name, "late")
        if not any(map(_spares, within)):
            message = "all of its calls must answer for it to answer, so at its timeout it fails, and nothing is kept"
            hint = "let a parallel require less than all, or mark nodes that it can do without as optional"
        elif longest(spec.root) < timeout and not any(isinstance(node, (Map, Python)) for node in within):
            message = f"no call takes as long as its timeout, {timeout:g} s, so none is under way then, and nothing is kept"
            hint = "give slow predictors a longer timeout, or the graph a shorter one"
        else:
            continue
        yield Problem(path_text(at), message, hint, place=at)


def _spares(node: NodeSpec) -> bool:
    """Whether it may have an answer though a call within it has none at the timeout."""
    return node.optional or node.on_error is not None or node.outwaits or isinstance(node, (Fallback, Cascade))


def _within(config: Config, name: str) -> Iterator[NodeSpec]:
    """The nodes of a graph, and those of the graphs that it uses."""
    seen, queue = {name}, [name]
    while queue:
        graph = queue.pop()
        yield from (node for node, _ in nodes(config.graphs[graph].root, ()))
        new = [other for other in graphs_used(config, graph) if other not in seen]
        seen.update(new)
        queue += new
