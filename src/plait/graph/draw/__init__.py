"""Graphs as pictures: laid out by recursion over the algebra, written as SVG or as mermaid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from plait.graph.draw.page import MARGIN, graphs, page, picture
from plait.graph.draw.shown import shown
from plait.graph.draw.svg import svg
from plait.graph.spec import Config, GraphSpec

if TYPE_CHECKING:
    from plait.nodes.node import NodeSpec
    from plait.spec.predictor import Predictor


def draw_svg(config: Config, *names: str) -> str:
    """Graphs of a configuration as one SVG, each under a heading; without names all of them."""
    return svg(graphs(config, names), f"plait: {', '.join(names)}")


def draw_node(root: NodeSpec, predictors: Mapping[str, Predictor], name: str = "graph") -> str:
    """A node and all within it as SVG, for those that have no file: a name that is no predictor's is a graph's."""
    config = Config(predictors=dict(predictors), graphs={name: GraphSpec(root=root)})
    return svg(page([picture(shown(config, name), (), MARGIN)]), f"plait: {name}")


__all__ = ["draw_node", "draw_svg"]
