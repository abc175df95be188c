"""One node of an InferenceGraph as the root node of a graph.

Each is a graph of its own, because `$request` of a step is what its node was given, and `${request}` what its graph was given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.deploy.kserve.check import NODES
from plait.deploy.kserve.condition import condition
from plait.deploy.kserve.gjson import Unreadable
from plait.deploy.kserve.model import GraphSpec, Node, Step
from plait.deploy.kserve.names import Names
from plait.deploy.kserve.notes import Notes
from plait.deploy.kserve.read import Source
from plait.errors import Problem
from plait.graph.document import shown
from plait.nodes.link import At

_REQUEST = "${request}"
_RESPONSE = "$response"
# The router renames only a list that is not empty, in an object whose instances, if it has any, are a list.
_HAS_PREDICTIONS = (
    "type(input) == map && has(input.predictions) && type(input.predictions) == list && size(input.predictions) > 0"
    " && (!has(input.instances) || input.instances == null || type(input.instances) == list)"
)
_ENDS = (
    "soft: a failure ends the graph with an error; KServe's router goes on, and the next step, or its condition, gets the "
    "error's body"
)
_GOES_ON = (
    "soft: the graph goes on whatever the failure; KServe's router answers 500 if there is no connection, or if no case of a "
    "Switch within holds"
)
_NULL = "soft: if it fails, its part is null; KServe's router puts the error's body there"
_NO_AND = "gjson knows neither && nor ||: KServe's router takes them for a part of the text compared with; so it is here"

Tree = dict[str, Any]


class Nodes:
    """Makes a graph of each node; `ask` gives the name of the predictor or graph that a step asks."""

    def __init__(self, source: Source, notes: Notes, ask: Callable[[Step], str]) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._notes = notes
        self._ask = ask
        self._kinds = {"Sequence": self._sequence, "Switch": self._switch, "Ensemble": self._ensemble, "Splitter": self._splitter}

    @property
    def _spec(self) -> GraphSpec:
        return self._source.graph.spec

    def graph(self, name: str) -> Tree:
        """The root node of the graph that a node becomes."""
        node = self._spec.nodes[name]
        return self._kinds[node.router_type](node, (*NODES, name, "steps"))

    def _sequence(self, node: Node, at: At) -> Tree:
        """Steps in order. A condition that does not hold ends the sequence, so what follows it is a sequence within."""
        names = Names()
        steps = [self._step(node, place, (*at, place), names) for place in range(len(node.steps))]
        rest: list[Any] = []
        for place in reversed(range(len(steps))):
            step = steps[place]
            text = node.steps[place].condition
            if not text:
                rest = [_short(step), *rest]
                continue
            inner = {"sequence": [_short(step), *rest]} if rest else step
            rest = [{**inner, "when": self._condition(text, (*at, place, "condition"))}]
        return {"sequence": rest}

    def _step(self, node: Node, place: int, at: At, names: Names) -> Tree:
        step = node.steps[place]
        asked = self._ask(step)
        name = names.give(step.name or asked, "step")
        given = step.data == _RESPONSE and place > 0
        made: Tree = {"predict": asked}
        if step.map_predictions_to_instances:
            first = [] if place == 0 or given else [{"transform": _REQUEST}]
            made = {"sequence": [*first, {"transform": {"instances": "${input.predictions}"}, "when": _HAS_PREDICTIONS}, asked]}
        elif place > 0 and not given:
            made["input"] = _REQUEST
        if name != asked:
            made["name"] = name
        if step.data not in ("", "$request", _RESPONSE):
            self._notes.add((*at, "data"), f"KServe's router takes {step.data} for $request; so it is here")
        elif step.data == _RESPONSE and place == 0:
            self._notes.add((*at, "data"), "the first step is given the request, in KServe's router as here")
        if place + 1 < len(node.steps) and step.dependency != "Hard":
            made |= self._soft(node.steps[place + 1], at)
        return made

    def _soft(self, following: Step, at: At) -> Tree:
        """How a soft step fails that is not the last."""
        if following.data == _RESPONSE or following.condition:
            self._notes.add(at, _ENDS)
            return {}
        self._notes.add(at, _GOES_ON)
        return {"on_error": "skip"}

    def _switch(self, node: Node, at: At) -> Tree:
        cases: dict[str, str] = {}
        for place, step in enumerate(node.steps):
            if not step.condition:
                self._notes.add((*at, place), "without a condition it is no else: KServe's router never chooses it; left out")
                continue
            when = self._condition(step.condition, (*at, place, "condition"))
            if when in cases:
                self._notes.add((*at, place), "a case before it has the same condition: KServe's router never chooses it; left out")
            else:
                cases[when] = self._ask(step)
        return {"switch": [{"when": when, "then": then} for when, then in cases.items()]}

    def _ensemble(self, node: Node, at: At) -> Tree:
        """Branches under names of plait; where those are not the keys of KServe's answer, a template puts the keys back."""
        names = Names()
        branches: Tree = {}
        keys: Tree = {}
        for place, step in enumerate(node.steps):
            name = names.give(step.name or f"step_{place}", "step")
            asked = self._ask(step)
            keys[step.name or str(place)] = f"${{input.{name}}}"
            branches[name] = asked
            if step.dependency != "Hard":
                branches[name] = {"predict": asked, "optional": True}
                self._notes.add((*at, place), _NULL)
        if list(keys) == list(branches):
            return {"parallel": branches}
        return {"sequence": [{"parallel": branches}, {"transform": keys}]}

    def _splitter(self, node: Node, at: At) -> Tree:
        del at
        return {"split": [{"weight": step.weight, "to": self._ask(step)} for step in node.steps]}

    def _condition(self, text: str, at: At) -> str:
        if "&&" in text or "||" in text:
            self._notes.add(at, _NO_AND)
        try:
            return condition(text)
        except Unreadable as exc:
            hint = "write it with names, numbers of items and one #(…) query at a time, or let a predictor decide"
            self.problems.append(
                self._source.document.problem(at, f"the condition {shown(text)} cannot be carried over: {exc}", hint)
            )
            return "false"


def _short(step: Tree) -> Any:
    """A step without options as a bare name."""
    return step["predict"] if list(step) == ["predict"] else step
