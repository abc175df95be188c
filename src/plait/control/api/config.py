"""The whole file; and several changes at once."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from plait.control.api.answers import resource
from plait.control.api.asked import Asked, At
from plait.control.api.bodies import document
from plait.control.api.changing import Changing
from plait.control.api.described import CHANGED, GUARDED, READ, READING, body_of, read_of
from plait.control.merge import apply, whole
from plait.control.secrets import masked

router = APIRouter(tags=["config"])


@router.get("/config", summary="The whole file", responses=READ | read_of("Config"), dependencies=READING)
async def read(request: Request, at: At) -> Response:
    """As it was written, with what the API has changed since; without its comments."""
    active = at.ledger.active
    return resource(request, active.number, masked(active.data))


@router.put("/config", summary="Replace the whole file", responses=CHANGED, dependencies=GUARDED, openapi_extra=body_of("Config"))
async def replace(request: Request, at: At, asked: Asked) -> Response:
    """Secrets that read `***` stay as they are."""
    said = await document(request)
    return await Changing(at, request, asked).propose(whole(said))


@router.post("/apply", summary="Change several at once", responses=CHANGED, dependencies=GUARDED, openapi_extra=body_of("Partial"))
async def apply_part(request: Request, at: At, asked: Asked) -> Response:
    """A part of a file: each entry in it replaces the one of that name, null removes it; all or none."""
    said = await document(request)
    return await Changing(at, request, asked).propose(apply(said))
