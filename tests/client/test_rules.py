"""What a rule answers in place of a graph, as the clients for Python and `Proxy.call` give it."""

from __future__ import annotations

from typing import Any

import pytest

import plait
from plait.errors import BadAnswer, Responded
from plait.graph.spec import Config
from plait.jobs.jobs import Place
from plait.testing import RawServer
from tests.jobs.memory import Memory, Tables
from tests.server.serving import proxy


def graph(status: int) -> dict[str, Any]:
    rule = {"name": "no", "on": "result", "when": "true", "do": {"respond": {"status": status, "body": {"why": "so"}}}}
    return {"graphs": {"predict": {"value": 1, "rules": [rule]}}}


def memory() -> Place:
    return Place(Memory(Tables(), "first"), lambda: True)


async def test_an_answer_of_a_rule_is_an_answer() -> None:
    async with proxy(graph(206), place=memory()) as port, plait.AsyncClient(f"http://127.0.0.1:{port.port}") as client:
        assert await client.call("predict", {}) == {"why": "so"}
        answer = await client.ask("predict", {})
        assert answer.result == {"why": "so"}
        assert [(acted.rule, acted.on, acted.did) for acted in answer.rules] == [("no", "result", ["respond"])]
        stream = client.stream("predict", {})
        assert [part async for part in stream] == []
        assert stream.answer.result == {"why": "so"}
        assert (await client.submit("predict", {}, wait=5)).result == {"why": "so"}


async def test_a_refusal_of_a_rule_is_raised_with_its_status_and_body() -> None:
    async with proxy(graph(403), place=memory()) as port, plait.AsyncClient(f"http://127.0.0.1:{port.port}") as client:
        for asked in (client.call("predict", {}), client.ask("predict", {}), client.submit("predict", {}, wait=5)):
            with pytest.raises(Responded) as refused:
                await asked
            error = refused.value
            assert (error.status, error.answer, error.rule) == (403, {"why": "so"}, "no")
            assert "the rule no has answered (403 responded" in str(error)
        with pytest.raises(Responded) as refused:
            _ = [part async for part in client.stream("predict", {})]
        assert (refused.value.status, refused.value.answer, refused.value.rule) == (403, {"why": "so"}, "no")


@pytest.mark.parametrize("status", [206, 403])
async def test_a_proxy_in_this_process_gives_the_same(status: int) -> None:
    async with plait.Proxy(Config.model_validate(graph(status))) as app:
        if status == 206:
            assert await app.call("predict", {}) == {"why": "so"}
            assert [acted.did for acted in (await app.ask("predict", {})).rules] == [["respond"]]
            return
        with pytest.raises(Responded) as refused:
            await app.call("predict", {})
        assert (refused.value.answer, refused.value.rule) == ({"why": "so"}, "no")


async def test_what_only_looks_like_it_is_no_answer_of_a_rule() -> None:
    broken = b"HTTP/1.1 403 No\r\nX-Plait-Rule: no\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{"
    async with RawServer(broken) as server, plait.AsyncClient(server.url) as client:
        with pytest.raises(BadAnswer):
            await client.call("predict", {})


async def test_a_proxy_in_this_process_alerts_its_sinks(caplog: pytest.LogCaptureFixture) -> None:
    rule = {"on": "result", "when": "result > 0.5", "do": {"alert": "audit"}}
    graphs = {"predict": plait.value(0.9).served(rules=[rule])}
    with caplog.at_level("WARNING", "plait"):
        async with plait.Proxy(graphs, sinks={"audit": {"log": "warning"}}) as app:
            answer = await app.ask("predict", {"n": 1})
    assert [acted.did for acted in answer.rules] == [["alert"]]
    assert '"rule":"1","sink":"audit","result":0.9' in caplog.text
