"""From plain data to a configuration, part by part, so that one that is wrong hides no other's problems."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from plait.errors import Problem
from plait.graph.build import MOST_PROBLEMS
from plait.graph.document import Document
from plait.graph.friendly import problem
from plait.graph.needs import UNKNOWN
from plait.graph.rules import STAND_IN
from plait.graph.spec import Config, Defaults, Graph, GraphSpec, Server
from plait.nodes.link import At
from plait.nodes.value import Value
from plait.spec.fields import Name
from plait.spec.jobs import JobsSpec
from plait.spec.predictor import Predictor
from plait.spec.sinks import Sink, SinkSpec

_T = TypeVar("_T")

_FIELDS: dict[str, type[Any]] = {"server": Server, "defaults": Defaults, "jobs": JobsSpec}
GRAPH: TypeAdapter[GraphSpec] = TypeAdapter(Graph)
PREDICTOR = TypeAdapter(Predictor)
SINK: TypeAdapter[SinkSpec] = TypeAdapter(Sink)
_NAME: TypeAdapter[str] = TypeAdapter(Name)


def validate(data: Any, document: Document) -> tuple[Config, list[Problem]]:
    """The configuration that the data says.

    Returns:
        The configuration, and what is wrong. A part that is wrong has a stand-in, so that those who refer to it are not wrong too.
    """
    parts = _Parts({} if data is None else data, document)
    if not isinstance(parts.data, dict):
        parts.problems.append(document.problem((), "must be a mapping", f"its keys are {', '.join(Config.model_fields)}"))
        return Config(), parts.problems
    config = Config.model_construct(
        None,
        **{key: parts.part(TypeAdapter(kind), (key,), kind()) for key, kind in _FIELDS.items() if key in parts.data},
        predictors={name: parts.part(PREDICTOR, ("predictors", name), _predictor()) for name in parts.names("predictors")},
        graphs={name: parts.part(GRAPH, ("graphs", name), _graph(name)) for name in parts.names("graphs")},
        sinks={name: parts.part(SINK, ("sinks", name), STAND_IN) for name in parts.names("sinks")},
    )
    parts.unknown_keys()
    return config, parts.problems


def _predictor() -> Predictor:
    # Its version is none that a file can name: who needs this predictor is not to blame.
    return Predictor(url="http://127.0.0.1").model_copy(update={"version": UNKNOWN})


def _graph(name: str) -> GraphSpec:
    # Not validated: the name may be none, and the route should be nobody's.
    return GraphSpec.model_construct(None, root=Value(value=None), route=f"/~/{name}")


class _Parts:
    """The parts of one file's data, and the problems found in them."""

    def __init__(self, data: Any, document: Document) -> None:
        self.data = data
        self.document = document
        self.problems: list[Problem] = []

    def part(self, adapter: TypeAdapter[_T], at: At, stand_in: _T) -> _T:
        """What stands at a path, or the stand-in."""
        value = self.data
        for key in at:
            value = value[key]
        try:
            return adapter.validate_python(value)
        except ValidationError as exc:
            self._add(exc, at)
            return stand_in

    def names(self, section: str) -> Iterator[str]:
        """The names in a section, valid or not, until there are problems enough."""
        members = self.data.get(section, {})
        if not isinstance(members, dict):
            hint = "it is empty: leave it out" if members is None else "write name: {…} for each"
            self.problems.append(self.document.problem((section,), "must be a mapping", hint))
            return
        for name in members:
            if len(self.problems) >= MOST_PROBLEMS:
                return
            try:
                _NAME.validate_python(name)
            except ValidationError as exc:
                self._add(exc, (section, name), ("[key]",))
            yield name

    def unknown_keys(self) -> None:
        """Find keys that no file has."""
        unknown = islice((key for key in self.data if key not in Config.model_fields), MOST_PROBLEMS)
        try:
            Config.model_validate({key: {} for key in unknown})
        except ValidationError as exc:
            self._add(exc, ())

    def _add(self, exc: ValidationError, at: At, end: At = ()) -> None:
        left = MOST_PROBLEMS - len(self.problems)
        errors = (error for error in exc.errors(include_url=False) if not follows(error))
        for error in islice(errors, max(left, 0)):
            error["loc"] = (*at, *error["loc"], *end)
            self.problems.append(problem(error, self.data, self.document))


def follows(error: ErrorDetails) -> bool:
    """Whether an error only says that others left nothing: pydantic counts the valid items of a list."""
    return error["type"] == "too_short" and bool(error["input"])
