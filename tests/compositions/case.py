"""A case: one row of interface.md as a file and as Python say it, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

import plait
from tests.compositions.predictors import Behaviour

Composition = plait.Graph | dict[str, plait.Graph]


@dataclass(frozen=True)
class Answered:
    """A result, the status of each part by its key, and whether the answer is complete."""

    result: Any
    parts: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True)
class Failed:
    """A problem: its status, its type without what all types begin with, its node, and the status of each part."""

    status: int
    type: str
    node: str
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One composition, written twice, asked through HTTP and in Python.

    Args:
        row: The row of the tables that it proves: `node map`, `option when`, `merge vote`, `require any`, `graph schema` …
        says: What is so, in one line.
        file: The `graphs` of a file, as YAML.
        python: The same, composed from the predictors by name: one graph, which is `predict`, or graphs by name.
        predictors: How each of them behaves.
        gives: What comes of it.
        request: The request's JSON.
        headers: Its further header fields.
        graph: Which graph is asked.
        route: Where it is served, if not where its name says.
        times: How often it is asked, one after the other; `gives` is about the last.
        asked: How often each predictor was asked in all, where that matters.
    """

    row: str
    says: str
    file: str
    python: Callable[..., Composition]
    predictors: Mapping[str, Behaviour]
    gives: Answered | Failed
    request: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    graph: str = "predict"
    route: str = ""
    times: int = 1
    asked: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.row}: {self.says}"

    @property
    def path(self) -> str:
        """Where its graph is asked over HTTP."""
        return self.route or ("/predict" if self.graph == "predict" else f"/predict/{self.graph}")

    @property
    def graphs(self) -> str:
        """The `graphs` of its file."""
        return dedent(self.file).strip("\n")

    def composed(self, predictors: Mapping[str, Mapping[str, Any]]) -> dict[str, plait.Graph]:
        """The composition in Python, with predictors of which each is what a file would say of it."""
        made = self.python(**{name: plait.predictor(name, **entry) for name, entry in predictors.items()})
        return made if isinstance(made, dict) else {"predict": made}
