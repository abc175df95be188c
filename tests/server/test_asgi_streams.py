"""Streams through another server: driven as a server would, and by a real one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from plait import Proxy
from plait.errors import Internal
from plait.graph.spec import Config
from plait.http1.messages import Outlet, Response
from plait.server.asgi_out import send_stream
from plait.testing import RawServer
from plait.testing.server import ok
from tests.server.serving import PATIENCE, Client
from tests.server.streaming import NDJSON, Scripted, asking, chunk, event, events, head, only, running, stream, until

Event = MutableMapping[str, Any]


class Server:
    """Calls an ASGI app with one request; takes what is sent only as long as `reading` is set."""

    def __init__(self, accept: bytes = NDJSON) -> None:
        self._requests: asyncio.Queue[Event] = asyncio.Queue()
        self._requests.put_nowait({"type": "http.request", "body": b"{}"})
        self.sent: asyncio.Queue[Event] = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": "/predict",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"accept", accept.removeprefix(b"Accept: "))],
            "client": ("127.0.0.1", 1),
        }

    async def receive(self) -> Event:
        return await self._requests.get()

    async def send(self, event: Event) -> None:
        self.sent.put_nowait(event)
        await self.reading.wait()

    def leave(self) -> None:
        self._requests.put_nowait({"type": "http.disconnect"})

    async def next(self) -> Event:
        async with asyncio.timeout(PATIENCE):
            return await self.sent.get()

    def rest(self) -> list[Event]:
        return [self.sent.get_nowait() for _ in range(self.sent.qsize())]


@asynccontextmanager
async def called(config: dict[str, Any], server: Server) -> AsyncIterator[asyncio.Task[None]]:
    """The call of the app under way, until the end of the block, where it must have ended."""
    async with Proxy(Config.model_validate(config)) as proxy, asyncio.timeout(PATIENCE):
        call = asyncio.create_task(proxy(server.scope, server.receive, server.send))
        yield call
        await call


async def test_each_event_is_sent_when_it_is_there() -> None:
    said, server = Scripted(), Server()
    async with RawServer(said) as predictors, called(asking(predictors, "a", "b"), server):
        said.say("b", b"2")
        start = await server.next()
        assert (start["type"], start["status"]) == ("http.response.start", 200)
        headers = dict(start["headers"])
        assert headers[b"content-type"] == b"application/x-ndjson"
        assert b"content-length" not in headers
        first = await server.next()
        assert (json.loads(first["body"])["part"], first["more_body"]) == ("b", True)
        said.say("a", b"1")
        assert json.loads((await server.next())["body"])["part"] == "a"
        last = await server.next()
        assert (json.loads(last["body"])["result"], last["more_body"]) == ({"a": 1, "b": 2}, False)


async def test_a_problem_before_the_first_event_is_sent_whole() -> None:
    server = Server()
    async with RawServer(ok()) as predictors, called(asking(predictors, "a", sequence=[{"transform": "${input.x}"}, "a"]), server):
        start = await server.next()
        assert (start["status"], dict(start["headers"])[b"content-type"]) == (422, b"application/problem+json")


async def test_a_server_that_does_not_take_more_is_given_one_event() -> None:
    said, server = Scripted(), Server()
    names = ["a", "b", "c", "d"]
    async with RawServer(said) as predictors, called(asking(predictors, *names), server) as call:
        said.say("a", b"1")
        await server.next()
        await server.next()
        server.reading.clear()
        for name in names[1:]:
            said.say(name, b"1")
        await until(lambda: server.sent.qsize() == 1 and not said.waiting)
        assert not call.done()
        assert server.sent.qsize() == 1
        server.reading.set()
        told = [json.loads((await server.next())["body"]) for _ in range(4)]
        assert sorted(data["part"] for data in told[:-1]) == names[1:]
        assert "result" in told[-1]


async def test_a_client_that_leaves_stops_every_call_even_while_the_server_is_not_taking_more() -> None:
    for stalled in (False, True):
        said, server = Scripted(), Server()
        async with RawServer(said) as predictors, called(asking(predictors, "a", "b"), server):
            said.say("a", b"1")
            if stalled:
                server.reading.clear()
            await server.next()
            server.leave()
            async with asyncio.timeout(0.1):
                await only(predictors, 1)
            server.reading.set()
        assert all(sent.get("more_body", True) for sent in server.rest())


class Cut:
    """A stream that never becomes whole."""

    def open(self, outlet: Outlet) -> None:
        outlet.write(b"half")
        self.outlet = outlet

    def resume(self) -> None:
        self.outlet.abort()


async def cut(scope: Event, receive: Any, send: Any) -> None:
    leaving = asyncio.create_task(asyncio.Event().wait())
    try:
        await send_stream(Response(200, b"", stream=Cut()), Cut(), send, leaving)
    finally:
        leaving.cancel()


async def test_a_stream_that_is_cut_is_never_said_to_be_whole() -> None:
    server = Server()
    with pytest.raises(Internal):
        await cut(server.scope, server.receive, server.send)
    assert [sent.get("more_body") for sent in server.rest()] == [None, True]


# By uvicorn.


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_uvicorn_sends_each_event_when_it_is_there(http: str) -> None:
    said = Scripted()
    async with (
        RawServer(said) as server,
        running(Proxy(Config.model_validate(asking(server, "a", "b"))), http) as port,
        Client(port) as client,
    ):
        for _ in range(2):
            client.writer.write(stream())
            said.say("a", b"1")
            status, headers = await head(client)
            assert (status, headers["content-type"], headers["transfer-encoding"]) == (200, "text/event-stream", "chunked")
            assert event(await chunk(client))[1]["part"] == "a"
            said.say("b", b"2")
            assert [name for name, _ in await events(client)] == ["part", "result"]


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_a_client_that_leaves_uvicorn_stops_every_call(http: str) -> None:
    said = Scripted()
    async with (
        RawServer(said) as server,
        running(Proxy(Config.model_validate(asking(server, "a", "b"))), http) as port,
        Client(port) as client,
    ):
        client.writer.write(stream())
        said.say("a", b"1")
        await head(client)
        await chunk(client)
        client.leave()
        async with asyncio.timeout(0.1):
            await only(server, 1)


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_uvicorn_does_not_end_a_cut_stream_well(http: str) -> None:
    async with running(cut, http) as port, Client(port) as client:
        client.writer.write(stream())
        await head(client)
        assert await chunk(client) == b"half"
        assert await client.closed() == b""
