"""How all is at present, in words and in numbers; and whether this port answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response

from plait.control.api.answers import value
from plait.control.api.asked import At
from plait.control.api.described import ASKED, answer, problems
from plait.control.api.overview import overview
from plait.control.api.preconditions import etag
from plait.control.errors import StoreDown
from plait.control.metrics import OPENMETRICS, Known, exposition

if TYPE_CHECKING:
    from plait.control.api.terms import Desk
    from plait.control.counting import JobsTold

router = APIRouter(tags=["status"])
_ALIVE = {"type": "object", "required": ["alive"], "properties": {"alive": {"const": True}}, "additionalProperties": False}
_LIVEZ = problems(400, 421) | {200: answer("It does.", _ALIVE, tagged=False)}
_STATUS = ASKED | problems(503) | {200: answer("How all is.", "Status")}
_TEXT = {"schema": {"type": "string"}}
_METRICS = ASKED | {200: {"description": "Metrics.", "content": {"text/plain": _TEXT, OPENMETRICS: _TEXT}}}


@router.get("/status", summary="What each worker runs, and how predictors and graphs do", responses=_STATUS)
async def status(at: At) -> Response:
    """Counts are those of all workers here together, since this plait was started."""
    return value(await overview(at), headers={"ETag": etag(at.ledger.active.number)})


@router.get("/metrics", summary="Numbers for Prometheus", responses=_METRICS, response_class=Response)
async def metrics(request: Request, at: At) -> Response:
    """In the text format, or OpenMetrics where that is asked for."""
    snapshots = await at.plant.snapshot()
    jobs = await at.jobs.counting.look()
    accept = request.headers.get("accept", "")
    text, kind = await asyncio.to_thread(exposition, snapshots, known(at, jobs), at.totals, accept)
    return Response(text, media_type=kind)


@router.get("/livez", summary="Whether this port answers", responses=_LIVEZ, openapi_extra={"security": []})
async def livez() -> Response:
    """For probes; needs no token."""
    return value({"alive": True})


def known(at: Desk, jobs: JobsTold) -> Known:
    """What the control process knows itself."""
    file = at.known.file()
    try:
        config, revision, marks = at.ledger.config, at.ledger.active.number, at.ledger.marks
    except StoreDown:
        config, revision, marks = None, None, {}
    accuracy = at.known.accuracy()
    return Known(
        graphs=list(config.graphs) if config else (),
        sinks=list(config.sinks) if config else (),
        predictors=list(config.predictors) if config else (),
        workers=[state.worker for state in at.plant.workers()],
        desired=revision,
        store_up=bool(at.known.store().get("ok")),
        config_valid=None if file is None else file["state"] != "invalid",
        excluded=list(marks),
        changes=dict(at.known.changes),
        accuracy={name: facts["share"] for name, facts in accuracy.items() if facts["share"] is not None},
        jobs=jobs,
    )
