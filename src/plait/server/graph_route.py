"""A graph as a route: from request to run to answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from plait.errors import BadRequest, LoopDetected, PlaitError, fault
from plait.http1.body import check_content, valid_json
from plait.http1.ids import request_id
from plait.http1.problem import problem
from plait.server.answers import envelope, parts_json, plain, stream_head
from plait.server.event_stream import EventStream
from plait.server.forms import PLAIN, form_of
from plait.spec.fields import seconds
from plait.types import Context, Message, Run, Started

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plait.clock import Clock
    from plait.events import Part
    from plait.graph.compile import Compiled
    from plait.http1.messages import Reply, Request, Response
    from plait.server.forms import Events, Form
    from plait.server.remembered import Noting
    from plait.server.tally import GraphCounts, Tally
    from plait.types import Header

HOPS = 16
_FIRST_HOP = b"X-Plait-Hops: 1\r\n"
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]{0,200})?")
_LOOPBACK = re.compile(r"127\.|::1$|::ffff:127\.|$")


class GraphRoute:
    """Runs one graph for each request.

    Args:
        compiled: The graph.
        clock: The worker's clock.
        revision: The configuration's number.
        details: Whether callers that are not on loopback see addresses and errors of parts.
        tally: Where requests are counted.
        noting: Notes the answers of a request, where these may be compared with the truth.
    """

    __slots__ = ("clock", "compiled", "details", "judged", "noting", "revision", "tally")

    def __init__(
        self,
        compiled: Compiled,
        clock: Clock,
        revision: str,
        details: bool,  # noqa: FBT001 - the same
        tally: Tally,
        noting: Noting | None,
    ) -> None:
        self.compiled = compiled
        self.clock = clock
        self.revision = revision
        self.details = details
        self.tally: GraphCounts = tally.graph(compiled.name)
        self.noting = noting
        self.judged = _Judged(compiled.timeout)

    def __call__(self, request: Request, reply: Reply) -> Started:
        """Start the run; its answer goes to `reply`, in the form that the client wants."""
        accept = request.headers.get(b"accept")
        form = None if accept is None or accept in PLAIN else form_of(accept)
        serving = Serving(self, request, reply, form)
        if form is not None and form.events is not None:
            return serving.stream(form.events)
        serving.start()
        return serving


class Serving:
    """One request of a graph on its way: the sink of its run."""

    __slots__ = ("_began", "_form", "_reply", "_request", "_request_id", "_route", "_run", "_started", "_subscribers")

    def __init__(self, route: GraphRoute, request: Request, reply: Reply, form: Form | None) -> None:
        self._route = route
        self._request = request
        self._reply = reply
        self._form = form
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
            timeout, forwarded = headers.conclusion
            message = Message(valid_json(request.body))
            if compiled.validate is not None:
                compiled.validate(message)
        except PlaitError as exc:
            self.failed(0, exc)
            return
        self._run = run = Run(message, route.clock, self._request_id.encode(), headers, forwarded, self._subscribers)
        ctx = Context(run, self._began + timeout)
        started = compiled.call.start(message, ctx, self)
        if self._run is run:
            self._started = started
        else:
            started.cancel()  # the client left while it began

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

    def _end(self, response: Response) -> None:
        route, run = self._route, self._run
        route.tally.saw(response.status, route.clock.now() - self._began, () if run is None else run.parts)
        self._run = self._started = None
        self._reply(response)

    def _whole(self, message: Message) -> Response:
        route, run = self._route, self._run
        parts = run.parts if run is not None else []
        if self._form is not None:
            return envelope(message, parts, self._request_id, route.revision, details=self._sees_details())
        return plain(message, parts, self._request_id, route.revision)

    def _problem(self, error: PlaitError) -> Response:
        revision = f"X-Plait-Revision: {self._route.revision}\r\n"
        if self._run is None:
            told = problem(error, self._request_id)
            return replace(told, head=told.head + revision)
        told = problem(error, self._request_id, parts=parts_json(self._run.parts, details=self._sees_details()))
        return replace(told, head=told.head + revision, parts=self._run.parts)

    def _sees_details(self) -> bool:
        return self._route.details or _LOOPBACK.match(self._request.peer) is not None


class _Judged:
    """Judges header fields for one graph. What was judged refers to this, and so keeps no graph alive that is no more.

    Args:
        longest: The graph's timeout in seconds.
    """

    __slots__ = ("_longest",)

    def __init__(self, longest: float) -> None:
        self._longest = longest

    def conclusion(self, headers: Header) -> tuple[float, bytes]:
        """What the fields say: the seconds that the run may take, and the header lines that every predictor gets.

        Raises:
            RequestError: If there can be no run.
        """
        check_content(headers)
        return wanted_timeout(headers.get(b"x-request-timeout"), self._longest), forwarded_fields(headers)


def wanted_timeout(value: bytes | None, longest: float) -> float:
    """The seconds that a client gives; never more than the graph's own.

    Raises:
        BadRequest: If the header is no duration.
    """
    if value is None:
        return longest
    try:
        return min(seconds(value.decode("latin-1")), longest)
    except ValueError:
        raise BadRequest("X-Request-Timeout is no duration such as 250ms") from None


def forwarded_fields(headers: Mapping[bytes, bytes]) -> bytes:
    """The header lines that every predictor gets: how many proxies it came through, and the trace.

    Raises:
        LoopDetected: If it came through too many.
    """
    hops = headers.get(b"x-plait-hops")
    lines = _FIRST_HOP
    if hops is not None:
        count = int(hops) + 1 if hops.isdigit() and len(hops) < 4 else HOPS + 1  # noqa: PLR2004
        if count > HOPS:
            raise LoopDetected("the request has passed through too many proxies; one of them may ask itself")
        lines = b"X-Plait-Hops: %d\r\n" % count
    trace = headers.get(b"traceparent")
    if trace is not None and _TRACEPARENT.fullmatch(trace):
        lines += b"traceparent: %b\r\n" % trace
    return lines
