"""Revisions: what was active, who made it so, and back again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BeforeValidator
from starlette.responses import Response

from plait.control.api.answers import resource
from plait.control.api.asked import Asked, At
from plait.control.api.bodies import reason
from plait.control.api.changing import Changing
from plait.control.api.described import CHANGED, GUARDED, READ, READING, answer, body_of
from plait.control.api.entries import ENTRY
from plait.control.secrets import masked

if TYPE_CHECKING:
    from plait.control.revisions import Entry

LARGEST = 2**31 - 1
MOST = 100

router = APIRouter(prefix="/revisions", tags=["revisions"])


def digits(value: object) -> object:
    """A whole number as people write it; `1.0` and `+1` are none.

    Raises:
        ValueError: If it is none.
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value) is None:
        raise ValueError("is no whole number")
    return value


WHOLE = BeforeValidator(digits)
Number = Annotated[int, Path(ge=1, le=LARGEST, description="The revision's number."), WHOLE]
_PAGE = READ | {200: answer("Some revisions, the newest first.", "Revisions")}
_ONE = READ | {200: answer("A revision, with the whole file as it was written.", "Revision")}


@router.get("", summary="Revisions, the newest first", responses=_PAGE, dependencies=READING)
async def page(
    request: Request,
    at: At,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many."), WHOLE] = 20,
    before: Annotated[int, Query(ge=1, le=LARGEST, description="Only those with a smaller number."), WHOLE] = LARGEST,
) -> Response:
    """`next` is what `before` must be to go on; null at the end."""
    active = at.ledger.active.number
    found = await at.ledger.history(before, limit)
    more = found[-1].number if len(found) == limit and found[-1].number > 1 else None
    return resource(request, active, {"revisions": [facts(entry, active) for entry in found], "next": more})


@router.get(f"/{{number:{ENTRY}}}", summary="One revision, whole", responses=_ONE, dependencies=READING)
async def one(request: Request, number: Number, at: At) -> Response:
    """With secrets as `***`."""
    active = at.ledger.active.number
    found = await at.ledger.revision(number)
    return resource(request, active, {**facts(found, active), "config": masked(found.data)})


@router.post(
    f"/{{number:{ENTRY}}}:activate",
    summary="Go back to a revision",
    responses=CHANGED,
    dependencies=GUARDED,
    openapi_extra=body_of("Reason", required=False),
)
async def activate(request: Request, number: Number, at: At, asked: Asked) -> Response:
    """What it says becomes a new revision; marks of excluded predictors stay."""
    why = await reason(request)
    return await Changing(at, request, asked).activate(number, why)


def facts(entry: Entry, active: int) -> dict[str, Any]:
    """A revision as JSON, without its data."""
    return {
        "number": entry.number,
        "created": entry.created.isoformat(timespec="milliseconds"),
        "author": entry.author,
        "reason": entry.reason,
        "active": entry.number == active,
        "difference": list(entry.difference),
    }
