"""Find everything that is wrong with a configuration as a whole, by compiling it without predictors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plait.errors import Problem
from plait.graph.link import Linker, graph_schema, path_text
from plait.nodes.link import At
from plait.nodes.predict import Predict

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.nodes.ask import Outcome, Receiver
    from plait.nodes.node import NodeSpec
    from plait.types import Message, Run

LARGEST_GRAPH = 10_000
OWN_ROUTES = ("/predict/get/test", "/predict/post/test", "/health", "/livez", "/readyz", "/metadata", "/v1", "/v2", "/jobs", "/openapi.json", "/docs")


def check(config: Config) -> list[Problem]:
    """Every problem of a configuration whose parts are valid by themselves."""
    problems: list[Problem] = []
    problems.extend(_routes(config))
    cycles = _cycles(config)
    for name, cycle in cycles.items():
        at = ("graphs", name)
        problems.append(Problem(path_text(at), f"asks itself: {' → '.join(cycle)}", "break the cycle", place=at))
    sizes: dict[str, int] = {}
    for name, spec in config.graphs.items():
        if _reaches(config, name, cycles):
            continue
        if _size(config, name, sizes) > LARGEST_GRAPH:
            at = ("graphs", name)
            message = f"has {_size(config, name, sizes)} nodes with those of the graphs that it uses"
            problems.append(Problem(path_text(at), message, f"{LARGEST_GRAPH} are the most", place=at))
            continue
        graph_schema(spec, problems, name)
        Linker(config, {name: Unasked(name) for name in config.predictors}, problems).graph(name, name, "")
    unique = {(problem.path, problem.message): problem for problem in problems}
    return list(unique.values())


class Unasked:
    """Stands for a predictor while a configuration is only checked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.timeout = 0.0

    def ask(self, message: Message, run: Run, deadline: float, receiver: Receiver) -> Outcome:
        """Never called: nothing is run to check."""
        raise AssertionError("a checked configuration was run")


def nodes(node: NodeSpec, at: At) -> Iterator[tuple[NodeSpec, At]]:
    """A node and all within, with their places in the file."""
    yield node, at
    for child in node.children():
        yield from nodes(child.node, at + child.at)


def graphs_used(config: Config, name: str) -> list[str]:
    """The graphs that a graph asks by name; a name means the predictor, else the graph."""
    asked = [node.predict for node, _ in nodes(config.graphs[name].root, ()) if isinstance(node, Predict)]
    return [other for other in asked if other in config.graphs and other not in config.predictors]


def predictors_used(config: Config, name: str) -> list[str]:
    """The predictors that a graph asks, itself or through other graphs, in the order in which they are first named."""
    found: dict[str, None] = {}
    queue, seen = [name], {name}
    while queue:
        current = queue.pop(0)
        for node, _ in nodes(config.graphs[current].root, ()):
            if isinstance(node, Predict) and node.predict in config.predictors:
                found[node.predict] = None
        for other in graphs_used(config, current):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return list(found)


def _cycles(config: Config) -> dict[str, list[str]]:
    """For each cycle the first graph of the file on it, with the way back to itself."""
    found: dict[str, list[str]] = {}
    done: set[str] = set()
    for first in config.graphs:
        stack = [(first, iter(graphs_used(config, first)))]
        way = [first]
        while stack:
            name, rest = stack[-1]
            other = next(rest, None)
            if other is None:
                stack.pop()
                done.add(way.pop())
            elif other in way:
                cycle = [*way[way.index(other) :], other]
                found.setdefault(other, cycle)
            elif other not in done:
                way.append(other)
                stack.append((other, iter(graphs_used(config, other))))
    return found


def _reaches(config: Config, name: str, cycles: dict[str, list[str]]) -> bool:
    seen = {name}
    queue = [name]
    while queue:
        current = queue.pop()
        if current in cycles:
            return True
        for other in graphs_used(config, current):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return False


def _size(config: Config, name: str, sizes: dict[str, int]) -> int:
    if name not in sizes:
        own = sum(1 for _ in nodes(config.graphs[name].root, ()))
        sizes[name] = own + sum(_size(config, other, sizes) for other in graphs_used(config, name))
    return sizes[name]


def _routes(config: Config) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for name, spec in config.graphs.items():
        route = config.route(name)
        at: At = ("graphs", name, "route") if spec.route else ("graphs", name)
        if any(route == own or route.startswith(own + "/") for own in OWN_ROUTES):
            yield Problem(path_text(at), f"the route {route} is one of plait's own", "give the graph another route", place=at)
        elif route in taken:
            yield Problem(path_text(at), f"the route {route} is already that of graph {taken[route]}", "give one of them another route", place=at)
        taken.setdefault(route, name)


