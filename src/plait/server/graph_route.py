"""A graph as a route: from request to run to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from plait.errors import PlaitError, Responded, fault
from plait.events import Part
from plait.http1.body import valid_json
from plait.http1.ids import request_id
from plait.http1.problem import problem
from plait.jobs.carried import Carried
from plait.server.answers import envelope, parts_json, plain, responded, sees_details, stream_head
from plait.server.event_stream import EventStream
from plait.server.forms import PLAIN, form_of
from plait.server.job_answers import accepted, location, outcome
from plait.server.late import Patient, Submitted
from plait.server.partial import Keeping
from plait.server.wish import Wish, goes_later
from plait.types import STREAM, Context, Message, Run, Started

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.clock import Clock
    from plait.graph.compile import Compiled
    from plait.http1.messages import Reply, Request, Response
    from plait.jobs.asked import Asked
    from plait.jobs.state import JobState
    from plait.server.forms import Events, Form
    from plait.server.later import Later
    from plait.server.remembered import Noting
    from plait.server.tally import GraphCounts, Tally

_PLAINLY = Wish(0.0)


class GraphRoute:
    """Runs one graph for each request.

    Args:
        compiled: The graph.
        clock: The worker's clock.
        revision: The configuration's number.
        details: Whether callers that are not on loopback see addresses and errors of parts.
        tally: Where requests are counted.
        noting: Notes the answers of a request, where these may be compared with the truth.
        later: What answers need that come later.
    """

    __slots__ = ("clock", "compiled", "details", "judged", "keep", "later", "noting", "revision", "tally")

    def __init__(
        self,
        compiled: Compiled,
        clock: Clock,
        revision: str,
        details: bool,  # noqa: FBT001 - the same
        tally: Tally,
        noting: Noting | None,
        later: Later,
    ) -> None:
        self.compiled = compiled
        self.clock = clock
        self.revision = revision
        self.details = details
        self.tally: GraphCounts = tally.graph(compiled.name)
        self.noting = noting
        self.judged = later.judged
        self.later = later
        self.keep = later.keep

    def __call__(self, request: Request, reply: Reply) -> Started:
        """Start the run; its answer goes to `reply`, in the form that the client wants."""
        accept = request.headers.get(b"accept")
        form = None if accept is None or accept in PLAIN else form_of(accept)
        if form is not None and form.events is not None:
            if not goes_later(request.headers):
                return Serving(self, request, reply, form).stream(form.events)
            form = None  # a job is not answered by events
        serving = Serving(self, request, reply, form)
        serving.start()
        return serving


class Serving:
    """One request of a graph on its way: the sink of its run."""

    __slots__ = (
        "_began", "_form", "_reply", "_request", "_request_id", "_route", "_run", "_started", "_stream", "_subscribers",
    )  # fmt: skip

    def __init__(self, route: GraphRoute, request: Request, reply: Reply, form: Form | None) -> None:
        self._route = route
        self._request = request
        self._reply = reply
        self._form = form
        self._stream = False
        self._request_id = request_id(request.headers, request.query)
        self._subscribers: tuple[Callable[[Part], None], ...] = ()
        if route.noting is not None:
            self._subscribers = (route.noting(self._request_id),)
        self._began = route.clock.now() - request.waited
        self._run: Run | None = None
        self._started: Started | None = None

    def stream(self, events: Events) -> Started:
        """Start with a stream of events on the way to the client; who cancels that cancels both."""
        route = self._route
        head = stream_head(events.media_type, self._request_id, route.revision)
        stream = EventStream(self._reply, events, head, route.clock, details=self._sees_details())
        stream.run = self
        self._reply = stream
        self._subscribers = (*self._subscribers, stream.part)
        self._stream = True
        self.start()
        return stream

    def start(self) -> None:
        """Check the request and begin the run."""
        route, request = self._route, self._request
        compiled = route.compiled
        headers = request.headers
        try:
            if headers.accepted_by is not route.judged:
                headers.conclusion = route.judged.conclusion(headers)
                headers.accepted_by = route.judged
            timeout, forwarded, wish = headers.conclusion
            message = Message(valid_json(request.body))
            if compiled.validate is not None:
                compiled.validate(message)
        except PlaitError as exc:
            self.failed(0, exc)
            return
        if wish is not None and (wish.key or wish.notify or not wish.wait):
            self._submit(message, forwarded, wish)
            return
        self._run = run = Run(message, route.clock, self._request_id.encode(), headers, forwarded, self._subscribers)
        if self._stream:
            run.priority = STREAM
        elif wish is not None or route.keep:
            self._carry(run, wish, timeout)
            return
        ctx = Context(run, self._began + timeout)
        started = compiled.call.start(message, ctx, self)
        if self._run is run:
            self._started = started
        else:
            started.cancel()  # the client left while it began

    def _submit(self, message: Message, forwarded: bytes, wish: Wish) -> None:
        """Have a job from the beginning."""
        self._started = submitted = Submitted(self._route.later.lasting, self, self._asked(message, forwarded, wish), wish.wait)
        submitted.start()

    def _carry(self, run: Run, wish: Wish | None, timeout: float) -> None:
        """Begin a run that may become a job: when the client has waited long enough or, without a wish, at the graph's timeout."""
        route = self._route
        later, call = route.later, route.compiled.call
        asked = self._asked(run.message, run.forwarded, wish or _PLAINLY)
        carried = Carried(call, run, self._began + later.timeout)
        late: Patient | Keeping
        if wish is not None:
            late, moment = Patient(later.lasting, self, carried, asked), self._began + wish.wait
        else:
            late, moment = Keeping(later.lasting, self, carried, asked, call), self._began + timeout
        self._started = late
        late.start(moment)

    def _asked(self, message: Message, forwarded: bytes, wish: Wish) -> Asked:
        route = self._route
        return route.later.asked(message, self._request, wish, forwarded, self._request_id)

    def cancel(self) -> None:
        """The client has left."""
        started, self._started, self._run = self._started, None, None
        if started is not None:
            started.cancel()

    # The run's sink.

    def answered(self, index: int, message: Message) -> None:  # noqa: ARG002 - there is one index
        """The graph has an answer."""
        try:
            response = self._whole(message)
        except Exception as exc:  # noqa: BLE001 - a callback has nobody above it who would answer
            response = self._problem(fault(exc))
        self._end(response)

    def failed(self, index: int, error: PlaitError) -> None:  # noqa: ARG002 - there is one index
        """The graph has none."""
        try:
            response = self._problem(error)
        except Exception as exc:  # noqa: BLE001 - the same
            response = self._problem(fault(exc))
        self._end(response)

    # What those call who answer later.

    def partly(self, outcome: Message | PlaitError, run: Run, job: str) -> None:
        """The time is up: what another run made of the parts so far, and the job under which the rest goes on."""
        self._run = run
        try:
            told = self._problem(outcome) if isinstance(outcome, PlaitError) else self._whole(outcome)
        except Exception as exc:  # noqa: BLE001 - the same
            told = self._problem(fault(exc))
        self._end_late(replace(told, head=told.head + location(job)) if job else told, self._took())

    def accepted(self, state: JobState) -> None:
        """There is a job in place of the answer."""
        self._end_late(accepted(state, self._request_id, details=self._sees_details()), 0.0 if self._run is None else self._took())

    def ended(self, state: JobState, waited: float) -> None:
        """A job has ended for which the client has waited so many seconds."""
        self._end_late(outcome(state, self._request_id, self._form, details=self._sees_details()), waited)

    def _end_late(self, response: Response, waited: float) -> None:
        """Answer; the seconds in which a run was waited for are not plait's own."""
        now = self._route.clock.now()
        self._route.tally.saw(response.status, now - self._began, (Part("", "", "", "", waited, ended=now),))
        self._run = self._started = None
        self._reply(response)

    def _took(self) -> float:
        return self._route.clock.now() - self._began

    def _end(self, response: Response) -> None:
        route, run = self._route, self._run
        route.tally.saw(response.status, route.clock.now() - self._began, () if run is None else run.parts)
        self._run = self._started = None
        self._reply(response)

    def _whole(self, message: Message) -> Response:
        route, run = self._route, self._run
        if self._form is not None and run is not None:
            return envelope(message, run, self._request_id, route.revision, details=self._sees_details())
        return plain(message, run.parts if run is not None else [], self._request_id, route.revision)

    def _problem(self, error: PlaitError) -> Response:
        run, revision = self._run, f"X-Plait-Revision: {self._route.revision}\r\n"
        if run is None:
            told = problem(error, self._request_id)
            return replace(told, head=told.head + revision)
        if isinstance(error, Responded) and (error.good or not self._stream):
            return self._responded(error, run)
        told = problem(error, self._request_id, parts=parts_json(run.parts, details=self._sees_details()))
        return replace(told, head=told.head + revision, parts=run.parts)

    def _responded(self, error: Responded, run: Run) -> Response:
        """What a rule answers; in a stream of events a refusal is a problem."""
        revision = self._route.revision
        if self._form is not None:
            return envelope(error, run, self._request_id, revision, details=self._sees_details())
        return responded(error, run.parts, self._request_id, revision)

    def _sees_details(self) -> bool:
        return sees_details(self._request.peer, everybody=self._route.details)
