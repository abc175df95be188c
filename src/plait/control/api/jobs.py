"""Jobs of everybody: listed, looked at, cancelled, let run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from plait.control.api.answers import value
from plait.control.api.asked import Asked, At, Change
from plait.control.api.bodies import reason
from plait.control.api.described import ASKED, answer, body_of, problems
from plait.control.api.entries import ENTRY
from plait.control.api.gate import told
from plait.control.api.revisions import MOST, WHOLE
from plait.jobs.records import Wanted
from plait.jobs.state import moment
from plait.spec.fields import NAME

if TYPE_CHECKING:
    from plait.control.jobs import Acted
    from plait.jobs.records import ListedJob

_ID = "^[0-9a-f]{32}$"
_EXAMPLE = "5f3c0a9e41d24b7d8f6f0c2b9a7e1d34"
_ONE = f"/{{job:{ENTRY}}}"
_READ = ASKED | problems(501, 503)
_LIST = _READ | {200: answer("Some jobs, the newest first.", "Jobs", tagged=False)}
_LOOK = _READ | problems(404) | {200: answer("The job.", "Job", tagged=False)}
_CANCEL = _LOOK | problems(403)
_RETRY = _CANCEL | problems(408, 409, 413, 415, 422)

Status = Literal["queued", "running", "succeeded", "failed", "cancelled", ""]
Id = Annotated[str, Path(description="Its id.", json_schema_extra={"pattern": _ID, "examples": [_EXAMPLE]})]
_Name = {"pattern": NAME, "max_length": 64}

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("", summary="Jobs, the newest first", responses=_LIST)
async def page(
    at: At,
    graph: Annotated[str, Query(description="Only those of this graph.", **_Name)] = "",
    status: Annotated[Status, Query(description="Only those with this status.")] = "",
    queue: Annotated[str, Query(description="Only those in this queue.", **_Name)] = "",
    before: Annotated[str, Query(description="Only those older than the job with this id.", pattern=_ID)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many."), WHOLE] = 20,
) -> Response:
    """`next` is what `before` must be to go on; null at the end."""
    statuses = (status,) if status else ()
    wanted = Wanted(graph=graph or None, status=statuses, queue=queue or None, before=before or None, limit=limit + 1)
    found = await at.jobs.listed(wanted)
    more = found[limit - 1].id if len(found) > limit else None
    return value({"jobs": [facts(job) for job in found[:limit]], "next": more})


@router.get(_ONE, summary="One job, with its parts", responses=_LOOK)
async def one(job: Id, at: At) -> Response:
    """As its client sees it, and what only its operator does; with what was answered."""
    return value(await at.jobs.find(job))


@router.delete(_ONE, summary="Cancel a job", responses=_CANCEL)
async def cancel(request: Request, job: Id, at: At, asked: Asked) -> Response:
    """Its calls stop, wherever it runs, within seconds; one that has ended stays as it is."""
    told(request.scope, author=asked.who, reason=asked.reason)
    return _answered(request, asked, await at.jobs.cancel(job, only_checked=asked.dry_run))


@router.post(f"{_ONE}/retry", summary="Let a job run again", responses=_RETRY, openapi_extra=body_of("Reason", required=False))
async def retry(request: Request, job: Id, at: At, asked: Asked) -> Response:
    """One that failed or was cancelled; what has answered is not asked again."""
    why = await reason(request)
    told(request.scope, author=asked.who, reason=asked.reason or why)
    return _answered(request, asked, await at.jobs.retry(job, only_checked=asked.dry_run))


def facts(job: ListedJob) -> dict[str, Any]:
    """A job as JSON, as a list has it."""
    return {
        "id": job.id,
        "graph": job.graph,
        "status": job.status,
        "queue": job.queue,
        "client": job.client,
        "created": moment(job.created),
        "begun": None if job.begun is None else moment(job.begun),
        "finished": None if job.finished is None else moment(job.finished),
        "revision": job.revision,
        "request_id": job.request_id,
    }


def _answered(request: Request, asked: Change, acted: Acted) -> Response:
    if asked.dry_run:
        told(request.scope, changed=True, code="checked")
    else:
        told(request.scope, changed=acted.changed)
    return value(acted.job)
