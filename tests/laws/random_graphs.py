"""Random graphs of all kinds with all options."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from hypothesis import strategies as st

from tests.laws.meaning import CONDITIONS
from tests.laws.random_kinds import KINDS, Draw, Place, template
from tests.laws.scene import DEADLINE, Node, Scene

MOST_NODES = 12
DEEPEST = 4
_NAMES = ("timeout", "input", "optional", "when", "on_error", "cache", "name")
_OPTIONS = st.sampled_from([()] * 20 + [(one,) for one in _NAMES] + list(combinations(_NAMES, 2)))


@st.composite
def scenes(draw: st.DrawFn, nodes: int = 1, *, leaves_out: bool = True) -> Any:
    """One scene, or one with a list of nodes instead of one; without `leaves_out` every node has an answer or fails."""
    scene = Scene(leaves_out=leaves_out)
    found = [_node(draw, scene, Place(DEADLINE * 836.1)) for _ in range(nodes)]
    scene.node = found[0]
    return scene if nodes == 1 else (scene, found)


def _node(draw: st.DrawFn, scene: Scene, place: Place) -> Node:
    scene.nodes += 1
    node: Node = {}
    for option in draw(_OPTIONS):
        if option == "timeout":
            place = place._replace(around=place.around * draw(st.sampled_from([0.2, 0.5, 0.9])))
            node["timeout"] = f"{place.around:.3f}ms"
        elif option == "input":
            node["input"] = template(draw, place)
        elif option == "optional":
            node["optional"] = True
        elif option == "when" and scene.leaves_out:
            node["when"] = draw(st.sampled_from(list(CONDITIONS)))
        elif option == "on_error" and place.parent == "sequence":
            node["on_error"] = "skip"
        # Within a map, equal items would share an answer, and the second part of a key would have that of an item.
        elif option == "cache" and not place.mapped:
            node["cache"] = {"ttl": "1m"}
        elif option == "name" and not place.mapped:
            node["name"] = draw(st.sampled_from(["n0", "n1"]))
    kind = draw(st.sampled_from(_kinds(scene, place)))
    return node | KINDS[kind](Draw(draw, scene, place._replace(depth=place.depth + 1, parent=kind), _node))


def _kinds(scene: Scene, place: Place) -> list[str]:
    leaves = ["predict", "predict", "predict", "predict", "transform", "value", "python"]
    within = ["sequence", "parallel", "parallel", "switch", "split", "fallback", "cascade", "map", "shadow", "graph"]
    if place.depth >= DEEPEST or scene.nodes >= MOST_NODES:
        return leaves
    return [*leaves, *within] if place.depth else [*within, "parallel", "predict"]
