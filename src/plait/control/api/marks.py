"""Predictors taken out and put back while requests flow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response

from plait.control.api.answers import value
from plait.control.api.asked import Asked, At, Change
from plait.control.api.bodies import reason
from plait.control.api.changing import Changing
from plait.control.api.described import CHANGE, GUARDED, answer, body_of
from plait.control.api.entries import ENTRY, Name, found
from plait.control.api.preconditions import etag

if TYPE_CHECKING:
    from plait.control.api.terms import Desk

PAUSE = 0.1
"""Seconds from one look at what is in flight to the next."""
_PATH = f"/predictors/{{name:{ENTRY}}}"
_ANSWERS = CHANGE | {
    200: answer("All workers here run it, or it was only checked.", "Marked"),
    202: answer("Some workers here do not run it yet, or calls are still in flight.", "Marked"),
}

router = APIRouter(tags=["predictors"])
_REASON = body_of("Reason", required=False)


@router.post(f"{_PATH}:exclude", summary="Take a predictor out", responses=_ANSWERS, dependencies=GUARDED, openapi_extra=_REASON)
async def exclude(request: Request, name: Name, at: At, asked: Asked) -> Response:
    """A parallel answers as if it had no such branch; edits, rollbacks and restarts keep it so until `:include`."""
    return await _mark(request, name, at, asked, excluded=True)


@router.post(f"{_PATH}:include", summary="Put it back", responses=_ANSWERS, dependencies=GUARDED, openapi_extra=_REASON)
async def include(request: Request, name: Name, at: At, asked: Asked) -> Response:
    """What `:exclude`, `:drain` or a rule took out is asked again."""
    return await _mark(request, name, at, asked, excluded=False)


@router.post(f"{_PATH}:drain", summary="Take it out, and wait", responses=_ANSWERS, dependencies=GUARDED, openapi_extra=_REASON)
async def drain(request: Request, name: Name, at: At, asked: Asked) -> Response:
    """As `:exclude`; answers when none of its calls are in flight any more, or says how many still are."""
    return await _mark(request, name, at, asked, excluded=True, drain=True)


async def _mark(request: Request, name: str, at: Desk, asked: Change, *, excluded: bool, drain: bool = False) -> Response:
    why = await reason(request)
    found(at.ledger.active.data, "predictors", name)
    changing = Changing(at, request, asked)
    outcome = await changing.mark(name, why, excluded=excluded)
    pending = await changing.live(outcome)
    flying = await _drained(at, name) if drain and not outcome.dry_run else 0
    if drain and not flying and not outcome.dry_run:
        at.bus.publish("drained", predictor=name, author=asked.author)
    facts = {
        "revision": outcome.revision,
        "predictor": name,
        "excluded": excluded,
        "dry_run": outcome.dry_run,
        "warnings": list(outcome.warnings),
        "pending": pending,
        "in_flight": flying,
    }
    return value(facts, 202 if pending or flying else 200, {"ETag": etag(outcome.revision)})


async def _drained(at: Desk, name: str) -> int:
    """Wait until nothing is in flight; how much still is when time is up."""
    deadline = asyncio.get_running_loop().time() + at.terms.drain
    while flying := await in_flight(at, name):
        if asyncio.get_running_loop().time() >= deadline:
            break
        await asyncio.sleep(PAUSE)
    return flying


async def in_flight(at: Desk, name: str) -> int:
    """Calls of a predictor that are in flight or wait, in all workers here."""
    told = [snapshot["predictors"].get(name, {}) for snapshot in await at.plant.snapshot()]
    return sum(facts.get("in_flight", 0) + facts.get("waiting", 0) for facts in told)
