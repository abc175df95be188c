"""The schemas in the description of the API (OpenAPI): of the file's parts, as `plait schema` has them, and of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.graph.schema import json_schema
from plait.jobs.records import ENDED, QUEUED, RUNNING

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "integer", "minimum": 0}
_TIME: Schema = {"type": "string", "format": "date-time"}
_ANY: Schema = {}


def components() -> dict[str, Schema]:
    """By name."""
    return {**_of_the_file(), **_of_answers()}


def _of_the_file() -> dict[str, Schema]:
    whole = _moved(json_schema())
    found: dict[str, Schema] = whole.pop("$defs")
    whole.pop("$schema")
    found["Graph"] = found.pop("GraphSpec")
    config = _renamed(whole)
    found = {name: _renamed(schema) for name, schema in found.items()}
    partial = {key: _removable(value) if key in ("predictors", "graphs") else value for key, value in config["properties"].items()}
    return {**found, "Config": config, "Partial": {**config, "title": "part of a plait.yaml", "properties": partial}}


def _removable(section: Schema) -> Schema:
    """The entries of a section, where null takes one out."""
    entries = {pattern: {"anyOf": [value, {"type": "null"}]} for pattern, value in section.get("patternProperties", {}).items()}
    return {**{key: value for key, value in section.items() if key != "default"}, "patternProperties": entries}


def _moved(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_components(each) if key == "$ref" else _moved(each) for key, each in value.items()}
    return [_moved(each) for each in value] if isinstance(value, list) else value


def _to_components(target: Any) -> Any:
    return target.replace("#/$defs/", "#/components/schemas/") if isinstance(target, str) else _moved(target)


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _graph(each) if key == "$ref" else _renamed(each) for key, each in value.items()}
    return [_renamed(each) for each in value] if isinstance(value, list) else value


def _graph(target: Any) -> Any:
    old, new = "#/components/schemas/GraphSpec", "#/components/schemas/Graph"
    return new if target == old else target


def _record(fields: Mapping[str, Schema], *, closed: bool = True, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in fields if name not in optional]
    return {
        "type": "object",
        "required": required,
        "properties": dict(fields),
        **({"additionalProperties": False} if closed else {}),
    }


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _of_answers() -> dict[str, Schema]:
    change = {"path": _TEXT, "change": {"enum": ["added", "removed", "changed"]}, "from": _ANY, "to": _ANY}
    revision = {"number": _NUMBER, "created": _TIME, "author": _TEXT, "reason": _TEXT, "active": _FLAG}
    revision["difference"] = _list(_ref("Difference"))
    outcome = {"revision": _NUMBER, "dry_run": _FLAG, "warnings": _list(_TEXT), "pending": _list(_NUMBER)}
    where = {"path": _TEXT, "place": _list(_ANY), "line": _maybe(_NUMBER), "column": _maybe(_NUMBER)}
    problem = {"type": _TEXT, "title": _TEXT, "status": _NUMBER, "detail": _TEXT, "request_id": _TEXT}
    problem["problems"] = _list(_ref("WhatIsWrong"))
    return {
        "Difference": _record(change),
        "Changed": _record({**outcome, "difference": _list(_ref("Difference"))}),
        "Marked": _record({**outcome, "predictor": _TEXT, "excluded": _FLAG, "in_flight": _NUMBER}),
        "RevisionEntry": _record(revision),
        "Revision": _record({**revision, "config": {"type": "object"}}),
        "Revisions": _record({"revisions": _list(_ref("RevisionEntry")), "next": _maybe(_NUMBER)}),
        "Reason": _record({"reason": {**_TEXT, "maxLength": 500}}, optional=("reason",)),
        "Feedback": _record({"request_id": {**_TEXT, "minLength": 1, "maxLength": 128}, "truth": _ANY}),
        "Judged": _record({"right": _by_name(_FLAG)}),
        "WhatIsWrong": _record({**where, "message": _TEXT, "hint": _TEXT}),
        "Problem": _record(problem, closed=False, optional=("problems",)),
        **_of_status(),
        **_of_jobs(),
    }


def _of_status() -> dict[str, Schema]:
    facts = {"type": "object"}
    worker = {"proxy": _TEXT, "worker": _NUMBER, "running": _NUMBER}
    seconds = _maybe({"type": "number", "minimum": 0})
    graph = {"route": _TEXT, "requests": _NUMBER, "errors": _NUMBER, "p50": seconds, "p95": seconds, "p99": seconds}
    mark = _maybe(_record({"author": _TEXT, "reason": _TEXT, "since": _TIME}))
    version = _record({"declared": _maybe(_TEXT), "reported": _maybe(_TEXT), "matches": _maybe(_FLAG)}, closed=False)
    predictor = {"enabled": _FLAG, "excluded": mark, "version": version, "in_flight": _NUMBER, "replicas": _list(facts)}
    whole = {
        "version": _TEXT,
        "revision": _NUMBER,
        "workers": _list(_record(worker, closed=False)),
        "graphs": _by_name(_record(graph, closed=False)),
        "predictors": _by_name(_record({**predictor, "accuracy": _maybe(facts)}, closed=False)),
        "file": _maybe(facts),
        "store": _record({"ok": _FLAG, "error": _maybe(_TEXT)}, closed=False),
        "rollout": _maybe(facts),
    }
    return {"Status": _record(whole, closed=False)}


def _of_jobs() -> dict[str, Schema]:
    status = {"enum": [QUEUED, RUNNING, *ENDED]}
    entry = {
        "id": {**_TEXT, "pattern": "^[0-9a-f]{32}$"},
        "graph": _TEXT,
        "status": status,
        "queue": _maybe(_TEXT),
        "client": _TEXT,
        "created": _TIME,
        "begun": _maybe(_TIME),
        "finished": _maybe(_TIME),
        "revision": _NUMBER,
        "request_id": _TEXT,
    }
    part = {"status": _TEXT, "code": _maybe(_NUMBER), "ms": {"type": "number"}, "attempts": _NUMBER}
    part |= {"endpoint": _maybe(_TEXT), "error": _maybe(_TEXT), "output": _ANY}
    found = {"parts": _by_name(_ref("JobPart")), "result": _ANY, "complete": _maybe(_FLAG), "error": _ANY}
    return {
        "JobEntry": _record(entry),
        "Jobs": _record({"jobs": _list(_ref("JobEntry")), "next": _maybe(_TEXT)}),
        "JobPart": _record(part, optional=("output",)),
        "Job": _record({**entry, **found}),
    }
