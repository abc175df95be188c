"""What the description of the API (OpenAPI) says of requests and answers."""

from __future__ import annotations

from typing import Any

from fastapi import Depends

from plait.control.api.asked import guarded, known
from plait.control.api.bodies import KINDS
from plait.http1.problem import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

GUARDED = [Depends(guarded)]
READING = [Depends(known)]
_WORDS = {
    304: "The client has it already.",
    400: "A parameter, a header or the body is malformed.",
    401: "The token is missing or wrong.",
    403: "Another's page may not change anything.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "It is in use.",
    412: "Another revision is active than `If-Match` names, or `If-None-Match` forbids it.",
    413: "The body is longer than a file may be.",
    415: "The body is neither JSON nor YAML.",
    421: "The Host is not this server's.",
    422: "The configuration that would come of it is refused, with all its problems.",
    429: "Too many wrong tokens.",
    501: "The packages that it needs are not installed.",
    503: "The store does not answer.",
}
_ETAG = {"description": "The active revision.", "required": True, "schema": {"type": "string", "pattern": r'^"[0-9]+"$'}}
_ID = {"description": "The request's id.", "required": True, "schema": {"type": "string", "pattern": r"^[A-Za-z0-9._-]{1,128}$"}}
_WAIT = {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 1}}
_BEARER = {"description": "How to authenticate.", "required": True, "schema": {"type": "string"}}
_HEADERS = {304: {"ETag": _ETAG}, 401: {"WWW-Authenticate": _BEARER}, 429: {"Retry-After": _WAIT}, 503: {"Retry-After": _WAIT}}


def ref(name: str) -> dict[str, Any]:
    """A reference to a schema of the description."""
    return {"$ref": f"#/components/schemas/{name}"}


def problems(*statuses: int) -> Responses:
    """Answers that are problems."""
    return {status: _problem(status) for status in statuses}


def answer(
    description: str, schema: str | dict[str, Any], media: str = "application/json", *, tagged: bool = True
) -> dict[str, Any]:
    """An answer that is none."""
    headers = {"ETag": _ETAG} if tagged else {}
    content = {media: {"schema": ref(schema) if isinstance(schema, str) else schema}}
    return {"description": description, "headers": {"X-Request-Id": _ID, **headers}, "content": content}


def read_of(schema: str | dict[str, Any]) -> Responses:
    """The answer to who reads a part of the file, as JSON or YAML."""
    found = answer("As the file has it, with secrets as `***`.", schema)
    found["content"]["application/yaml"] = {"schema": {"type": "string"}}
    return {200: found}


def body_of(schema: str, *, required: bool = True) -> dict[str, Any]:
    """What a request brings, as JSON or YAML."""
    content = {media: {"schema": ref(schema), "example": EXAMPLES[schema]} for media in FILE_TYPES}
    return {"requestBody": {"required": required, "content": content}}


def _problem(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {"description": _WORDS[status], "headers": {"X-Request-Id": _ID, **_HEADERS.get(status, {})}}
    if status != 304:  # noqa: PLR2004 - it has no body
        found["content"] = {MEDIA_TYPE: {"schema": ref("Problem")}}
    return found


_PREDICTOR = {"url": "http://127.0.0.1:8000"}
_GRAPH = {"parallel": ["setosa", "virginica"], "require": "any"}
EXAMPLES: dict[str, Any] = {
    "Predictor": _PREDICTOR,
    "Graph": _GRAPH,
    "Config": {"predictors": {"setosa": _PREDICTOR}, "graphs": {"predict": "setosa"}},
    "Partial": {"predictors": {"setosa": _PREDICTOR, "retired": None}},
    "Reason": {"reason": "it answers too slowly"},
    "Feedback": {"request_id": "9f86d081884c7d65", "truth": "virginica"},
}
FILE_TYPES = tuple(KINDS)
ASKED = problems(400, 401, 421, 429)
"""What any route with a token may answer."""
READ = ASKED | problems(304, 404, 503)
CHANGE = ASKED | problems(403, 404, 408, 409, 412, 413, 415, 422, 503)
CHANGED = CHANGE | {
    200: answer("It is live in all workers here, or was only checked.", "Changed"),
    202: answer("It is decided, and some workers here (`pending`) do not run it yet.", "Changed"),
}
NEW = CHANGED | {201: answer("The same, of a name that is new.", "Changed")}
