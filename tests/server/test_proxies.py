"""Proxies behind proxies: a graph of one is a predictor of another."""

from __future__ import annotations

import asyncio
from typing import Any

from plait.server.sockets import listen
from plait.testing import Hang, RawServer, ScriptedServer
from plait.testing.server import ok
from tests.server.serving import Answer, Proxy, one, post, proxy

ENVELOPE = b"Accept: application/vnd.plait+json"


async def ask(served: Proxy, *lines: bytes, body: bytes = b'{"x":1}') -> Answer:
    async with served.client() as client:
        return await client.ask(post(body, *lines))


def behind(served: Proxy, path: str = "/predict") -> dict[str, Any]:
    return one(f"http://127.0.0.1:{served.port}{path}")


async def test_a_graph_of_another_proxy_is_a_predictor_like_any() -> None:
    async with RawServer(ok(b'{"score":0.5}')) as model, proxy(one(model.url)) as inner, proxy(behind(inner)) as outer:
        answer = await ask(outer, ENVELOPE)
        assert answer.json["result"] == {"score": 0.5}
        assert answer.json["parts"]["a"]["endpoint"] == f"127.0.0.1:{inner.port}"


async def test_request_id_trace_deadline_and_hops_pass_through_both() -> None:
    trace = b"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with RawServer(ok()) as model, proxy(one(model.url)) as inner, proxy(behind(inner)) as outer:
        answer = await ask(outer, b"X-Request-Id: abc", trace, b"X-Request-Timeout: 500ms")
        assert answer.headers["x-request-id"] == "abc"
        (asked,) = model.requests
        head = asked.split(b"\r\n\r\n")[0].split(b"\r\n")
        assert b"X-Request-Id: abc" in head
        assert trace in head
        assert b"X-Plait-Hops: 2" in head
        left = next(int(line.split(b": ")[1].removesuffix(b"ms")) for line in head if line.startswith(b"X-Request-Timeout"))
        assert 0 < left <= 500


async def test_time_that_is_up_further_on_is_up_here() -> None:
    async with ScriptedServer(Hang()) as model:
        sooner = {**one(model.url), "graphs": {"predict": {"predict": "a", "timeout": "50ms"}}}
        async with proxy(sooner) as inner, proxy(behind(inner)) as outer:
            answer = await ask(outer)
            assert (answer.status, answer.json["type"]) == (504, "urn:plait:problem:timeout")
            assert (answer.json["parts"]["a"]["status"], answer.json["parts"]["a"]["code"]) == ("timeout", 504)


async def test_an_answer_that_is_incomplete_further_on_is_incomplete_here() -> None:
    async with RawServer(ok(b"1")) as model:
        parts = {
            "predictors": {"a": {"url": model.url}, "b": {"url": "http://127.0.0.1:1"}},
            "graphs": {"predict": {"parallel": ["a", "b"], "require": "any"}},
        }
        async with proxy(parts) as inner, proxy(behind(inner)) as outer:
            answer = await ask(outer)
            assert (answer.json, answer.headers["x-plait-complete"]) == ({"a": 1}, "false")


async def test_a_proxy_that_asks_itself_is_stopped_with_508() -> None:
    sock = listen("127.0.0.1", 0)
    async with proxy(one(f"http://127.0.0.1:{sock.getsockname()[1]}"), sock=sock) as looped:
        answer = await ask(looped)
        assert (answer.status, answer.json["type"]) == (508, "urn:plait:problem:loop-detected")


async def test_when_the_client_leaves_the_proxy_further_on_stops_too() -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        while await reader.read(1024):
            pass
        left.set()

    async with (
        RawServer(script) as model,
        proxy(one(model.url)) as inner,
        proxy(behind(inner)) as outer,
        outer.client() as client,
        asyncio.timeout(10),
    ):
        client.writer.write(post(b"{}"))
        await asked.wait()
        client.leave()
        await left.wait()
