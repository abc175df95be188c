"""A data port on a free port of this process, and a client that speaks bytes."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from plait.clock import Clock
from plait.graph.spec import Config
from plait.http1.endpoint import Endpoint
from plait.http1.messages import Handler
from plait.http1.renewed import Renewed
from plait.jobs.jobs import Place
from plait.jobs.store.open import open_jobs
from plait.rules.acting import Promising
from plait.server.access_log import AccessLog
from plait.server.app import App
from plait.server.generation import Generation, generation
from plait.server.lasting import Lasting
from plait.server.listener import Deadlines, Listener, Room
from plait.server.serve import terms_of
from plait.server.sockets import listen

PATIENCE = 10.0


@dataclass(frozen=True)
class Answer:
    """A response, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Sides:
    """The two sides of TLS, for a module whose data ports speak it."""

    server: Renewed | None = None
    client: ssl.SSLContext | None = None


class Client:
    """A connection of a client."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=64 << 20, ssl=Sides.client)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Hang up."""
        self.writer.transport.abort()

    async def ask(self, data: bytes, *, head: bool = False) -> Answer:
        """Send, and read one response."""
        self.writer.write(data)
        return await self.answer(head=head)

    async def answer(self, *, head: bool = False) -> Answer:
        """One response; `head` if it has no body though it says how long that is."""
        async with asyncio.timeout(PATIENCE):
            line, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")[:-4].split("\r\n")
            pairs = [each.split(": ", 1) for each in lines]
            headers = {name.lower(): value for name, value in pairs}
            assert len(headers) == len(pairs), "a field stands twice"
            status = int(line.split(" ")[1])
            body = b"" if head or status < 200 else await self.reader.readexactly(int(headers["content-length"]))
        return Answer(status, headers, body)

    async def closed(self) -> bytes:
        """What still comes until the connection closes."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


class Proxy:
    """A data port that is open; `handler` may be any, by default the graphs of a configuration."""

    def __init__(self, listener: Listener, port: int, generation: Generation) -> None:
        self.listener = listener
        self.handler = listener.handler
        self.port = port
        self.generation = generation
        self.lasting = generation.lasting
        self.clock = generation.clock

    def client(self) -> Client:
        return Client(self.port)


def nowhere() -> Place:
    """A place where no store can be: whoever asks for a job hears of that."""
    return Place(open_jobs(None, Path("/dev/null/plait")), lambda: False)


@asynccontextmanager
async def proxy(
    config: dict[str, Any] | Config,
    deadlines: Deadlines | None = None,
    room: Room | None = None,
    handler: Handler | None = None,
    sock: socket.socket | None = None,
    log: AccessLog | None = None,
    *,
    jobs: Any = None,
    place: Place | None = None,
    promising: Promising | None = None,
) -> AsyncIterator[Proxy]:
    """Serve a configuration until the end of the block."""
    checked = Config.model_validate(config)
    clock = Clock(asyncio.get_running_loop())
    lasting = Lasting(clock, place or nowhere(), promising)
    if jobs is not None:
        lasting.jobs = jobs
    served = await generation(checked, 1, lasting)
    await lasting.upstreams.open()
    await lasting.upstreams.swap()
    await lasting.change(checked, 1)
    app = App(served, lambda: True)
    terms = terms_of(checked.server)
    listener = Listener(handler or app, clock, terms.limits, deadlines or terms.deadlines, room or terms.room, log)
    sock = sock or listen("127.0.0.1", 0)
    port = sock.getsockname()[1]
    await listener.open(sock, Sides.server)
    try:
        yield Proxy(listener, port, served)
    finally:
        await listener.close()
        await lasting.close()
        assert listener.clients == listener.admission.taken == 0
        assert all(each.open == each.waiting == 0 for each in endpoints(served))
        clock.close()


def endpoints(served: Generation) -> list[Endpoint]:
    """Every address of every predictor."""
    peers = [replica.endpoint for upstream in served.upstreams.values() for replica in upstream.fleet.replicas]
    return [each for peer in peers for each in (peer.endpoint, peer.aside)]


def one(url: str, **options: Any) -> dict[str, Any]:
    """A configuration with one predictor, whose answer is the graph's."""
    return {"predictors": {"a": {"url": url, **options}}, "graphs": {"predict": "a"}}


NOBODY = one("http://127.0.0.1:1")
"""For requests that reach no predictor."""


def post(
    body: bytes = b"{}", *lines: bytes, path: str = "/predict", host: bytes = b"Host: h", kind: bytes = b"application/json"
) -> bytes:
    """A good request, unless told otherwise."""
    head = [b"POST %b HTTP/1.1" % path.encode(), host, b"Content-Type: " + kind, b"Content-Length: %d" % len(body), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def get(path: str, *lines: bytes, method: bytes = b"GET") -> bytes:
    """A request without a body."""
    return b"\r\n".join([b"%b %b HTTP/1.1" % (method, path.encode()), b"Host: h", *lines]) + b"\r\n\r\n"
