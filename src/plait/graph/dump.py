"""From specs back to what a file says: the short forms, and only what was set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

from plait.errors import ConfigError, Problem
from plait.graph.document import path_text
from plait.graph.env import substitute
from plait.graph.spec import OPTIONS, GraphSpec
from plait.graph.text import parse
from plait.graph.yaml_out import write
from plait.nodes.link import At
from plait.nodes.node import NodeSpec
from plait.nodes.predict import Predict
from plait.nodes.union import own_fields
from plait.spec.base import Spec

if TYPE_CHECKING:
    from plait.graph.spec import Config

_EXACT = 2.0**53
"""Below, every whole number is a float."""


def to_yaml(config: Config, written: Mapping[str, str] | None = None) -> str:
    """A whole file that loads to the same specs.

    Args:
        config: What it says.
        written: By text, what stands in the file in its place, such as `${env.TOKEN}`.

    Raises:
        ConfigError: If a text has `${env.…}` in it, which a file would replace, or a file cannot be so deep or large.
    """
    problems: list[Problem] = []

    def report(at: At, _message: str, _hint: str) -> None:
        hint = "put in its value before, or leave it out"
        problems.append(Problem(path_text(at), "a file would take ${env.…} in this text for a variable", hint, place=at))

    data = {key: section for key, section in plain(config).items() if section}
    substitute(data, {}, report)
    if problems:
        raise ConfigError(problems)
    text = write(_replaced(data, written or {}))
    if problems := list(parse(text.encode(), "yaml", "").problems):
        raise ConfigError(problems)
    return text


def plain(value: Any) -> Any:
    """What a file says for a spec, or for anything made of specs and JSON."""
    if isinstance(value, GraphSpec):
        return _graph(value)
    if isinstance(value, Predict) and value.model_fields_set == {"predict"}:
        return value.predict
    if isinstance(value, Spec):
        return plain(fields(value))
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def fields(spec: Spec) -> dict[str, Any]:
    """What was set of a spec, by the keys of a file: a node's kind before its options, and the specs within as they are."""
    declared = type(spec).model_fields
    names = [name for name in declared if name in spec.model_fields_set]
    if isinstance(spec, NodeSpec):
        names.sort(key=NodeSpec.model_fields.__contains__)
    leaves = {name for name in names if not _has_spec(getattr(spec, name))}
    texts = spec.model_dump(include=leaves, by_alias=True)
    found = {}
    for name in names:
        key = declared[name].alias or name
        value = texts[key] if name in leaves else getattr(spec, name)
        found[key] = value if is_json(declared[name].annotation) else _short(value)
    return found


def _graph(spec: GraphSpec) -> Any:
    options = fields(spec)
    root = plain(options.pop("root"))
    if isinstance(root, str):
        if not options:
            return root
        root = {Predict.kind: root}
    return {**({"sequence": [root]} if collide(spec) else root), **plain(options)}


def collide(spec: GraphSpec) -> bool:
    """Whether in one mapping an option of the first node would be taken for one of the graph's, or one of these for the node's."""
    own = own_fields(type(spec.root)) & OPTIONS
    return not OPTIONS.isdisjoint(fields(spec.root).keys() - own) or not own.isdisjoint(fields(spec).keys())


def _has_spec(value: Any) -> bool:
    if isinstance(value, (tuple, Mapping)):
        return any(map(_has_spec, value.values() if isinstance(value, Mapping) else value))
    return isinstance(value, Spec)


def is_json(annotation: Any) -> bool:
    """Whether a field takes any JSON, in which 1 and 1.0 are not the same."""
    return annotation is Any or any(map(is_json, get_args(annotation)))


def _short(value: Any) -> Any:
    """A setting with whole numbers as people write them."""
    if isinstance(value, Mapping):
        return {key: _short(member) for key, member in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT else value


def _replaced(value: Any, written: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(member, written) for key, member in value.items()}
    if isinstance(value, list):
        return [_replaced(item, written) for item in value]
    return written.get(value, value) if isinstance(value, str) else value
