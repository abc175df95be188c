"""From pydantic's errors to problems in the words of the file."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from plait.errors import Problem
from plait.graph.document import Document, path_text, shown
from plait.graph.hints import nearest
from plait.graph.locate import locate
from plait.graph.spec import OPTIONS, Config
from plait.nodes.link import At
from plait.nodes.merges import BY_KEY as MERGES
from plait.nodes.merges import WHOLE
from plait.nodes.union import BY_KEY
from plait.spec.base import Spec
from plait.spec.sinks import BY_KEY as SINKS

_MESSAGES = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "does not match {pattern}",
}
_ADVICE = {"url": 'add url: "http://host:port"'}
_FORMS: dict[Any, str] = {
    "retry": "{attempts: 3}",
    "hedge": "{after: p95}",
    "limit": "{in_flight: 8}",
    "health": "{path: /health}",
}
_GRAPH = "write the name of a predictor, or a mapping such as parallel: […]"


def problem(error: ErrorDetails, data: Any, document: Document) -> Problem:
    """The problem that a validation error tells of.

    Args:
        error: With `loc` from the whole file's data on.
        data: What was validated.
        document: Where it stands.
    """
    loc: At = error["loc"]
    at = locate(loc, data)
    if error["type"] == "extra_forbidden":
        key, at = at[-1], at[:-1]
        return Problem(path_text(at), f"unknown key {shown(str(key))}", _about_key(loc), *document.key_place((*at, key)), place=at)
    message, hint = _said(error, at)
    found = document.problem(at, message, hint)
    if loc[-1:] == ("[key]",):
        found.line, found.column = document.key_place(at)
    return found


def _said(error: ErrorDetails, at: At) -> tuple[str, str]:
    kind, value, ctx = error["type"], error["input"], error.get("ctx", {})
    if kind == "missing":
        key = str(error["loc"][-1])
        return f"needs {key}", _ADVICE.get(key, f"add {key}: …")
    if kind == "model_type" and (at[:1] == ("graphs",) or at[-1] in _FORMS):
        return _no_mapping(error["loc"], at)
    if kind == "tuple_type" and at[:1] == ("graphs",):
        return _no_list(error["loc"], value)
    if kind == "merge":
        return "is no merge", _about_merge(value) or error["msg"].partition("; ")[2]
    if kind in _MESSAGES:
        return _MESSAGES[kind].format_map(ctx), _about_value(kind, value)
    # Ours say first what is wrong, then how to mend it.
    text = str(ctx["error"]) if kind == "value_error" else error["msg"]
    message, _, hint = text.partition("; ")
    return message, hint


def _no_list(loc: At, value: Any) -> tuple[str, str]:
    if loc[-1] == "listed":
        return "must be a list or a mapping of branches", f"write [{value}]" if isinstance(value, str) else ""
    parts = _parts(loc)
    hint = f"write [{', '.join(map(_form, parts))}]" if parts else f"write [{value}]" if isinstance(value, str) else ""
    return _MESSAGES["tuple_type"], hint


def _about_merge(value: Any) -> str:
    """What somebody meant who nearly wrote a merge, or nothing."""
    if isinstance(value, str) and value in MERGES:
        return f"write {_form(MERGES[value])}"
    words = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
    near = [match for word in words for match in get_close_matches(str(word), [*WHOLE, *MERGES], 1)]
    return f"did you mean {near[0]}?" if near and len(words) == 1 else ""


def _about_value(kind: str, value: Any) -> str:
    if value is None:
        return "it is empty: give it a value, or leave it out"
    if kind == "string_type":
        return "" if isinstance(value, (dict, list)) else "put it in quotes"
    if kind == "bool_type" and value in ("yes", "no", "on", "off"):
        return f"{value} is text"
    return "take away the quotes" if kind == "int_type" and isinstance(value, str) and value.isdigit() else ""


def _about_key(loc: At) -> str:
    key = str(loc[-1])
    if loc[:1] == ("sinks",) and len(loc) > 3:  # noqa: PLR2004 - a section, a name and a kind stand before it
        return nearest(key, _keys(SINKS[str(loc[2])]))
    if not _in_graph(loc):
        return nearest(key, _keys(_within(loc[:-1])))
    word = str(loc[-2])
    node = BY_KEY.get(word)
    if node is None:
        models = [MERGES[word]] if word in MERGES else _parts(loc[:-1])
        return nearest(key, [name for model in models for name in _keys(model)])
    own = _keys(node)
    if loc[2:-2] == ("root",):
        return nearest(key, [*own, *sorted(OPTIONS.difference(own))])
    return "it is an option of graphs; put it beside the graph's first node" if key in OPTIONS else nearest(key, own)


def _in_graph(loc: At) -> bool:
    """Whether a path leads into a graph's nodes; a predictor may be called root, too."""
    return loc[:1] == ("graphs",) and loc[2:3] == ("root",)


def _no_mapping(loc: At, at: At) -> tuple[str, str]:
    form = _FORMS.get(at[-1]) if len(at) > 2 else None  # noqa: PLR2004 - the second is a name that somebody gave
    if form is not None:
        return "must be a mapping", f"write {at[-1]}: {form}"
    parts = _parts(loc)
    if parts:
        return "must be a mapping", f"write {' or '.join(map(_form, parts))}"
    return ("is no graph", _GRAPH) if at[0] == "graphs" else (_MESSAGES["model_type"], "")


def _parts(loc: At) -> tuple[type[Spec], ...]:
    """The specs, such as the cases of a switch or a cache, that may stand at a path within the innermost node."""
    kinds = [BY_KEY[str(word)] for word in loc if word in BY_KEY]
    if not _in_graph(loc) or not kinds:
        return ()
    field = kinds[-1].model_fields.get(str(loc[-1]))
    option = [choice for choice in get_args(field.annotation) if _is_model(choice)] if field else []
    return tuple(option) or kinds[-1].parts


def _form(part: type[Spec]) -> str:
    return "{" + ", ".join(f"{field.alias or key}: …" for key, field in part.model_fields.items() if field.is_required()) + "}"


def _within(loc: At) -> Any:
    """The type of what stands at a path outside of graphs."""
    kind: Any = Config
    for word in loc:
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
        elif isinstance(word, int):  # of a list, which is a tuple once it is valid
            kind = get_args(kind)[0] if get_origin(kind) is tuple else None
        else:
            models = [choice for choice in (kind, *get_args(kind)) if _is_model(choice)]
            field = models[0].model_fields.get(str(word)) if models else None
            kind = field.annotation if field else None
    return kind


def _keys(kind: Any) -> list[str]:
    models = [choice for choice in (kind, *get_args(kind)) if _is_model(choice)]
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
