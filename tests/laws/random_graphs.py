"""Random graphs of all kinds with all options."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

from hypothesis import strategies as st

from tests.laws.meaning import CONDITIONS
from tests.laws.random_kinds import KINDS, Draw, Place, template
from tests.laws.scene import DEADLINE, Node, Scene

MOST_NODES = 12
DEEPEST = 4
AROUND = DEADLINE * 836.1
_OPTION: dict[str, Callable[[st.DrawFn, Place], Any]] = {
    "timeout": lambda _, place: f"{place.around:.3f}ms",
    "input": template,
    "optional": lambda _draw, _place: True,
    "when": lambda draw, _: draw(st.sampled_from(list(CONDITIONS))),
    "on_error": lambda _draw, _place: "skip",
    "cache": lambda _draw, _place: {"ttl": "1m"},
    "name": lambda draw, _: draw(st.sampled_from(["n0", "n1"])),
}
_OPTIONS = st.sampled_from([()] * 14 + [(one,) for one in _OPTION] + [("when",), ("on_error",)] + list(combinations(_OPTION, 2)))


@st.composite
def scenes(draw: st.DrawFn, nodes: int = 1, *, leaves_out: bool = True) -> Any:
    """One scene, or one with a list of nodes instead of one; without `leaves_out` every node has an answer or fails."""
    scene = Scene(leaves_out=leaves_out)
    found = [_node(draw, scene, Place(AROUND)) for _ in range(nodes)]
    scene.node = found[0]
    return scene if nodes == 1 else (scene, found)


@st.composite
def small_scenes(draw: st.DrawFn, kind: str) -> Any:
    """A scene of one kind of node, with little within."""
    scene = Scene()
    scene.node = _node(draw, scene, Place(AROUND, depth=DEEPEST - 2), kind)
    return scene


def _node(draw: st.DrawFn, scene: Scene, place: Place, kind: str = "") -> Node:
    scene.nodes += 1
    options = draw(_OPTIONS)
    if "timeout" in options:
        place = place._replace(around=place.around * draw(st.sampled_from([0.2, 0.5, 0.9])))
    node = {option: _OPTION[option](draw, place) for option in options if _fits(option, scene, place)}
    kind = kind or draw(st.sampled_from(_kinds(scene, place)))
    return node | KINDS[kind](Draw(draw, scene, place._replace(depth=place.depth + 1, parent=kind), _node))


def _fits(option: str, scene: Scene, place: Place) -> bool:
    if option in (
        "cache",
        "name",
    ):  # in a map equal items would share an answer, and `n0.2` be the second of a key or the third item
        return not place.mapped
    return place.parent == "sequence" if option == "on_error" else scene.leaves_out or option != "when"


def _kinds(scene: Scene, place: Place) -> list[str]:
    if place.numbers:
        return ["predict", "predict", "predict", "predict", "value", "python"]
    leaves = ["predict", "predict", "predict", "predict", "transform", "value", "python"]
    within = ["sequence", "parallel", "parallel", "switch", "split", "fallback", "cascade", "map", "shadow", "graph"]
    if place.depth >= DEEPEST or scene.nodes >= MOST_NODES:
        return leaves
    return [*leaves, *within] if place.depth else [*within, "parallel", "predict"]
