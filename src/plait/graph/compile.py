"""From a checked configuration to one call per graph, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from plait.background import Background
from plait.counts import PartCounts
from plait.errors import ConfigError, Problem
from plait.graph.link import Linker, graph_schema
from plait.graph.rules import BoundRules, bound_rules
from plait.graph.schema_check import Validate, each_name_once
from plait.nodes.ask import Asked
from plait.nodes.drive import leaf
from plait.types import Leaf

if TYPE_CHECKING:
    from plait.graph.spec import Config


_OF_THE_REQUEST = frozenset({"request", "input"})


class Compiled(NamedTuple):
    """A graph that can run: its call, its timeout in seconds, and the check of its requests, if they are looked into.

    Its rules are bound, and nothing of what the call does: `plait.rules.ruled` has them act.
    """

    name: str
    call: Leaf
    timeout: float
    validate: Validate | None
    rules: BoundRules = BoundRules()


def compile_graph(
    config: Config,
    name: str,
    predictors: Mapping[str, Asked],
    background: Background,
    counts: Callable[[str], PartCounts] | None = None,
) -> Compiled:
    """Bind a graph to its predictors.

    Args:
        config: A configuration without problems.
        name: The graph's.
        predictors: Who answers, by name.
        background: Owns what goes on when a request has been answered, such as the copies of a shadow.
        counts: Where the parts of a predictor are counted, by its name; without it, nowhere.

    Raises:
        ConfigError: If it has problems; `check` finds them before.
    """
    problems: list[Problem] = []
    spec = config.graphs[name]
    linker = Linker(config, predictors, problems, background=background)
    if counts is not None:
        linker = replace(linker, counts=counts)
    call = leaf(linker.graph(name))
    rules = bound_rules(linker, name)
    validate = graph_schema(spec, problems, name)
    if validate is None and not linker.seen.isdisjoint(_OF_THE_REQUEST):
        validate = each_name_once
    if problems:
        raise ConfigError(problems)
    return Compiled(name, call, spec.timeout or config.defaults.graph.timeout, validate, rules)
