"""The data port as a handler: which route a request takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from plait.answer import Answer
from plait.errors import MethodNotAllowed, NotFound, PlaitError
from plait.graph.hints import some
from plait.http1.ids import request_id
from plait.http1.messages import JSON, Reply, Request, Response
from plait.http1.problem import problem
from plait.server.about import About
from plait.server.direct import ask
from plait.server.job_answers import ROUTE
from plait.server.job_routes import JobRoutes
from plait.types import Header

if TYPE_CHECKING:
    from plait.server.generation import Generation
    from plait.types import Started

_encode = msgspec.json.Encoder().encode
_SERVER = Response(200, b"", "Allow: GET, HEAD, POST, DELETE, OPTIONS\r\n")
_Get = Callable[[str], Awaitable[Any]]


class App:
    """Answers requests of the data port from one generation.

    Args:
        generation: What runs.
        ready: Whether new work is welcome; false while starting or draining.
    """

    def __init__(self, generation: Generation, ready: Callable[[], bool]) -> None:
        self._generation = generation
        self._ready = ready
        self._about = About(generation)
        self._jobs = JobRoutes(generation.lasting, details=generation.config.server.details)
        self._posts: dict[str, Callable[[Request, Reply], Started]] = dict(generation.routes)
        self._gets: dict[str, _Get] = {"/health/all": self._about.health}
        if "predict" in generation.graphs:
            self._gets["/predict/get/test"] = partial(self._about.tests, "predict")
            self._gets["/metadata"] = partial(self._about.metadata, "predict")
            if generation.config.graphs["predict"].has_sample:
                self._posts["/predict/post/test"] = self._post_sample
        for name in generation.graphs:
            self._gets[f"/metadata/{name}"] = partial(self._about.metadata, name)
        graphs = f"graphs are at {some(generation.routes)}" if generation.routes else "there is no graph"
        self._unknown = f"there is no such route; {graphs}"

    def __call__(self, request: Request, reply: Reply) -> Started:
        """Answer a request."""
        if request.method == "POST":
            post = self._posts.get(request.path)
            if post is not None:
                return post(request, reply)
        elif request.method in ("GET", "HEAD"):
            get = self._gets.get(request.path)
            if get is not None:
                own_id = request_id(request.headers, request.query)
                return self._generation.tasks.start(partial(_json, get, own_id), reply, partial(problem, request_id=own_id))
            response = self._state(request.path)
            if response is not None:
                reply(response)
                return NOTHING
        if request.path.startswith(ROUTE):
            return self._jobs(request, reply)
        reply(_SERVER if request.path == "*" else self._refusal(request))
        return NOTHING

    async def ask(self, graph: str, request: Request) -> Answer:
        """The answer of a graph, for who asks in this process.

        Raises:
            PlaitError: If there is none.
        """
        return await ask(self._generation, graph, request)

    def _state(self, path: str) -> Response | None:
        """What the process knows of itself, without asking anybody."""
        if path in ("/health", "/livez"):
            return Response(200, b'{"health":"ok"}')
        if path == "/readyz":
            ready = self._ready()
            return Response(200 if ready else 503, b'{"ready":true}' if ready else b'{"ready":false}')
        return None

    def _post_sample(self, request: Request, reply: Reply) -> Started:
        sample = _encode(self._generation.config.graphs["predict"].sample)
        headers = Header(request.headers | {b"content-type": b"application/json"})
        asked = Request("POST", request.path, request.query, headers, sample, request.peer, request.waited)
        return self._generation.routes[self._generation.config.route("predict")](asked, reply)

    def _refusal(self, request: Request) -> Response:
        error: PlaitError
        if request.path in self._posts:
            error = MethodNotAllowed("this route takes POST only", "POST")
        elif request.path in self._gets or self._state(request.path) is not None:
            error = MethodNotAllowed("this route takes GET only", "GET, HEAD")
        else:
            error = NotFound(self._unknown)
        return problem(error, request_id(request.headers, request.query))


class _Nothing:
    """A call that has ended already."""

    def cancel(self) -> None:
        """There is nothing to stop."""


NOTHING = _Nothing()


async def _json(get: _Get, own_id: str) -> Response:
    return Response(200, _encode(await get(own_id)), f"{JSON}X-Request-Id: {own_id}\r\n")
