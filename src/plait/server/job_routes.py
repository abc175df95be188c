"""The routes of jobs: look, wait, listen, cancel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from plait.errors import MethodNotAllowed, NotFound
from plait.http1.ids import request_id
from plait.http1.problem import problem
from plait.server.answers import sees_details
from plait.server.forms import NDJSON, SSE, form_of
from plait.server.job_answers import ROUTE, shown
from plait.server.job_events import JobEvents
from plait.server.waited import waited
from plait.server.wish import longest_wait

if TYPE_CHECKING:
    from plait.http1.messages import Reply, Request, Response
    from plait.server.forms import Events
    from plait.server.lasting import Lasting
    from plait.types import Started

_EVENTS = "events"
_METHODS = {"": ("GET", "HEAD", "DELETE"), _EVENTS: ("GET", "HEAD")}


class JobRoutes:
    """Answers what clients ask about jobs; each knows of its own only.

    Args:
        lasting: The worker's state.
        details: Whether callers that are not on loopback see addresses and errors of parts.
    """

    def __init__(self, lasting: Lasting, *, details: bool) -> None:
        self._lasting = lasting
        self._details = details

    def __call__(self, request: Request, reply: Reply) -> Started:
        """Answer a request for a path below `ROUTE`."""
        own_id = request_id(request.headers, request.query)
        job, slash, what = request.path.removeprefix(ROUTE).partition("/")
        if request.method in ("GET", "HEAD") and what == _EVENTS:
            return self._events(request, reply, job, own_id)
        work = partial(self._answer, request, job, f"{slash}{what}", own_id)
        return self._lasting.tasks.start(work, reply, partial(problem, request_id=own_id))

    async def _answer(self, request: Request, job: str, rest: str, own_id: str) -> Response:
        methods = _METHODS.get(rest.removeprefix("/"), ()) if rest != "/" else ()
        if not methods:
            raise NotFound("there is no such route; a job is at /jobs/<id>, its events are at /jobs/<id>/events")
        if request.method not in methods:
            allow = ", ".join(methods)
            raise MethodNotAllowed(f"this route takes {allow} only", allow)
        jobs, client = self._lasting.jobs, request.client
        if request.method == "DELETE":
            state = await jobs.cancel(job, client)
        elif wait := longest_wait(request.headers):
            state = await waited(self._lasting, job, client, wait)
        else:
            state = await jobs.find(job, client)
        return shown(state, own_id, details=self._sees_details(request))

    def _events(self, request: Request, reply: Reply, job: str, own_id: str) -> Started:
        form = form_of(request.headers.get(b"accept", b""))
        events: Events = NDJSON if form is not None and form.events is NDJSON else SSE
        stream = JobEvents(self._lasting, reply, events, own_id, details=self._sees_details(request))
        stream.start(job, request.client, head_only=request.method == "HEAD")
        return stream

    def _sees_details(self, request: Request) -> bool:
        return sees_details(request.peer, everybody=self._details)
