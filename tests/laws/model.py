"""What a graph means, said a second time and without concurrency: each node's answer, the moment of it, and its calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.laws import choice_rules, fanout_rules, leaf_rules
from tests.laws.meaning import UNFIT, Given, Outcome, filled, holds, kept_from_running
from tests.laws.scene import DEADLINE, REQUEST, Node, Scene

_RULES = {
    "predict": leaf_rules.predict,
    "sequence": choice_rules.sequence,
    "parallel": fanout_rules.parallel,
    "switch": choice_rules.switch,
    "split": choice_rules.split,
    "fallback": choice_rules.fallback,
    "cascade": choice_rules.cascade,
    "map": fanout_rules.each,
    "shadow": choice_rules.shadow,
    "transform": leaf_rules.transform,
    "python": leaf_rules.python,
    "value": leaf_rules.value,
}


def expected(scene: Scene) -> Outcome:
    """What comes of playing a scene."""
    root = _Keys(scene).bound({"sequence": [scene.node]}, "", "")
    return Meaning(scene).outcome(root, Given(REQUEST, 0.0, DEADLINE, REQUEST))


class Meaning:
    """The rules of all kinds, for one cast."""

    def __init__(self, scene: Scene) -> None:
        self.cast = {one.name: one for one in scene.cast}

    def outcome(self, node: Node, given: Given) -> Outcome:
        """What a node with its options does."""
        inner = given
        if "timeout" in node:
            inner = given._replace(deadline=min(given.deadline, given.now + float(node["timeout"].removesuffix("ms")) / 1000))
        return choice_rules.instead(node, given, self._ran(node, inner))

    def _ran(self, node: Node, given: Given) -> Outcome:
        if "when" in node:
            runs = holds(node["when"], given)
            if runs is None:
                return Outcome(given.now, failure=UNFIT)
            if not runs:
                return Outcome(given.now, mark="left out", calls=kept_from_running(node["asks"], given, "skipped"))
        if "input" in node:
            evaluated = filled(node["input"], given)
            if evaluated.failure:
                return evaluated
            given = given._replace(value=evaluated.value, mark=evaluated.mark)
        if "cache" in node:
            given = given._replace(prompt=False)
        return next(rule for kind, rule in _RULES.items() if kind in node)(node, given, self)


class _Keys:
    """Gives each call its key, and each node the keys of the calls within, in the order of the file."""

    def __init__(self, scene: Scene) -> None:
        self.graphs = scene.graphs
        self.counts: Counter[str] = Counter()
        self.given: list[str] = []

    def bound(self, node: Node, branch: str, prefix: str) -> Node:
        """The node with its keys; `branch` is its name in a parallel."""
        before = len(self.given)
        found = self._bound(node, node.get("name") or branch or node.get("predict", ""), prefix)
        return {**found, "asks": self.given[before:]}

    def _bound(self, node: Node, label: str, prefix: str) -> Node:
        if "predict" not in node:
            return within(node, lambda child, branch: self.bound(child, branch, prefix))
        if node["predict"] in self.graphs:
            graph = self.graphs[node["predict"]]
            root = self.bound({"sequence": graph["sequence"]}, "", f"{prefix}{label}.")
            return {**node, "graph": root, "seconds": float(graph["timeout"].removesuffix("ms")) / 1000}
        self.counts[prefix + label] += 1
        count = self.counts[prefix + label]
        self.given.append(f"{prefix}{label}" if count == 1 else f"{prefix}{label}.{count}")
        return {**node, "key": self.given[-1]}


def within(node: Node, change: Callable[[Node, str], Any]) -> Node:
    """A node with each of its children changed, in the order in which they are bound; `change` also gets the name of a branch."""
    for kind in ("sequence", "fallback", "cascade"):
        if kind in node:
            return {**node, kind: [change(child, "") for child in node[kind]]}
    if "parallel" in node:
        return {**node, "parallel": {branch: change(child, branch) for branch, child in node["parallel"].items()}}
    for kind, keys in (("switch", ("then", "else")), ("split", ("to",))):
        if kind in node:
            cases = [{key: change(value, "") if key in keys else value for key, value in case.items()} for case in node[kind]]
            return {**node, kind: cases}
    return {**node, **{key: change(node[key], "") for key in ("do", "of", "shadow") if key in node}}
