"""Find the InferenceGraph in a file, and refuse what is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from plait.deploy.kserve.model import InferenceGraph, Node, RouterTimeouts, Step
from plait.errors import ConfigError, Problem
from plait.graph.build import MOST_PROBLEMS
from plait.graph.document import Document, shown
from plait.graph.hints import nearest
from plait.graph.problems import in_order
from plait.graph.text import Kind, parse
from plait.nodes.link import At

_KIND = "InferenceGraph"
_MARKER = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_MOST_GRAPHS = 10
_GRAPH = re.compile(rb"""kind["']?[ \t]*:\s*["']?InferenceGraph\b(?!List)""")
_ITS_KIND = re.compile(rb"""^["'{]*kind["']?[ \t]*:[ \t]*["']?([A-Za-z]+)""", re.MULTILINE)
_ITS_NAME = re.compile(rb"""^(?:  |metadata: *\{ *)name:[ \t]*["']?([A-Za-z0-9.-]+)""", re.MULTILINE)
_EXAMPLE = "save one with: kubectl get inferencegraph NAME -o yaml"
_OLD = {"routes": "steps", "nextRoutes": "steps", "service": "serviceName", "serviceURL": "serviceUrl"}
_MESSAGES = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The graph that was found, where each part of it stands, and which other resources stood beside it."""

    graph: InferenceGraph
    document: Document
    others: tuple[str, ...]

    def refusal(self, problems: Iterable[Problem]) -> ConfigError:
        """The error that tells of problems in the order of the file."""
        return ConfigError(in_order(problems)[:MOST_PROBLEMS], self.document.source)


def read(text: bytes, kind: Kind, source: str) -> Source:
    """The one InferenceGraph of a file.

    Args:
        text: YAML with one or more documents, or JSON.
        kind: What it is written in.
        source: What it is called in problems.

    Raises:
        ConfigError: If it cannot be read, has none or several, or one that is wrong.
    """
    parts = list(_documents(text)) if kind == "yaml" else [text]
    graphs = parts if len(parts) == 1 else [part for part in parts if _GRAPH.search(part)]
    if len(graphs) > _MOST_GRAPHS:
        raise ConfigError([_several(f"has {len(graphs)} InferenceGraphs")], source)
    documents = [parse(part, kind, source) for part in graphs]
    if broken := [problem for document in documents for problem in document.problems]:
        raise ConfigError(broken, source)
    found = [document for document in documents if _kind(document) == _KIND]
    if len(found) > 1:
        raise ConfigError([_several(f"has {len(found)} InferenceGraphs: {', '.join(map(_name, found))}")], source)
    others = tuple(name for part in parts if part not in graphs or not found if (name := _other(part)))
    if not found:
        instead = f", only {', '.join(others[:_MOST_GRAPHS])}" if others else ""
        raise ConfigError([Problem("", f"has no InferenceGraph{instead}", _EXAMPLE)], source)
    return Source(_graph(found[0]), found[0], others)


def _documents(text: bytes) -> Iterator[bytes]:
    """The documents of a stream, each with as many empty lines before it as there were lines."""
    start, lines = 0, 0
    for marker in (*_MARKER.finditer(text), None):
        end = len(text) if marker is None else marker.start()
        part = text[start:end]
        yield b"\n" * lines + part if _GRAPH.search(part) else part
        if marker is not None:
            lines += text.count(b"\n", start, end)
            start = marker.end()


def _kind(document: Document) -> Any:
    return document.data.get("kind") if isinstance(document.data, dict) else None


def _name(document: Document) -> str:
    metadata = document.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return shown(name) if isinstance(name, str) else "one without a name"


def _several(message: str) -> Problem:
    return Problem("", message, "import them one by one, each from a file of its own")


def _other(part: bytes) -> str:
    """What a document that is not read says that it is; nothing of one that is empty."""
    words = [found[1].decode(errors="replace") for pattern in (_ITS_KIND, _ITS_NAME) if (found := pattern.search(part))]
    if not words and all(line.strip().startswith(b"#") or not line.strip() for line in part.splitlines()):
        return ""
    return shown(" ".join(words)) if words else "a document without a kind"


def _graph(document: Document) -> InferenceGraph:
    try:
        return InferenceGraph.model_validate(document.data)
    except ValidationError as exc:
        problems = [_problem(error, document) for error in exc.errors(include_url=False)[:MOST_PROBLEMS]]
        raise ConfigError(in_order(problems), document.source) from None


def _problem(error: ErrorDetails, document: Document) -> Problem:
    at: At = error["loc"]
    kind = error["type"]
    if kind == "extra_forbidden":
        key = str(at[-1])
        place = document.key_place(at)
        hint = f"write {_OLD[key]}; the router never knew {key}" if key in _OLD else nearest(key, _known(at))
        return Problem(document.problem(at, "").path, "is no field of an InferenceGraph", hint, *place, place=at)
    if kind == "missing":
        return document.problem(at[:-1], f"needs {at[-1]}", f"add {at[-1]}: …")
    if kind == "literal_error":
        return document.problem(at, f"must be {error['ctx']['expected']}", _advice(at, error["input"]))
    return document.problem(at, _MESSAGES.get(kind, error["msg"]))


def _advice(at: At, value: Any) -> str:
    if at[-1] == "routerType" and value == "Single":
        return "the router knows it as Sequence"
    return "the first letter is a capital" if isinstance(value, str) and value.capitalize() != value else ""


def _known(at: At) -> list[str]:
    """The fields that may stand where one does that nobody knows."""
    inside = at[:-1]
    models: dict[str, type[BaseModel]] = {"steps": Step, "nodes": Node, "routerTimeouts": RouterTimeouts}
    model = next((model for key, model in models.items() if key in inside), InferenceGraph)
    return [field.alias or name for name, field in model.model_fields.items()]
