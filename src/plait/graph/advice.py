"""What is no mistake in a configuration, but seldom what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plait.errors import Problem
from plait.graph.check import nodes
from plait.graph.document import path_text
from plait.nodes.predict import Predict
from plait.nodes.sequence import Sequence

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.nodes.node import NodeSpec


def advice(config: Config) -> list[Problem]:
    """What the author of a sound configuration should know."""
    nothing = [] if config.graphs else [Problem("graphs", "there is no graph, so nothing is served", "add one under graphs")]
    return nothing + [
        problem
        for name, spec in config.graphs.items()
        for node, at in nodes(spec.root, ("graphs", name))
        if isinstance(node, Sequence)
        for problem in _without_time(node, at)
    ]


def _without_time(sequence: Sequence, at: tuple[str | int, ...]) -> Iterator[Problem]:
    """Steps that can be partial at the deadline only, before a step that has to call."""
    steps = sequence.children()
    for place, step in enumerate(steps):
        late = next((later for later in steps[place + 1 :] if _calls(later.node)), None)
        if step.node.outwaits and late is not None:
            where = at + step.at
            message = f"a branch that hangs can hold it until the time is up, and then the step {late.label} can call nobody"
            yield Problem(path_text(where), message, "give it a timeout of its own", place=where)


def _calls(node: NodeSpec) -> bool:
    return any(isinstance(inner, Predict) for inner, _ in nodes(node, ()))
