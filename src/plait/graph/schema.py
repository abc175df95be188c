"""The JSON Schema of the file, for editors and for programs that write files."""

from __future__ import annotations

from typing import Any

from plait.graph.spec import OPTIONS, Config
from plait.nodes.union import KINDS, own_fields
from plait.spec.bounds import UNLIMITED, count_value
from plait.spec.fields import DURATION, SHARE, SIZE, duration_text, share_text, size_text

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NAME = {"type": "string", "description": "The name of a predictor or graph."}
_TEXTS = {DURATION: duration_text, SIZE: size_text, SHARE: share_text}
_BY_NAME = ("properties", "patternProperties", "$defs")
_INSTANCES = ("default", "examples", "enum", "const")


def json_schema() -> dict[str, Any]:
    """The schema, draft 2020-12. It knows the form only: names, cycles and expressions are for `plait check`."""
    schema = Config.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    kinds = [kind.__name__ for kind in KINDS]
    # The union of the kinds stands wherever a node may: one definition takes its place.
    node = {"oneOf": [_ref(kind) for kind in kinds]}
    graph: dict[str, Any] = definitions["GraphSpec"]["properties"]
    options = {key: graph[key] for key in graph if key in OPTIONS}
    for kind, spec in zip(kinds, KINDS, strict=True):
        own = _mapping(definitions[kind])
        definitions[kind] = own
        more = {key: option for key, option in options.items() if key not in own_fields(spec)}
        definitions[f"{kind}Graph"] = {**own, "properties": {**own["properties"], **more}}
    definitions["GraphSpec"] = _choice(f"{kind}Graph" for kind in kinds)
    tidy: dict[str, Any] = _tidy(schema, node)
    tidy["$defs"]["Node"] = _choice(kinds)
    return {"$schema": _DRAFT, "title": "plait.yaml", **tidy}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _choice(names: Any) -> dict[str, Any]:
    return {"anyOf": [_NAME, *map(_ref, names)]}


def _mapping(kind: dict[str, Any]) -> dict[str, Any]:
    """The mapping among a kind's forms."""
    forms: list[dict[str, Any]] = kind.get("anyOf", [kind])
    return forms[-1]


def _tidy(schema: Any, node: dict[str, Any]) -> Any:
    """The same without titles, with nodes by reference, closed to other names, and with defaults as a file says them."""
    if isinstance(schema, list):
        return [_tidy(item, node) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("oneOf") == node["oneOf"]:
        schema = {**_ref("Node"), **{key: value for key, value in schema.items() if key != "oneOf"}}
    tidy = {key: _part(key, value, node) for key, value in schema.items() if key != "title"}
    if "patternProperties" in tidy:
        tidy.setdefault("additionalProperties", False)
    text = _TEXTS.get(tidy.get("pattern", ""))
    if text and isinstance(tidy.get("default"), (int, float)):
        tidy["default"] = text(tidy["default"])
    if tidy.get("default") == UNLIMITED:
        tidy["default"] = count_value(UNLIMITED)
    return tidy


def _part(key: str, value: Any, node: dict[str, Any]) -> Any:
    if key in _BY_NAME:
        return {name: _tidy(schema, node) for name, schema in value.items()}
    return value if key in _INSTANCES else _tidy(value, node)
