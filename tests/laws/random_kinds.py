"""What a random node of each kind has besides its options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from hypothesis import strategies as st

from tests.laws.meaning import CONDITIONS, JUDGEMENTS
from tests.laws.scene import ECHO, FAILURES, Behaviour, Node, Scene

_T = TypeVar("_T")
HERE = "tests.laws.functions"
WHOLE = ("by_name", "list", "object", "first")
NUMBERS = ("mean", "vote", "argmax", "argmin", "max", "min", "sum")
NEVER, ALWAYS, IF_ODD = (lambda _: False, lambda _: True, lambda value: isinstance(value, int) and value % 2 == 1)


class Place(NamedTuple):
    """Where a node stands: milliseconds around it, how deep, in what, whether in a map, the names that it sees, what is wanted."""

    around: float
    depth: int = 0
    parent: str = ""
    mapped: bool = False
    names: tuple[str, ...] = ()
    numbers: bool = False


@dataclass(frozen=True)
class Draw:
    """A draw of what is within one node."""

    draw: st.DrawFn
    scene: Scene
    place: Place
    node: Callable[[st.DrawFn, Scene, Place], Node]

    def of(self, *choices: _T) -> _T:
        """One of these."""
        return self.draw(st.sampled_from(choices))

    def count(self, least: int, most: int) -> int:
        """A number."""
        return self.draw(st.integers(least, most))

    def child(self, **place: Any) -> Node:
        """A node within this one."""
        return self.node(self.draw, self.scene, self.place._replace(**{"numbers": False, **place}))

    def children(self) -> list[Node]:
        """Some nodes within this one."""
        return [self.child() for _ in range(self.of(2, 3, 1))]


def template(draw: st.DrawFn, place: Place) -> Any:
    """What a node may make of its input and of what was before."""
    names = [f"${{{name}}}" for name in place.names]
    return draw(st.sampled_from(["${input}", {"t": "${input}"}, "${input.q}", 5, None, "${request.items}", *names]))


def _predict(draw: Draw) -> Node:
    place = len(draw.scene.cast)
    name = f"p{place}"
    answer = draw.of(
        *([place, place, place + 0.5] if draw.place.numbers else [place, {name: place}, {"q": place}, [place, 1], ECHO])
    )
    # No two sums of such moments are equal, or at the edge of one of the clock's buckets: who comes first is not left to chance.
    after = draw.of(0.0003, 0.0103, 0.0503, 0.1003, 0.3003, 0.5503) + 0.000_7 * place + 0.000_011 * place**2
    silent, fails, failure = draw.count(0, 4) == 4, draw.of(NEVER, NEVER, NEVER, ALWAYS, IF_ODD), draw.of(*FAILURES)
    draw.scene.cast.append(
        Behaviour(name, answer, fails, failure, None if silent else after, draw.of(1.0019, 0.2017, 0.0413, 1.0019))
    )
    return {"predict": name}


def _sequence(draw: Draw) -> Node:
    steps, names = [], draw.place.names
    for _ in range(draw.of(2, 3, 1)):
        step = draw.child(names=names)
        steps.append(step)
        name = step.get("name") or step.get("predict")
        names = (*names, name) if name else names
    return {"sequence": steps}


def _parallel(draw: Draw) -> Node:
    merge = draw.of(*WHOLE, "python", "number", "number", "number")
    branches: dict[str, Node] = {}
    for place in range(draw.of(2, 3, 1)):
        draw.scene.labels += 1
        branches[f"m{draw.scene.labels}" if draw.place.mapped else f"b{place}"] = draw.child(numbers=merge == "number")
    if merge == "first":
        return {"parallel": branches, "merge": merge}
    some = st.lists(st.sampled_from(list(branches)), min_size=1, unique=True)
    require = draw.draw(st.sampled_from(["all", "any"]) | st.integers(1, len(branches)) | some)
    return {"parallel": branches, "require": require, "merge": _merge(draw, merge, branches)}


def _merge(draw: Draw, merge: str, branches: dict[str, Node]) -> Any:
    if merge == "python":
        return {"python": f"{HERE}:{draw.of('wrapped', 'wrapped', 'fails')}"}
    if merge in WHOLE:
        return merge
    kind = draw.of(*NUMBERS, "mean", "vote")
    whose: dict[str, Any] = {kind: "output"}
    if kind in ("mean", "vote") and len(branches) > 1:
        whose["weights"] = {next(iter(branches)): draw.of(1, 2.5, 0)}
    return whose


def _switch(draw: Draw) -> Node:
    conditions = draw.draw(st.lists(st.sampled_from([text for text in CONDITIONS if text != "true"]), min_size=1, unique=True))
    cases = [{"when": when, "then": draw.child()} for when in conditions[:3]]
    return {"switch": [*cases, {"else": draw.child()}] if draw.count(0, 1) else cases}


def _split(draw: Draw) -> Node:
    nodes = draw.children()
    if draw.count(0, 1):
        return {"split": [{"weight": draw.of(1, 3, 0.5), "to": node} for node in nodes], "key": draw.of("request.q", "input.q")}
    only = draw.count(0, len(nodes) - 1)
    return {"split": [{"weight": 2 if place == only else 0, "to": node} for place, node in enumerate(nodes)]}


def _fallback(draw: Draw) -> Node:
    nodes = draw.children()
    certain = [place for place, node in enumerate(nodes) if ("value" in node or node.get("optional")) and "when" not in node]
    return {"fallback": nodes[: certain[0] + 1] if certain else nodes}


def _cascade(draw: Draw) -> Node:
    return {"cascade": draw.children(), "until": draw.of(*JUDGEMENTS)}


def _map(draw: Draw) -> Node:
    do = draw.child(mapped=True, names=(*draw.place.names, "item", "index"))
    node: Node = {"map": draw.of("request.items", "input"), "do": do, "require": draw.of("all", "any", 1, 2, 2)}
    if node["map"] == "input" and draw.count(0, 3):
        node["input"] = draw.of([3], [0, 1], [2, 4, 1], [1, 0, 2, 3], [])
    if draw.count(0, 1):
        node["concurrency"] = draw.count(1, 3)
    if draw.count(0, 5) == 5:
        node["max_items"] = 2
    return node


def _shadow(draw: Draw) -> Node:
    return {"shadow": draw.child(), "of": draw.child()}


def _graph(draw: Draw) -> Node:
    timeout, name = draw.of(250.9, 1999.0), f"g{len(draw.scene.graphs)}"
    draw.scene.graphs[name] = {}
    steps = [draw.child(around=timeout * 0.836, parent="sequence", names=()) for _ in range(draw.count(1, 2))]
    draw.scene.graphs[name] = {"sequence": steps, "timeout": f"{timeout}ms"}
    return {"predict": name}


def _python(draw: Draw) -> Node:
    return {"python": f"{HERE}:{draw.of('same', 'wrapped', 'fails', 'refuses')}"}


def _transform(draw: Draw) -> Node:
    return {"transform": template(draw.draw, draw.place)}


def _value(draw: Draw) -> Node:
    return {"value": draw.of(7, {"v": 1}, {"q": 3}, [1, 2], None)}


KINDS: dict[str, Callable[[Draw], Node]] = {
    "predict": _predict, "sequence": _sequence, "parallel": _parallel, "switch": _switch, "split": _split,
    "fallback": _fallback, "cascade": _cascade, "map": _map, "shadow": _shadow, "graph": _graph,
    "transform": _transform, "python": _python, "value": _value,
}  # fmt: skip
