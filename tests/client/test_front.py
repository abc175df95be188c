"""The client against the real front: what the proxy tells is what the client raises."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import BadAnswer, BadRequest, InvalidRequest, NotFound, PlaitError, Refused, TimedOut, Unreachable
from plait.testing import RawServer
from plait.testing.server import ok
from tests.client.asking import Kind, answer, begun, client_of
from tests.server.serving import one, proxy

SCHEMA = {"type": "object", "properties": {"data": {"type": "array", "items": {"type": "number"}}}}


def base(port: int) -> str:
    return f"http://127.0.0.1:{port}"


async def test_a_call_and_the_whole_answer(kind: Kind) -> None:
    async with RawServer(ok(b'{"p":[0.5]}')) as a, RawServer(answer(500, "text/plain", b"")) as b:
        config = {
            "predictors": {"a": {"url": a.url}, "b": {"url": b.url}},
            "graphs": {"predict": {"parallel": ["a", "b"], "require": "any"}, "only": "a"},
        }
        async with proxy(config) as served, client_of(kind, base(served.port)) as client:
            assert await client.call("only", {"x": None}) == {"p": [0.5]}
            assert await client.call("/predict", {}) == {"a": {"p": [0.5]}}
            whole = await client.ask("predict", {}, request_id="mine.1")
            described = await client.metadata("only")
            health = await client.health_all()
        assert b'{"x":null}' in a.requests[0]
    assert (whole.result, whole.complete, whole.request_id) == ({"a": {"p": [0.5]}}, False, "mine.1")
    assert (whole.parts["a"].status, whole.parts["b"].status, whole.parts["b"].code) == ("ok", "error", 500)
    assert whole.parts["a"].endpoint == a.url.removeprefix("http://")
    assert described["route"] == "/predict/only"
    assert set(health) == {"a", "b"}


async def failing(kind: Kind, graphs: dict[str, Any], url: str, data: Any, **choice: Any) -> PlaitError:
    config = {"predictors": {"a": {"url": url}}, "graphs": graphs}
    async with proxy(config) as served, client_of(kind, base(served.port)) as client:
        with pytest.raises(PlaitError) as caught:
            await client.call("predict", data, request_id="mine.1", **choice)
    assert caught.value.request_id == "mine.1"
    return caught.value


async def test_a_predictor_that_cannot_be_reached(kind: Kind) -> None:
    error = await failing(kind, {"predict": "a"}, "http://127.0.0.1:1", {})
    assert isinstance(error, Unreachable)
    assert (error.status, error.predictor, error.parts["a"].status) == (502, "a", "unreachable")
    assert "predictor a, request mine.1" in str(error)


async def test_a_timeout_that_the_client_chose(kind: Kind) -> None:
    async with RawServer(begun()) as server:
        error = await failing(kind, {"predict": "a"}, server.url, {}, timeout=0.05)
    assert isinstance(error, TimedOut)
    assert (error.status, error.predictor, error.parts["a"].status) == (504, "a", "timeout")


async def test_a_request_that_the_schema_refuses(kind: Kind) -> None:
    graphs = {"predict": {"predict": "a", "schema": SCHEMA}}
    error = await failing(kind, graphs, "http://127.0.0.1:1", {"data": [1, "x"]})
    assert isinstance(error, InvalidRequest)
    assert (error.status, error.pointer, dict(error.parts)) == (422, "/data/1", {})


async def test_a_request_that_a_predictor_refuses(kind: Kind) -> None:
    async with RawServer(answer(422, "application/json", b'{"detail": ["too short"]}')) as server:
        error = await failing(kind, {"predict": "a"}, server.url, {})
    assert isinstance(error, Refused)
    assert (error.status, error.answer, error.predictor) == (422, {"detail": ["too short"]}, "a")


async def test_a_predictor_that_answers_badly(kind: Kind) -> None:
    async with RawServer(answer(500, "text/html", b"<html>")) as server:
        error = await failing(kind, {"predict": "a"}, server.url, {})
    assert isinstance(error, BadAnswer)
    assert (error.status, error.predictor, error.parts["a"].code) == (502, "a", 500)


async def test_a_graph_that_is_not_there_and_a_request_too_deep(kind: Kind) -> None:
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    async with proxy(one("http://127.0.0.1:1")) as served, client_of(kind, base(served.port)) as client:
        with pytest.raises(NotFound, match=r"there is no such route; graphs are at /predict \(404 not-found, request "):
            await client.call("nosuch", {})
        with pytest.raises(BadRequest, match="nested more than 64 deep"):
            await client.call("predict", deep)
