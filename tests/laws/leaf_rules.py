"""The model of kinds that hold no nodes, and of a graph as a node."""

from __future__ import annotations

from plait.clock import BUCKET
from plait.nodes.ask import LEAST
from tests.laws.meaning import TIMEOUT, Called, Given, Model, Outcome, filled
from tests.laws.scene import FAILURES, Node


def predict(node: Node, given: Given, model: Model) -> Outcome:
    """A predictor answers, fails or is too slow."""
    if "graph" in node:
        return _graph(node, given, model)
    one, key = model.cast[node["predict"]], node["key"] + given.item
    if given.deadline - given.now <= LEAST:
        return Outcome(given.now, failure=TIMEOUT, calls=(Called(key, given.now, given.now, TIMEOUT),))
    latest = (int(min(given.now + one.timeout, given.deadline) / BUCKET) + 1) * BUCKET
    after = one.delay(given.value)
    if after is None or given.now + after > latest:
        return Outcome(latest, failure=TIMEOUT, calls=(Called(key, given.now, latest, TIMEOUT),))
    when = given.now + after
    if one.fails(given.value):
        status = FAILURES[one.failure]().part
        return Outcome(when, failure=frozenset({one.failure}), calls=(Called(key, given.now, when, frozenset({status})),))
    answer = one.says(given.value)
    return Outcome(when, answer, calls=(Called(key, given.now, when, frozenset({"ok"}), answer),))


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
