"""What compositions name: predictors and graphs, each name for one thing only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plait.errors import ConfigError, Problem
from plait.graph.spec import GraphSpec
from plait.spec.predictor import Predictor


@dataclass(frozen=True, slots=True)
class Names:
    """The predictors and graphs that a composition knows by name.

    Args:
        predictors: By name.
        graphs: By name.
        written: By text, what a file has in its place, such as `${env.TOKEN}`.
    """

    predictors: Mapping[str, Predictor] = field(default_factory=dict)
    graphs: Mapping[str, GraphSpec] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def joined(cls, several: Iterable[Names]) -> Names:
        """All of them, in the order in which they come.

        Raises:
            ConfigError: If one name stands for two predictors or two graphs.
        """
        predictors: dict[str, Predictor] = {}
        graphs: dict[str, GraphSpec] = {}
        written: dict[str, str] = {}
        problems: dict[str, Problem] = {}
        for names in several:
            _add(predictors, names.predictors, "predictors", problems)
            _add(graphs, names.graphs, "graphs", problems)
            written.update(names.written)
        if problems:
            raise ConfigError(list(problems.values()))
        return cls(predictors, graphs, written)


def _add(known: dict[str, Any], more: Mapping[str, Any], section: str, problems: dict[str, Problem]) -> None:
    for name, spec in more.items():
        if known.setdefault(name, spec) != spec:
            hint = "give one of them another name, or use the same in both places"
            message = f"two different {section} have the name {name}"
            problems[f"{section}.{name}"] = Problem(f"{section}.{name}", message, hint, place=(section, name))
