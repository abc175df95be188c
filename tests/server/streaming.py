"""Predictors that answer when a test says so, and a client's look at an answer that streams."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from plait.server.sockets import listen
from plait.testing import RawServer
from plait.testing.server import ok, read_request
from tests.server.serving import PATIENCE, Client, post

SSE = b"Accept: text/event-stream"
NDJSON = b"Accept: application/x-ndjson"


class Scripted:
    """Predictors on one server, each at a path of its own: `asked[name]` says that one was; `say` and `fail` what it then does."""

    def __init__(self) -> None:
        self.asked: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.answers: dict[str, asyncio.Queue[bytes]] = defaultdict(asyncio.Queue)
        self.waiting: set[str] = set()  # those that were asked, have not answered, and whose caller is there
        self.times: Counter[str] = Counter()  # how often each was asked

    def say(self, name: str, body: bytes) -> None:
        """Have a predictor answer its next request."""
        self.answers[name].put_nowait(ok(body))

    def fail(self, name: str) -> None:
        """Have a predictor answer its next request with a 500."""
        self.answers[name].put_nowait(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            name = (await read_request(reader)).split(b" ", 2)[1].decode().partition("?")[0].strip("/")
            self.asked[name].set()
            self.times[name] += 1
            self.waiting.add(name)
            answer = loop.create_task(self.answers[name].get())
            gone = loop.create_task(reader.read(1))
            try:
                await asyncio.wait([answer, gone], return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    return
                writer.write(answer.result())
            finally:
                self.waiting.discard(name)
                answer.cancel()
                gone.cancel()
                await asyncio.wait([answer, gone])


def asking(server: RawServer, *names: str, timeout: str = "10s", **graph: Any) -> dict[str, Any]:
    """A configuration with predictors at paths of the server; the graph asks them all at once, unless told otherwise."""
    return {
        "defaults": {"predictor": {"timeout": timeout}, "graph": {"timeout": timeout}},
        "predictors": {name: {"url": f"{server.url}/{name}"} for name in names},
        "graphs": {"predict": graph if {"sequence", "value", "predict"} & set(graph) else {"parallel": list(names), **graph}},
    }


def stream(accept: bytes = SSE, *lines: bytes, body: bytes = b"{}") -> bytes:
    """A request for a stream."""
    return post(body, accept, b"X-Request-Id: me", *lines)


async def head(client: Client) -> tuple[int, dict[str, str]]:
    """Status and header of the next answer."""
    async with asyncio.timeout(PATIENCE):
        line, *lines = (await client.reader.readuntil(b"\r\n\r\n")).decode("latin-1")[:-4].split("\r\n")
    return int(line.split(" ")[1]), {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}


async def chunk(client: Client) -> bytes:
    """The next chunk: one event, or nothing once the answer has ended well."""
    async with asyncio.timeout(PATIENCE):
        size = int(await client.reader.readuntil(b"\r\n"), 16)
        return (await client.reader.readexactly(size + 2))[:-2]


async def chunks(client: Client) -> list[bytes]:
    """All chunks that are left of an answer that ends well."""
    found = []
    while piece := await chunk(client):
        found.append(piece)
    return found


async def events(client: Client) -> list[tuple[str, Any]]:
    """All events that are left of an answer that ends well."""
    return [event(piece) for piece in await chunks(client)]


def event(piece: bytes) -> tuple[str, Any]:
    """Name and data of one event."""
    name, data = piece.decode().removesuffix("\n\n").split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def only(server: RawServer, kept: int) -> None:
    """Wait until no connection stands but those that have answered and are kept."""
    while server.open > kept:
        server.gone.clear()
        await server.gone.wait()


async def until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for what has no event of its own."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0)


@asynccontextmanager
async def running(app: Any, http: str = "auto") -> AsyncIterator[int]:
    """The port of an app that uvicorn serves."""
    sock = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, http=http, ws="none", log_config=None))
    serving = asyncio.create_task(server.serve([sock]))
    try:
        await until(lambda: server.started)
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        sock.close()
