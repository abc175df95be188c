"""Find everything that is wrong with a configuration as a whole, by compiling each graph without predictors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plait.errors import Problem
from plait.graph.document import path_text
from plait.graph.feedback import incomparable
from plait.graph.link import Linker, graph_schema
from plait.graph.needs import unmet
from plait.graph.rules import bound_rules, rule_problems
from plait.graph.sinks import unfit
from plait.graph.uses import graph_asked, graphs_used
from plait.graph.walk import nodes
from plait.nodes.link import At
from plait.nodes.sequence import Sequence
from plait.spec.policies import repeats

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.nodes.ask import Outcome, Receiver
    from plait.nodes.node import NodeSpec
    from plait.spec.policies import HedgeSpec, RetrySpec
    from plait.types import Message, Run

LARGEST_GRAPH = 10_000
"""Nodes of a graph with those of the graphs that it uses."""
LARGEST_TOTAL = 100_000
"""The same of all graphs together."""
DEEPEST_GRAPH = 64
"""Nodes within nodes, through the graphs that a graph uses."""
OWN_ROUTES = tuple(
    "/predict/get/test /predict/post/test /health /livez /readyz /metadata /v1 /v2 /jobs /openapi.json /docs".split()
)


def check(config: Config) -> list[Problem]:
    """Every problem of a configuration whose parts are valid by themselves."""
    problems = [*_routes(config), *_uses(config), *_no_steps(config), *_not_twice(config), *unmet(config), *incomparable(config)]
    problems += unfit(config)
    unasked = {name: Unasked(name) for name in config.predictors}
    for name, spec in config.graphs.items():
        graph_schema(spec, problems, name)
        linker = Linker(config, unasked, problems, alone=True)
        linker.graph(name)
        bound_rules(linker, name)
        problems += rule_problems(config, name, linker)
    unique = {(problem.path, problem.message): problem for problem in problems}
    return list(unique.values())


class Unasked:
    """Stands for a predictor while a configuration is only checked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.timeout = 0.0

    def repeating(self, retry: RetrySpec | None, hedge: HedgeSpec | None) -> Unasked:  # noqa: ARG002 - a predictor's arguments
        """The same: nobody is asked."""
        return self

    def ask(self, message: Message, run: Run, now: float, deadline: float, receiver: Receiver) -> Outcome:  # noqa: ARG002 - a predictor's arguments
        """Never called: nothing is run to check."""
        raise AssertionError("a checked configuration was run")


def _uses(config: Config) -> Iterator[Problem]:
    """What is wrong with how graphs use each other: cycles, and what grows too large or too deep."""
    used = {name: graphs_used(config, name) for name in config.graphs}
    order, cycles = _order(used)
    for cycle in cycles:
        yield _about(cycle[0], f"asks itself: {' → '.join([*cycle, cycle[0]])}", "break the cycle")
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    for name in order:
        # What uses a graph that is refused, or leads into a cycle, is not to blame.
        if any(other not in sizes for other in used[name]):
            continue
        root = config.graphs[name].root
        size, depth = sum(1 for _ in nodes(root, ())) + sum(sizes[other] for other in used[name]), _depth(config, root, depths)
        if size > LARGEST_GRAPH:
            yield _about(name, f"has {size:,} nodes with those of the graphs that it uses", f"{LARGEST_GRAPH:,} are the most")
        elif depth > DEEPEST_GRAPH:
            yield _about(name, f"nests {depth} nodes deep with the graphs that it uses", f"{DEEPEST_GRAPH} are the most")
        else:
            sizes[name], depths[name] = size, depth
    total = sum(sizes.values())
    if total > LARGEST_TOTAL:
        message = f"have {total:,} nodes in all, each with those of the graphs that it uses"
        yield Problem("graphs", message, f"{LARGEST_TOTAL:,} are the most", place=("graphs",))


def _order(used: dict[str, list[str]]) -> tuple[list[str], list[list[str]]]:
    """The graphs, each after those that it uses, and the cycles among them, each from its first graph in the file on."""
    order: dict[str, None] = {}
    cycles: dict[tuple[str, ...], None] = {}
    place = {name: number for number, name in enumerate(used)}
    for first, others in used.items():
        way: dict[str, Iterator[str]] = {} if first in order else {first: iter(others)}
        while way:
            name, rest = next(reversed(way.items()))
            other = next(rest, None)
            if other is None:
                del way[name]
                order[name] = None
            elif other in way:
                cycle = list(way)[list(way).index(other) :]
                start = cycle.index(min(cycle, key=place.__getitem__))
                cycles[tuple(cycle[start:] + cycle[:start])] = None
            elif other not in order:
                way[other] = iter(used[other])
    return list(order), [list(cycle) for cycle in cycles]


def _depth(config: Config, node: NodeSpec, depths: dict[str, int]) -> int:
    asked = graph_asked(config, node)
    within = [_depth(config, child.node, depths) for child in node.children()]
    return 1 + max(within, default=depths[asked] if asked else 0)


def _about(graph: str, message: str, hint: str) -> Problem:
    return Problem(path_text(("graphs", graph)), message, hint, place=("graphs", graph))


def _no_steps(config: Config) -> Iterator[Problem]:
    """Nodes that are to be skipped on failure, but are no steps, so that there is no next one to go on with."""
    for name, spec in config.graphs.items():
        root: At = ("graphs", name)
        found = [root] if spec.root.on_error else []
        for node, at in nodes(spec.root, root):
            if not isinstance(node, Sequence):
                found += [at + child.at for child in node.children() if child.node.on_error]
        for at in found:
            where = (*at, "on_error")
            hint = "use optional: true, or make the node a step of a sequence"
            yield Problem(path_text(where), "only a step of a sequence can be skipped", hint, place=where)


def _not_twice(config: Config) -> Iterator[Problem]:
    """Predictors that must not be asked twice, where the file's defaults would have it done."""
    holds = config.defaults.predictor
    for name, spec in config.predictors.items():
        if spec.idempotent is not False:
            continue
        if spec.hedge is None and repeats(None, holds.hedge):
            hint = "give the hedge to those predictors that may be asked twice, and take it out of the defaults"
        elif spec.retry is None and repeats(holds.retry, None):
            hint = "give it a retry of its own, such as retry: {on: [connect]}"
        else:
            continue
        at: At = ("predictors", name, "idempotent")
        yield Problem(path_text(at), "says that it must not be asked twice, and by the defaults it would be", hint, place=at)


def _routes(config: Config) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for name, spec in config.graphs.items():
        route = config.route(name)
        at: At = ("graphs", name, "route") if spec.route else ("graphs", name)
        if any(route == own or route.startswith(own + "/") for own in OWN_ROUTES):
            yield Problem(path_text(at), f"the route {route} is one of plait's own", "give the graph another route", place=at)
        elif route in taken:
            message = f"the route {route} is already that of graph {taken[route]}"
            yield Problem(path_text(at), message, "give one of them another route", place=at)
        taken.setdefault(route, name)
