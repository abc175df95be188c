"""What KServe itself would refuse, or its router could only answer with an error."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from plait.deploy.kserve.model import ROOT, Node, Step
from plait.deploy.kserve.read import Source
from plait.errors import Problem
from plait.graph.hints import nearest
from plait.nodes.link import At

NODES: At = ("spec", "nodes")
_ALL = 100
_MOST_CYCLES = 10
_LONGEST_WAY = 10


def check(source: Source) -> list[Problem]:
    """Every problem of a graph whose fields are valid by themselves."""
    nodes = source.graph.spec.nodes
    found = [problem for name, node in nodes.items() for problem in _node(source, (*NODES, name), node)]
    if ROOT not in nodes:
        found.append(source.document.problem(NODES, f"there is no node {ROOT}", "KServe begins with it: rename the first node"))
    return found + [_cycle(source, way) for way in islice(_cycles(nodes), _MOST_CYCLES)]


def _node(source: Source, at: At, node: Node) -> Iterator[Problem]:
    said, keys = source.document.problem, set[str]()
    for place, step in enumerate(node.steps):
        where = (*at, "steps", place)
        yield from _target(source, where, step)
        key = step.name or (str(place) if node.router_type == "Ensemble" else "")
        if key and key in keys:
            yield said(where, f"there is already a step {key}", "give one of them another name")
        keys.add(key)
    if node.router_type == "Splitter":
        yield from _weights(source, at, node)
    elif node.router_type == "Switch" and not any(step.condition for step in node.steps):
        yield said(at, "none of its steps has a condition, so that the router chooses none", "add condition: …")
    elif node.router_type == "Sequence" and node.steps[0].condition:
        message = "the router answers every request with 500 if the first step has a condition"
        hint = "it looks at the answer of the step before; for one about the request take a Switch"
        yield said((*at, "steps", 0, "condition"), message, hint)


def _target(source: Source, at: At, step: Step) -> Iterator[Problem]:
    said, nodes = source.document.problem, source.graph.spec.nodes
    if not step.targets:
        yield said(at, "has no target", "give it a serviceName, a serviceUrl or a nodeName")
    elif len(step.targets) > 1:
        yield said(at, f"has more than one target: {' and '.join(step.targets)}", "leave one of them")
    elif step.node_name and step.node_name not in nodes:
        yield said((*at, "nodeName"), f"there is no node {step.node_name}", nearest(step.node_name, nodes))


def _weights(source: Source, at: At, node: Node) -> Iterator[Problem]:
    weights = [step.weight for step in node.steps]
    for place, weight in enumerate(weights):
        if weight is None or weight < 0:
            message = "needs a weight" if weight is None else "the weight is negative"
            yield source.document.problem((*at, "steps", place), message, "the weights of a Splitter are percents, 100 together")
    total = sum(weight or 0 for weight in weights)
    if None not in weights and total != _ALL:
        yield source.document.problem(at, f"its weights add up to {total}", "KServe takes only weights that add up to 100")


def _cycle(source: Source, way: list[str]) -> Problem:
    shown = way if len(way) <= _LONGEST_WAY else [*way[:_LONGEST_WAY], "…"]
    return source.document.problem((*NODES, way[0]), f"leads back to itself: {' → '.join([*shown, way[0]])}", "break the cycle")


def _cycles(nodes: dict[str, Node]) -> Iterator[list[str]]:
    """Each way from a node back to it, from its first node in the file on; without recursion, because ways may be long."""
    done: set[str] = set()
    for first, node in nodes.items():
        way = {first: _targets(node)} if first not in done else {}
        while way:
            name, rest = next(reversed(way.items()))
            other = next(rest, None)
            if other is None:
                del way[name]
                done.add(name)
            elif other in way:
                yield list(way)[list(way).index(other) :]
            elif other in nodes and other not in done:
                way[other] = _targets(nodes[other])


def _targets(node: Node) -> Iterator[str]:
    return (step.node_name for step in node.steps if step.node_name)
