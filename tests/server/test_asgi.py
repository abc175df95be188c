"""The proxy as an ASGI app, driven as a server would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

import plait
from plait import Proxy
from plait.errors import ConfigError
from plait.graph.spec import Config
from plait.testing import Hang, RawServer, ScriptedServer
from plait.testing.server import ok

Event = MutableMapping[str, Any]


def config(url: str) -> Config:
    return Config.model_validate(
        {"server": {"limits": {"body": "1KiB"}}, "predictors": {"a": {"url": url}}, "graphs": {"predict": {"parallel": ["a"]}}}
    )


class Client:
    """Calls an ASGI app as a server does; `leave` is the client's hanging up."""

    def __init__(self, app: Proxy) -> None:
        self._app = app
        self._left = asyncio.Event()

    def leave(self) -> None:
        self._left.set()

    async def send(
        self, method: str, path: str, body: bytes = b"", root: str = "", kind: str = "application/json"
    ) -> tuple[int, dict[str, str], bytes]:
        pieces = [body[:5], body[5:]]
        sent: list[Event] = []

        async def receive() -> Event:
            if pieces:
                return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}
            await self._left.wait()
            return {"type": "http.disconnect"}

        async def send(event: Event) -> None:
            sent.append(event)

        scope = {
            "type": "http",
            "method": method,
            "path": root + path,
            "raw_path": (root + path).encode(),
            "root_path": root,
            "query_string": b"",
            "headers": [(b"host", b"test"), (b"content-type", kind.encode())],
            "client": ("127.0.0.1", 1),
        }
        await self._app(scope, receive, send)
        if not sent:
            return 0, {}, b""
        return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, sent[1]["body"]


async def test_a_graph_is_answered_as_by_the_front() -> None:
    async with RawServer(ok(b'{"p":1.50}')) as server, Proxy(config(server.url)) as proxy:
        status, headers, body = await Client(proxy).send("POST", "/predict", b'{"x": [1, 2]}')
        assert (status, body) == (200, b'{"a":{"p":1.50}}')
        assert headers["x-plait-complete"] == "true"
        assert headers["content-length"] == str(len(body))
        assert server.requests[0].endswith(b'\r\n\r\n{"x": [1, 2]}')


async def test_a_mounted_app_opens_with_its_first_request_and_routes_below_its_root() -> None:
    async with RawServer(ok(b"1")) as server:
        proxy = Proxy(config(server.url))
        try:
            status, _, body = await Client(proxy).send("POST", "/predict", b"{}", root="/models")
            assert (status, body) == (200, b'{"a":1}')
        finally:
            await proxy.__aexit__()


async def test_lifespan_opens_and_closes() -> None:
    proxy = Proxy(config("http://127.0.0.1:1"))
    events: list[Event] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Event] = []

    async def receive() -> Event:
        return events.pop(0)

    async def send(event: Event) -> None:
        sent.append(event)

    await proxy({"type": "lifespan"}, receive, send)
    assert [event["type"] for event in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("POST", "/predict", b"{", "application/json", 400),
        ("POST", "/predict", b"{}", "text/plain", 415),
        ("POST", "/predict", b"1" * 1025, "application/json", 413),
        ("POST", "/nosuch", b"{}", "application/json", 404),
        ("GET", "/predict", b"", "application/json", 405),
        ("GET", "/a/../health", b"", "application/json", 400),
    ],
)
async def test_bad_input_is_a_problem(method: str, path: str, body: bytes, kind: str, status: int) -> None:
    async with Proxy(config("http://127.0.0.1:1")) as proxy:
        got, headers, answer = await Client(proxy).send(method, path, body, kind=kind)
        assert (got, headers["content-type"]) == (status, "application/problem+json")
        assert json.loads(answer)["status"] == status


async def test_a_head_request_has_no_body() -> None:
    async with Proxy(config("http://127.0.0.1:1")) as proxy:
        status, headers, body = await Client(proxy).send("HEAD", "/health")
        assert (status, body) == (200, b"")
        assert headers["content-length"] == "15"


async def test_a_client_that_leaves_stops_the_call() -> None:
    async with ScriptedServer(Hang()) as server, Proxy(config(server.url)) as proxy:
        client = Client(proxy)
        call = asyncio.create_task(client.send("POST", "/predict", b"{}"))
        async with asyncio.timeout(5):
            await server.came(1)
            client.leave()
            assert await call == (0, {}, b"")
            await server.empty()
        assert server.left == 1


def test_a_configuration_with_problems_is_refused() -> None:
    broken = Config.model_validate({"graphs": {"predict": {"parallel": ["nosuch"]}}})
    with pytest.raises(ConfigError, match="no predictor or graph nosuch"):
        Proxy(broken)


async def test_what_is_no_http_is_refused() -> None:
    async def unused(*_: Any) -> Any:
        raise AssertionError("nothing is read or sent")

    with pytest.raises(TypeError, match="lifetime"):
        await Proxy(config("http://127.0.0.1:1"))({"type": "lifetime"}, unused, unused)


async def test_a_websocket_is_closed_before_it_opens_and_is_no_fault() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(event: Any) -> None:
        sent.append(event["type"])

    await Proxy(config("http://127.0.0.1:1"))({"type": "websocket"}, receive, send)
    assert sent == ["websocket.close"]


def test_one_proxy_serves_one_loop_after_the_other() -> None:
    proxy = Proxy(config("http://127.0.0.1:1"))
    for _ in range(2):
        status, _, body = asyncio.run(Client(proxy).send("POST", "/predict", b"{}"))
        assert (status, json.loads(body)["status"]) == (502, 502)


def test_what_load_gives_is_served(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text("predictors: {a: {url: 'http://127.0.0.1:1'}}\ngraphs: {predict: {predict: a}}\n")
    for given in (file, str(file), plait.load(file)):
        assert list(Proxy(given).config.graphs) == ["predict"]
