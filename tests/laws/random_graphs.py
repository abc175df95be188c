"""Random graphs of the kinds that exist, over predictors that answer, fail or stay silent when they like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from plait.errors import BadAnswer
from plait.testing import FakePredictor, GraphRun, run_graph

Node = dict[str, Any]
MERGES: tuple[Any, ...] = ("by_name", "list", "object", "first", {"argmax": "output"}, {"argmin": "output"})
MOST_NODES = 12


@dataclass(frozen=True)
class Behaviour:
    """What one predictor does: its answer (None: it fails), after how many seconds (None: never), and its timeout."""

    name: str
    answer: Any
    after: float | None
    timeout: float

    def fake(self) -> FakePredictor:
        error = (lambda: BadAnswer("it answered with status 500", 500)) if self.answer is None else None
        return FakePredictor(self.name, self.answer, error=error, after=self.after, timeout=self.timeout)


@dataclass
class Scene:
    """A node as a file has it, with a predictor of its own for each call in it."""

    node: Node = field(default_factory=dict)
    cast: list[Behaviour] = field(default_factory=list)
    nodes: int = 0

    def play(self, node: Any = None, more: dict[str, Any] | None = None, **how: Any) -> GraphRun:
        """Run the node, or another one of the same predictors, as a graph."""
        graphs = {"predict": {"timeout": "600ms", "sequence": [self.node if node is None else node]}, **(more or {})}
        return run_graph(graphs, [one.fake() for one in self.cast], {"q": 1}, **how)


@st.composite
def scenes(draw: st.DrawFn, nodes: int = 1) -> Any:
    """One scene, or one with a list of nodes instead of one."""
    scene = Scene()
    found = [_node(draw, scene, 501.7, 0) for _ in range(nodes)]
    scene.node = found[0]
    return scene if nodes == 1 else (scene, found)


def _node(draw: st.DrawFn, scene: Scene, around: float, depth: int) -> Node:
    scene.nodes += 1
    node: Node = {}
    if draw(st.integers(0, 4)) == 0:
        around *= draw(st.sampled_from([0.2, 0.5, 0.9]))
        node["timeout"] = f"{around:.3f}ms"
    if draw(st.integers(0, 4)) == 0:
        node["input"] = draw(st.sampled_from(["${input}", {"i": "${input}"}, "${input.q}", None]))
    if draw(st.integers(0, 5)) == 0:
        node["optional"] = True
    kinds = ["predict", "predict", "predict", "transform", "value"]
    if depth < 4 and scene.nodes < MOST_NODES:
        kinds = ["sequence", "parallel", *kinds] if depth else ["sequence", "parallel", "parallel", "predict"]
    kind = draw(st.sampled_from(kinds))
    return node | _KINDS[kind](draw, scene, around, depth)


def _predict(draw: st.DrawFn, scene: Scene, around: float, depth: int) -> Node:
    place = len(scene.cast)
    name = f"p{place}"
    answer = draw(st.sampled_from([place, place, {name: place}, {"q": place}, None]))
    # No two sums of such moments are equal, or at the edge of one of the clock's buckets: who comes first is not left to chance.
    after = draw(st.sampled_from([0.0003, 0.0103, 0.0503, 0.1003, 0.3003, 0.5503])) + 0.000_7 * place + 0.000_011 * place**2
    timeout = draw(st.sampled_from([0.0413, 0.2017, 1.0019]))
    scene.cast.append(Behaviour(name, answer, None if draw(st.integers(0, 6)) == 0 else after, timeout))
    return {"predict": name}


def _within(draw: st.DrawFn, scene: Scene, around: float, depth: int) -> list[Node]:
    return [_node(draw, scene, around, depth + 1) for _ in range(draw(st.integers(1, 4)))]


def _sequence(draw: st.DrawFn, scene: Scene, around: float, depth: int) -> Node:
    return {"sequence": _within(draw, scene, around, depth)}


def _parallel(draw: st.DrawFn, scene: Scene, around: float, depth: int) -> Node:
    branches = {f"b{place}": node for place, node in enumerate(_within(draw, scene, around, depth))}
    node: Node = {"parallel": branches, "merge": draw(st.sampled_from(MERGES))}
    if node["merge"] != "first":
        some = st.lists(st.sampled_from(list(branches)), min_size=1, unique=True)
        node["require"] = draw(st.sampled_from(["all", "any"]) | st.integers(1, len(branches)) | some)
    return node


def _transform(draw: st.DrawFn, scene: Scene, around: float, depth: int) -> Node:
    return {"transform": draw(st.sampled_from(["${input}", {"t": "${input}"}, "${input.q}", 5]))}


def _value(draw: st.DrawFn, scene: Scene, around: float, depth: int) -> Node:
    return {"value": draw(st.sampled_from([7, {"v": 1}, None]))}


_KINDS = {"predict": _predict, "sequence": _sequence, "parallel": _parallel, "transform": _transform, "value": _value}
