"""What compositions name: predictors and graphs, each name for one thing only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from plait.errors import ConfigError, Problem
from plait.graph.spec import GraphSpec
from plait.spec.predictor import Predictor

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Names:
    """The predictors and graphs that a composition knows by name.

    Args:
        predictors: By name.
        graphs: By name; those that are asked, not only served.
        written: By text, what a file has in its place, such as `${env.TOKEN}`.
    """

    predictors: Mapping[str, Predictor] = field(default_factory=dict)
    graphs: Mapping[str, GraphSpec] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def joined(cls, several: Sequence[Names]) -> Names:
        """All of them, in the order in which they come.

        Raises:
            ConfigError: If one name stands for two things.
        """
        predictors = merged("predictors", *(names.predictors for names in several))
        graphs = merged("graphs", *(names.graphs for names in several))
        hidden = [_hidden(name) for name in graphs if name in predictors]
        if hidden:
            raise ConfigError(hidden)
        return cls(predictors, graphs, {new: old for names in several for new, old in names.written.items()})


def merged(section: str, *several: Mapping[str, _T]) -> dict[str, _T]:
    """Entries of a section of a file, each name once.

    Raises:
        ConfigError: If one name stands for two different ones.
    """
    found: dict[str, _T] = {}
    problems: dict[str, Problem] = {}
    for entries in several:
        for name, spec in entries.items():
            if found.setdefault(name, spec) != spec:
                hint = "give one of them another name, or use the same in both places"
                message = f"two different {section} have the name {name}"
                problems[name] = Problem(f"{section}.{name}", message, hint, place=(section, name))
    if problems:
        raise ConfigError(list(problems.values()))
    return found


def _hidden(name: str) -> Problem:
    message = f"the name {name} means the predictor of that name, so that the graph cannot be asked"
    return Problem(f"graphs.{name}", message, "give one of them another name", place=("graphs", name))
