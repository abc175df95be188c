"""What is no mistake in a configuration, but seldom what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from plait.errors import Problem
from plait.graph.document import path_text
from plait.graph.late import nothing_kept
from plait.graph.needs import resting
from plait.graph.walk import nodes
from plait.nodes.cascade import Cascade
from plait.nodes.fallback import Fallback
from plait.nodes.link import At, Child
from plait.nodes.predict import Predict
from plait.nodes.sequence import Sequence
from plait.nodes.split import Split

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.nodes.node import NodeSpec

PERCENT, NEARLY = 100, 10


def advice(config: Config) -> list[Problem]:
    """What the author of a sound configuration should know."""
    nothing = [] if config.graphs else [Problem("graphs", "there is no graph, so nothing is served", "add one under graphs")]
    found: list[Problem] = [*resting(config), *nothing_kept(config, partial(_longest, config))]
    for name, spec in config.graphs.items():
        at: At = ("graphs", name)
        found += _late(config, spec.root, at, spec.timeout or config.defaults.graph.timeout)
        found += _hidden(spec.root, at, {})
        found += _shares(spec.root, at)
    return nothing + found


def _hidden(node: NodeSpec, at: At, known: dict[str, At]) -> Iterator[Problem]:
    """Steps whose own name is that of an earlier one, whose output no expression can then look at any more."""
    for child in node.children():
        where = at + child.at
        yield from _hidden(child.node, where, known)
        name = child.node.name
        if isinstance(node, Sequence) and name is not None:
            if name in known:
                message = f"the name {name} hides the output of an earlier step, {path_text(known[name])}"
                yield Problem(path_text((*where, "name")), message, "give one of them another name", place=(*where, "name"))
            known = {**known, name: where}


def _shares(node: NodeSpec, at: At) -> Iterator[Problem]:
    """Weights that read like percentages, but are not."""
    for inner, where in nodes(node, at):
        if isinstance(inner, Split):
            total = sum(share.weight for share in inner.split)
            if total != PERCENT and abs(total - PERCENT) <= NEARLY:
                message = (
                    f"the weights add up to {total:g}, not 100; they are relative, so each is a little more or less than it says"
                )
                yield Problem(path_text((*where, "split")), message, "make them add up to 100", place=(*where, "split"))


def _late(config: Config, node: NodeSpec, at: At, within: float) -> Iterator[Problem]:
    """Nodes that run one after the other, of which one may use up the seconds that the others would need for their calls."""
    within = min(within, node.timeout or within)
    children = node.children()
    for place, child in enumerate(children):
        later = next((other for other in children[place + 1 :] if _calls(other.node)), None)
        if later is not None and _may_hold(node, child) and _longest(config, child.node) >= within:
            where = at + child.at
            message = f"a predictor that hangs can hold it until the time is up, and then {later.label} cannot be asked"
            yield Problem(path_text(where), message, "give it a shorter timeout of its own", place=where)
        yield from _late(config, child.node, at + child.at, within)


def _may_hold(node: NodeSpec, child: Child) -> bool:
    """Whether the next one is still asked after this one was held up: a partial step, or a choice that has failed."""
    return child.node.outwaits if isinstance(node, Sequence) else isinstance(node, (Fallback, Cascade))


def _longest(config: Config, node: NodeSpec) -> float:
    """The seconds that a node's calls may take."""
    if isinstance(node, Predict):
        seconds = _asked(config, node.predict)
    else:
        seconds = node.longest([_longest(config, child.node) for child in node.children()])
    return min(seconds, node.timeout or seconds)


def _asked(config: Config, name: str) -> float:
    predictor = config.predictors.get(name)
    if predictor is not None:
        return predictor.timeout or config.defaults.predictor.timeout
    return config.graphs[name].timeout or config.defaults.graph.timeout


def _calls(node: NodeSpec) -> bool:
    return any(isinstance(inner, Predict) for inner, _ in nodes(node, ()))
