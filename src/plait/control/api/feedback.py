"""The true answers of requests, by which predictors are measured."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from plait.control.api.answers import value
from plait.control.api.asked import At
from plait.control.api.bodies import SOURCE, document
from plait.control.api.described import ASKED, answer, body_of, problems
from plait.errors import ConfigError, NotFound, Problem
from plait.graph.document import Document

LONGEST = 128
_ANSWERS = ASKED | problems(403, 404, 408, 413, 415, 422, 503) | {200: answer("It was taken in.", "Judged", tagged=False)}

router = APIRouter(tags=["predictors"])


@router.post(
    "/feedback", summary="Say what the true answer of a request was", responses=_ANSWERS, openapi_extra=body_of("Feedback")
)
async def feedback(request: Request, at: At) -> Response:
    """`request_id` is the id that the request was answered with; its answers must still be known."""
    said = await document(request)
    if wrong := list(_wrong(said)):
        raise ConfigError(wrong, SOURCE)
    ask = at.known.feedback
    judged = None if ask is None else await ask(said.data["request_id"], said.data["truth"])
    if judged is None:
        raise NotFound("no answers of that request are known; they are kept for a while, of predictors that have `feedback`")
    return value({"right": judged})


def _wrong(said: Document) -> list[Problem]:
    found = list(said.problems)
    if not isinstance(said.data, dict):
        return [*found, said.problem((), "is no mapping", "write it as {request_id: …, truth: …}")]
    found += [said.problem((key,), "is an unknown key") for key in said.data if key not in ("request_id", "truth")]
    found += [said.problem((), f"needs {key}") for key in ("request_id", "truth") if key not in said.data]
    name = said.data.get("request_id", "?")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
        found.append(said.problem(("request_id",), "is no id of a request", f"write a text of at most {LONGEST} characters"))
    return found
