"""Answers of the admin API: values with the revision that they stand in, and problems (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from plait.control.api.preconditions import etag, unchanged
from plait.control.api.refusals import Unauthorized
from plait.control.errors import InUse
from plait.control.told import problems
from plait.errors import ConfigError, MethodNotAllowed, PlaitError
from plait.graph.yaml_out import write
from plait.http1.problem import AGAIN_LATER, MEDIA_TYPE, RETRY_AFTER_SECONDS, usual

JSON = "application/json"
YAML = "application/yaml"
_YAML_TYPES = (YAML, "application/x-yaml", "text/yaml")

_encode = msgspec.json.Encoder().encode


def value(found: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(_encode(found), status, headers, JSON)


def resource(request: Request, revision: int, found: Any, media: str = JSON) -> Response:
    """What a client reads, unless it has it already: JSON, or YAML where it asks for that; text of another type as it is."""
    headers = {"ETag": etag(revision), "Vary": "Accept"}
    if unchanged(request.headers.get("if-none-match"), revision):
        return Response(status_code=304, headers=headers)
    if media != JSON:
        return Response(found, 200, headers, media)
    if isinstance(found, dict) and wants_yaml(request.headers.get("accept", "")):
        return Response(write(found), 200, headers, YAML)
    return value(found, headers=headers)


def wants_yaml(accept: str) -> bool:
    """Whether a client names YAML, and neither JSON nor anything at all before it."""
    for item in accept.lower().split(","):
        name = item.split(";")[0].strip()
        if name in _YAML_TYPES:
            return True
        if name in (JSON, "*/*", "application/*"):
            return False
    return False


def problem(error: PlaitError, request_id: str) -> Response:
    """The answer that tells a client what went wrong."""
    members = usual(error, request_id)
    headers = {"X-Request-Id": request_id}
    if isinstance(error, ConfigError):
        members["detail"] = f"{_number(len(error.problems))}; nothing was changed"
        members["problems"] = list(problems(error.problems))
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allow
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="plait"'
    if isinstance(error, InUse):
        members["problems"] = list(problems(error.problems))
    if error.status in AGAIN_LATER:
        headers["Retry-After"] = str(math.ceil(error.retry_after or RETRY_AFTER_SECONDS))
    return Response(_encode(members), error.status, headers, MEDIA_TYPE)


def _number(count: int) -> str:
    return "there is one problem" if count == 1 else f"there are {count} problems"
