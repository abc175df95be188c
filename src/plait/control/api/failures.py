"""Whatever goes wrong in a route, as a problem."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from plait.control.api.answers import problem
from plait.control.api.gate import told
from plait.control.api.preconditions import etag
from plait.control.errors import StoreDown
from plait.errors import BadRequest, ConfigError, MethodNotAllowed, NotFound, PlaitError, Problem
from plait.graph.document import path_text
from plait.graph.hints import nearest

if TYPE_CHECKING:
    from starlette.types import Scope

_NOT_FOUND, _NOT_ALLOWED = 404, 405
_STALE = 412


class BadParameters(ConfigError):
    """Parameters that are none, each with what is wrong."""

    code, title, status = "bad-request", "Bad request", 400


def answer_failures(app: FastAPI) -> None:
    """Have an app answer them."""
    app.add_exception_handler(PlaitError, _plait)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _parameters)


def only_known(request: Request) -> None:
    """Refuse query parameters that the route does not know: one that is misspelled must not pass for none, or a dry run is wet.

    Raises:
        BadParameters: With each of them.
    """
    known = [field.alias for field in _query_fields(request.scope)]
    found = []
    for name in request.query_params:
        if name not in known:
            found.append(
                Problem(path_text(("query", name)), "is an unknown parameter", nearest(name, known), place=("query", name))
            )
        elif len(request.query_params.getlist(name)) > 1:
            found.append(Problem(path_text(("query", name)), "is there twice", "give it once", place=("query", name)))
    if found:
        raise BadParameters(found)


def answered(request: Request, error: PlaitError) -> Response:
    """The problem, with what is active where another was expected."""
    told(request.scope, code=error.code)
    response = problem(error, request.state.request_id)
    if error.status == _STALE:
        try:
            response.headers["ETag"] = etag(request.app.state.desk.ledger.active.number)
        except StoreDown as exc:
            return problem(exc, request.state.request_id)
    return response


async def _plait(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, PlaitError)  # noqa: S101 - it is registered for these only
    return answered(request, exc)


async def _http(request: Request, exc: Exception) -> Response:
    status = getattr(exc, "status_code", _NOT_FOUND)
    if status == _NOT_FOUND:
        return answered(request, NotFound("there is no such route; /docs has those that there are"))
    if status == _NOT_ALLOWED:
        allowed = ", ".join(_methods(request.scope))
        return answered(request, MethodNotAllowed(f"this route takes {allowed}", allowed))
    return answered(request, BadRequest("the request cannot be read"))


async def _parameters(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # noqa: S101 - it is registered for these only
    found = exc.errors()
    if any(each["loc"][0] == "path" for each in found):
        return answered(request, NotFound("there is nothing of that name"))
    places = [(tuple(str(step) for step in each["loc"]), str(each["msg"])) for each in found]
    return answered(request, BadParameters([Problem(path_text(at), _sentence(text), place=at) for at, text in places]))


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:]


def _methods(scope: Scope) -> list[str]:
    """The methods of all routes with a path; of those that are not described, the pages, it is GET."""
    paths = scope["app"].openapi()["paths"]
    found = [methods for path, methods in paths.items() if re.fullmatch(re.sub(r"\{\w+\}", "[^/:]+", path), scope["path"])]
    return sorted({method.upper() for methods in found for method in methods}) or ["GET"]


def _query_fields(scope: Scope) -> list[Any]:
    queue, found = [scope["route"].dependant], []
    while queue:
        dependant = queue.pop()
        found += dependant.query_params
        queue += dependant.dependencies
    return found
