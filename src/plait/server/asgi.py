"""plait as an ASGI app: the same handler, carried by another server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from msgspec.structs import replace

from plait.algebra.config import config as composed
from plait.algebra.file import File
from plait.algebra.graph import Node
from plait.answer import Answer
from plait.clock import Clock
from plait.errors import BadRequest, ConfigError, Problem, RequestError, TooLarge
from plait.graph.check import check
from plait.graph.load import Loaded, load_checked
from plait.graph.spec import Config
from plait.graph.tls import unusable
from plait.http1 import strict
from plait.http1.ids import new_id
from plait.http1.messages import Request, Response
from plait.http1.problem import problem
from plait.http1.target import split_target
from plait.server.app import App
from plait.server.asgi_out import encoded, send_stream
from plait.server.direct import direct_request
from plait.server.job_answers import ROUTE
from plait.server.serve import Worker, proxy, serve_proxy
from plait.server.sockets import listen
from plait.types import Header

_NO_SOCKETS = 1003
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Proxy:
    """The graphs of a configuration as an ASGI app: mount it anywhere.

    It opens with the server's lifespan, with `async with`, or, where it is mounted and gets no lifespan, with its first request.

    Args:
        config: Graphs by name, what `plait.load` gives, the path of a file, or a configuration.
        sections: Beside graphs by name, other sections as in a file: `predictors`, `server`, `defaults`.

    Raises:
        ConfigError: With every problem of the configuration.
    """

    def __init__(self, config: Mapping[str, Node] | File | Loaded | Path | str | Config, **sections: Mapping[str, Any]) -> None:
        if isinstance(config, Mapping):
            config = composed(config, **sections)
        elif sections:
            hint = "leave it out, or give the graphs as a mapping"
            raise ConfigError([Problem(key, "the configuration has this section already", hint) for key in sections])
        if isinstance(config, (File, Loaded)):
            config = config.config
        self.config = _sound(config) if isinstance(config, Config) else load_checked(config).config
        self._stack = AsyncExitStack()
        self._app: App | None = None
        self._clock: Clock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        """Open: predictors can be asked."""
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close: every connection ends."""
        await self._close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            app = await self._open()
            await self._http(app, scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _NO_SOCKETS})  # before it is accepted: the server answers 403
        else:
            raise TypeError(f"plait serves HTTP, not {scope['type']}")

    async def call(
        self,
        graph: str,
        data: Any,
        *,
        timeout: str | None = None,  # noqa: ASYNC109 - the request's, as it may say one over HTTP
        headers: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> Any:
        """Run a graph in this process, without HTTP; all else is as for a request that a client sends.

        Args:
            graph: Its name.
            data: The request: any JSON value.
            timeout: A duration such as `300ms`; it may only shorten the graph's own.
            headers: Header fields, for expressions and for predictors that may see them.
            request_id: 1 to 128 of `A-Za-z0-9._-`; made if it is missing or none.

        Returns:
            The graph's output, plain Python; `ask` also says whether it is complete.

        Raises:
            PlaitError: The class says what happened: an invalid request, no answer in time, a predictor that failed.
        """
        return (await self.ask(graph, data, timeout=timeout, headers=headers, request_id=request_id)).result

    async def ask(
        self,
        graph: str,
        data: Any,
        *,
        timeout: str | None = None,  # noqa: ASYNC109 - the request's, as it may say one over HTTP
        headers: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> Answer:
        """As `call`; the answer says too whether it is complete, and what became of each part."""
        chosen = {"X-Request-Timeout": timeout, "X-Request-Id": request_id}
        fields = {**(headers or {}), **{name: value for name, value in chosen.items() if value is not None}}
        request = direct_request(data, fields, self.config.server.limits.body)
        return await (await self._open()).ask(graph, request)

    def serve(self, host: str | None = None, port: int | None = None) -> None:
        """Serve on a port of its own, by plait's own front, until SIGTERM or Ctrl-C.

        Raises:
            StartError: If the port is taken.
        """
        server = self.config.server
        sock = listen(host or server.host, server.port if port is None else port)
        serve_proxy(self.config, sock, lambda _: None)

    async def _open(self) -> App:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # What was open on a loop that has ended since went with it.
            self._loop, self._app, self._stack = loop, None, AsyncExitStack()
        if self._app is None:
            self._clock = Clock(loop)
            self._app = await self._stack.enter_async_context(proxy(self.config, Worker(self._clock)))
        return self._app

    async def _close(self) -> None:
        self._app = None
        await self._stack.aclose()
        if self._clock is not None:
            self._clock.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _body(receive, self.config.server.limits.body)
            if body is None:
                return
            response = await _answer(app, _request(scope, body), receive, send)
        except RequestError as exc:
            response = problem(exc, new_id())
        if response is not None:
            await _send(_mounted(response, scope.get("root_path", "")), send, head_only=scope["method"] == "HEAD")


def _sound(config: Config) -> Config:
    problems = [*check(config), *unusable(config)]
    if problems:
        raise ConfigError(problems)
    return config


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The whole body; None if the client has left."""
    pieces, size = [], 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        piece = event.get("body", b"")
        size += len(piece)
        if size > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
        pieces.append(piece)
        if not event.get("more_body", False):
            return b"".join(pieces)


def _request(scope: Mapping[str, Any], body: bytes) -> Request:
    headers = Header()
    hosts: list[bytes] = []
    for name, value in scope["headers"]:
        lower = name.lower()
        if b"_" in lower:
            raise BadRequest("a field's name has an underscore")
        if lower == b"host":
            hosts.append(value)
        headers[lower] = value if lower not in headers else headers[lower] + b", " + value
    host = strict.host(hosts, required=scope.get("http_version") == "1.1")
    raw = scope.get("raw_path") or scope["path"].encode()
    root = scope.get("root_path", "").encode()
    if root and raw.startswith(root):
        raw = raw[len(root) :] or b"/"
    target = raw.partition(b"?")[0] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    path, query = split_target(target, host, scope["method"])
    client = scope.get("client")
    return Request(scope["method"], path, query, headers, body, client[0] if client else "")


async def _answer(app: App, request: Request, receive: Receive, send: Send) -> Response | None:
    """The handler's answer; None if the client left before it came, or if it was a stream, which has been sent then."""
    answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

    def reply(response: Response) -> None:
        if not answer.done():
            answer.set_result(response)

    started = app(request, reply)
    leaving = asyncio.create_task(_left(receive))
    leaving.add_done_callback(lambda _: started.cancel())
    try:
        await asyncio.wait((answer, leaving), return_when=asyncio.FIRST_COMPLETED)
        response = answer.result() if answer.done() else None
        if response is None or response.stream is None:
            return response
        await send_stream(response, response.stream, send, leaving)
        return None
    finally:
        started.cancel()
        leaving.cancel()
        await asyncio.wait((leaving,))


def _mounted(response: Response, root: str) -> Response:
    """The response as seen from outside: where it leads to is below the path that plait is mounted at."""
    place = f"Location: {ROUTE}"
    return replace(response, head=response.head.replace(place, f"Location: {quote(root)}{ROUTE}")) if root else response


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(response: Response, send: Send, *, head_only: bool) -> None:
    headers = [*encoded(response.headers), (b"content-length", str(len(response.body)).encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head_only else response.body})
