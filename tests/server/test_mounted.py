"""The proxy mounted in a FastAPI app, served by uvicorn."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

import plait
from plait.testing import RawServer
from plait.testing.server import ok


@asynccontextmanager
async def serving(api: Any) -> AsyncIterator[int]:
    """The port of an app that is served until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server = uvicorn.Server(uvicorn.Config(api, log_level="error", lifespan="on"))
        # The socket listens already: who comes before the server has started waits.
        task = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            yield sock.getsockname()[1]
        finally:
            server.should_exit = True
            await task


async def ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, str], Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), fields, json.loads(body)


def graphs(url: str) -> dict[str, plait.Graph]:
    a = plait.predictor("a", url)
    return {"predict": plait.parallel(a), "label": a >> plait.transform({"x": "${input.p}"})}


@pytest.fixture
async def predictor() -> AsyncIterator[RawServer]:
    async with RawServer(ok(b'{"p":1.50}')) as server:
        yield server


async def test_a_mounted_proxy_answers_beside_the_apps_own_routes(predictor: RawServer) -> None:
    app = plait.Proxy(graphs(predictor.url))
    api = FastAPI()
    api.mount("/models", app)

    @api.get("/own")
    async def own() -> Any:
        return await app.call("label", {})

    async with serving(api) as port:
        status, fields, answer = await ask(port, "POST", "/models/predict", b'{"x": 1}')
        assert (status, answer) == (200, {"a": {"p": 1.5}})
        assert (fields["x-plait-complete"], fields["content-type"]) == ("true", "application/json")
        assert (await ask(port, "POST", "/models/predict/label", b"{}"))[2] == {"x": 1.5}
        assert (await ask(port, "GET", "/models/health"))[2] == {"health": "ok"}
        assert (await ask(port, "GET", "/own"))[2] == {"x": 1.5}
        await app.__aexit__()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [("POST", "/models/nosuch", b"{}", 404), ("POST", "/models/predict", b"{", 400), ("GET", "/models/predict", b"", 405)],
)
async def test_a_mounted_proxy_tells_problems_as_everywhere(
    predictor: RawServer, method: str, path: str, body: bytes, status: int
) -> None:
    api = FastAPI()
    async with plait.Proxy(graphs(predictor.url)) as app:
        api.mount("/models", app)
        async with serving(api) as port:
            got, fields, answer = await ask(port, method, path, body)
            assert (got, fields["content-type"], answer["status"]) == (status, "application/problem+json", status)


async def test_the_lifespan_of_the_app_can_open_and_close_it(predictor: RawServer) -> None:
    app = plait.Proxy(graphs(predictor.url))

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        async with app:
            yield

    api = FastAPI(lifespan=lifespan)
    api.mount("/models", app)
    async with serving(api) as port:
        assert (await ask(port, "POST", "/models/predict", b"{}"))[0] == 200
        assert predictor.open == 1
    async with asyncio.timeout(5):
        await predictor.empty()


async def test_a_proxy_may_be_the_whole_app_and_lives_as_long_as_its_server(predictor: RawServer) -> None:
    async with serving(plait.Proxy(graphs(predictor.url))) as port:
        assert (await ask(port, "POST", "/predict", b"{}"))[0] == 200
        assert predictor.open == 1
    async with asyncio.timeout(5):
        await predictor.empty()
