"""The model of kinds that hold no nodes, and of a graph as a node."""

from __future__ import annotations

from typing import Any

from plait.clock import BUCKET
from plait.nodes.ask import LEAST
from tests.laws.meaning import TIMEOUT, Called, Given, Model, Outcome, filled
from tests.laws.scene import FAILURES, Node


def predict(node: Node, given: Given, model: Model) -> Outcome:
    """A predictor answers, fails or is too slow."""
    if "graph" in node:
        return _graph(node, given, model)
    one = model.cast[node["predict"]]
    if given.deadline - given.now <= LEAST:
        return _ended(node, given, given.now, "timeout")
    latest = (int(min(given.now + one.timeout, given.deadline) / BUCKET) + 1) * BUCKET
    after = one.delay(given.value)
    if after is None or given.now + after > latest:
        return _ended(node, given, latest, "timeout")
    if one.fails(given.value):
        return _ended(node, given, given.now + after, one.failure)
    return _ended(node, given, given.now + after, "", one.says(given.value))


def _ended(node: Node, given: Given, when: float, failure: str, answer: Any = None) -> Outcome:
    """The end of a call, with its part."""
    status = "ok" if not failure else FAILURES[failure]().part if failure in FAILURES else failure
    call = Called(node["key"] + given.item, given.now, when, frozenset({status}), answer, prompt=given.prompt)
    return Outcome(when, answer, failure=frozenset({failure}) if failure else frozenset(), calls=(call,))


def _graph(node: Node, given: Given, model: Model) -> Outcome:
    deadline = min(given.deadline, given.now + node["seconds"])
    return model.outcome(node["graph"], given._replace(request=given.value, deadline=deadline, named={}))


def python(node: Node, given: Given, model: Model) -> Outcome:
    """A function that is done at once."""
    if given.deadline - given.now <= LEAST:
        return Outcome(given.now, failure=TIMEOUT)
    return called(node["python"], given)


def called(function: str, given: Given) -> Outcome:
    """What a function gives."""
    name = function.partition(":")[2]
    failure = {"fails": "code-failed", "refuses": "invalid-request"}.get(name)
    if failure is not None:
        return Outcome(given.now, failure=frozenset({failure}))
    return Outcome(given.now, given.value if name == "same" else {"w": given.value})


def transform(node: Node, given: Given, model: Model) -> Outcome:
    """What the template gives."""
    return filled(node["transform"], given)


def value(node: Node, given: Given, model: Model) -> Outcome:
    """The constant."""
    return Outcome(given.now, node["value"])
