"""Checked specs from what Python gives, with the problems that a file would have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from plait.errors import ConfigError, Problem
from plait.expr.problem import is_text
from plait.graph.document import Document, path_text
from plait.graph.dump import is_json
from plait.graph.friendly import problem
from plait.graph.validate import follows
from plait.jsontext import DEPTH
from plait.nodes.link import At
from plait.nodes.node import NodeSpec
from plait.nodes.union import Node
from plait.spec.base import Spec

_T = TypeVar("_T")
_SpecT = TypeVar("_SpecT", bound=Spec)

_NODE: TypeAdapter[NodeSpec] = TypeAdapter(Node)
# Where a node stands, as pydantic and as a file would say it, so that its problems are told as those of a file.
_LOC: At = ("graphs", "", "root", "sequence", "sequence", 0)
_PATH: At = ("graphs", "", "sequence", 0)
_WHOLE_NUMBERS = range(-(1 << 63), 1 << 64)


def node(data: Any) -> NodeSpec:
    """The node that data says; nodes within may be specs already.

    Raises:
        ConfigError: With every problem.
    """
    return _json_only(_checked(_NODE, data, {"graphs": {"": {"sequence": [data]}}}, (_LOC, _PATH)))


def spec(kind: type[_SpecT], data: Mapping[str, Any]) -> _SpecT:
    """The spec of a kind that data says.

    Raises:
        ConfigError: With every problem.
    """
    return _json_only(_checked(TypeAdapter(kind), data, data, ((), ())))


def not_json(value: Any, at: At = ()) -> Iterator[Problem]:
    """What keeps a value from being JSON as a file has it."""
    if len(at) > DEPTH:
        yield _problem(at, f"is nested more than {DEPTH} deep", "")
    elif isinstance(value, Mapping):
        for key, member in value.items():
            if not isinstance(key, str):
                yield _problem(at, f"has a key that is no text, but {_kind(key)}", "take text for the names of an object")
            elif not is_text(key):
                yield _problem(at, "has a key that is no valid Unicode text", "")
            else:
                yield from not_json(member, (*at, key))
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from not_json(item, (*at, place))
    else:
        yield from _not_scalar(value, at)


def _not_scalar(value: Any, at: At) -> Iterator[Problem]:
    if isinstance(value, str) and not is_text(value):
        yield _problem(at, "is no valid Unicode text", "")
    elif isinstance(value, float) and not math.isfinite(value):
        yield _problem(at, "is no finite number", "JSON has none; take null or a text")
    elif isinstance(value, int) and int(value) not in _WHOLE_NUMBERS:
        yield _problem(at, "is too large for a whole number of 64 bits", "make it a float")
    elif not isinstance(value, (str, int, float, type(None))):
        hint = "write objects, lists, text, numbers, true, false or null"
        yield _problem(at, f"is no JSON value, but {_kind(value)}", hint)


def _json_only(checked: _SpecT) -> _SpecT:
    """The spec, if templates, samples and constants in it are JSON, and it ends somewhere."""
    problems = list(_not_json_within(checked, (), 1))
    if problems:
        raise ConfigError(problems)
    return checked


def _not_json_within(spec: Spec, at: At, depth: int) -> Iterator[Problem]:
    if depth > DEPTH:
        yield _problem(at, f"nests more than {DEPTH} nodes deep", "")
        return
    declared = type(spec).model_fields
    for name in spec.model_fields_set:
        if is_json(declared[name].annotation):
            yield from not_json(getattr(spec, name), (*at, declared[name].alias or name))
    for child in spec.children() if isinstance(spec, NodeSpec) else ():
        yield from _not_json_within(child.node, at + child.at, depth + 1)


def _checked(adapter: TypeAdapter[_T], value: Any, around: Any, place: tuple[At, At]) -> _T:
    loc, path = place
    try:
        return adapter.validate_python(value)
    except ValidationError as exc:
        document = Document("", around)
        problems = []
        for error in exc.errors(include_url=False):
            if follows(error):
                continue
            error["loc"] = (*loc, *error["loc"])
            found = problem(error, around, document)
            problems.append(_problem(found.place[len(path) :], found.message, found.hint))
        raise ConfigError(problems) from None


def _problem(at: At, message: str, hint: str) -> Problem:
    return Problem(path_text(at), message, hint, place=at)


def _kind(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
