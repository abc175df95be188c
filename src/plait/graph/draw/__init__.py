"""Graphs as pictures: laid out by recursion over the algebra, and written as SVG; or as mermaid, which lays out itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from plait.graph.draw.mermaid import mermaid as draw_mermaid
from plait.graph.draw.page import MARGIN, graphs, page, picture
from plait.graph.draw.shown import shown
from plait.graph.draw.svg import svg
from plait.graph.spec import Config, GraphSpec

if TYPE_CHECKING:
    from plait.nodes.node import NodeSpec
    from plait.spec.predictor import Predictor


def draw_svg(config: Config, names: Sequence[str]) -> str:
    """Graphs as one SVG element, one below the other, each under its name, route, timeout and description.

    Every node is a group with its path as `data-node`, as errors and parts have it, and its kind as a class `kind-…`.

    Args:
        config: What they are part of; it need not be checked, but its graphs must be there.
        names: The graphs to draw, at least one.
    """
    return svg(graphs(config, names), f"plait: {', '.join(names)}")


def draw_node(root: NodeSpec, predictors: Mapping[str, Predictor], name: str = "graph") -> str:
    """A node and all within it as SVG, for those that have no file.

    Args:
        root: The node.
        predictors: Whom it asks; a name that is none of theirs is drawn as a graph.
        name: What its path begins with.
    """
    config = Config.model_construct(predictors=dict(predictors), graphs={name: GraphSpec.model_construct(root=root)})
    return svg(page([picture(shown(config, name), (), MARGIN)]), f"plait: {name}")


__all__ = ["draw_mermaid", "draw_node", "draw_svg"]
