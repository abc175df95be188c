"""The Python clients and `plait call` against a proxy process, and a proxy process behind another."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from plait import AsyncClient, Client
from plait.client.part import Part
from plait.errors import InvalidRequest, NotFound, PlaitError, Refused, TimedOut, Unreachable
from plait.testing import RawServer
from plait.testing.server import ok
from tests.client.asking import Awaited, Kind, Threaded, client_of
from tests.e2e.processes import serving_config, started
from tests.server.streaming import Scripted

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

both_kinds = pytest.mark.parametrize("kind", [Threaded, Awaited], ids=["Client", "AsyncClient"])


def partial(server: RawServer) -> dict[str, Any]:
    """Graphs over one predictor that is quick, one that is slow, and one that nobody can reach."""
    return {
        "defaults": {"predictor": {"timeout": "1m"}, "graph": {"timeout": "1m"}},
        "predictors": {
            "quick": {"url": f"{server.url}/quick"},
            "slow": {"url": f"{server.url}/slow"},
            "gone": {"url": "http://127.0.0.1:1", "retry": {"attempts": 1}},
        },
        "graphs": {
            "predict": {"parallel": ["quick", "slow", "gone"], "require": "any"},
            "soon": {"parallel": ["quick", "slow", "gone"], "require": "any", "timeout": "300ms"},
            "whole": {"parallel": ["slow"], "timeout": "100ms"},
            "one": "gone",
            "typed": {"value": 1, "schema": {"properties": {"n": {"type": "number"}}}},
        },
    }


@both_kinds
async def test_call_and_ask_give_what_has_arrived(kind: Kind, tmp_path: Path) -> None:
    said = Scripted()
    async with RawServer(said) as server, serving_config(partial(server), tmp_path) as url, client_of(kind, url) as client:
        said.say("quick", b'{"p":[0.5]}')
        assert await client.call("soon", {"x": 1}) == {"quick": {"p": [0.5]}}
        said.say("quick", b"1")
        answer = await client.ask("soon", {}, request_id="mine")
        assert (answer.result, answer.complete, answer.request_id) == ({"quick": 1}, False, "mine")
        statuses = {key: part.status for key, part in answer.parts.items()}
        assert statuses == {"quick": "ok", "slow": "timeout", "gone": "unreachable"}


async def test_stream_of_the_client_has_parts_before_the_slow_one_has_ended(tmp_path: Path) -> None:
    said, loop = Scripted(), asyncio.get_running_loop()

    def follow(url: str) -> tuple[list[Part], Any]:
        with Client(url) as client, client.stream("predict", {}) as stream:
            parts = []
            for part in stream:
                parts.append(part)
                if part.key == "quick":  # only now does the slow one answer
                    loop.call_soon_threadsafe(said.say, "slow", b"2")
            return parts, stream.answer

    async with RawServer(said) as server, serving_config(partial(server), tmp_path) as url:
        said.say("quick", b"1")
        parts, answer = await asyncio.to_thread(follow, url)
    assert {part.key: (part.status, part.output) for part in parts} == PARTS
    assert (parts[-1].key, answer.result, answer.complete) == ("slow", {"quick": 1, "slow": 2}, False)


PARTS = {"quick": ("ok", 1), "slow": ("ok", 2), "gone": ("unreachable", None)}


async def test_stream_of_the_async_client_has_parts_before_the_slow_one_has_ended(tmp_path: Path) -> None:
    said = Scripted()
    async with RawServer(said) as server, serving_config(partial(server), tmp_path) as url, AsyncClient(url) as client:
        said.say("quick", b"1")
        async with client.stream("predict", {}) as stream:
            parts = [await anext(stream), await anext(stream)]
            assert {part.key for part in parts} == {"quick", "gone"}
            said.say("slow", b"2")
            parts += [part async for part in stream]
        assert {part.key: (part.status, part.output) for part in parts} == PARTS
        assert (stream.answer.result, stream.answer.complete) == ({"quick": 1, "slow": 2}, False)


@both_kinds
async def test_failures_are_errors_of_their_class(kind: Kind, tmp_path: Path) -> None:
    async with RawServer(Scripted()) as server, serving_config(partial(server), tmp_path) as url, client_of(kind, url) as client:
        for graph, data, error, status in (
            ("nosuch", {}, NotFound, 404),
            ("typed", {"n": "x"}, InvalidRequest, 422),
            ("one", {}, Unreachable, 502),
            ("whole", {}, TimedOut, 504),
        ):
            with pytest.raises(PlaitError) as caught:
                await client.call(graph, data)
            assert (type(caught.value), caught.value.status) == (error, status)
            streamed = await client.stream(graph)
            assert type(streamed.error) is (error if graph != "typed" else type(None))
        assert caught.value.node == "whole/slow"
        assert caught.value.parts["slow"].status == "timeout"


async def test_plait_call_stream_prints_a_part_before_the_slow_one_has_ended(tmp_path: Path) -> None:
    said = Scripted()
    async with RawServer(said) as server, serving_config(partial(server), tmp_path) as url:
        said.say("quick", b"1")
        command = (sys.executable, "-m", "plait", "call", "predict", "-d", "{}", "--url", url, "--stream", "--json")
        async with started(*command) as process:
            assert process.stdout is not None
            first = [json.loads(await process.stdout.readline())["part"] for _ in range(2)]
            assert sorted(first) == ["gone", "quick"]
            said.say("slow", b"2")  # only now, so what was read before did not wait for it
            slow, result = map(json.loads, (await process.stdout.read()).splitlines())
            assert (slow["part"], slow["output"]) == ("slow", 2)
            assert (result["result"], result["complete"]) == ({"quick": 1, "slow": 2}, False)
            assert await process.wait() == 0


@pytest.mark.parametrize("further", [(), ("--json",), ("--envelope", "--json")])
async def test_plait_call_prints_json_and_nothing_else(further: tuple[str, ...], tmp_path: Path) -> None:
    said = Scripted()
    async with RawServer(said) as server, serving_config(partial(server), tmp_path) as url:
        said.say("quick", b"1")
        async with started(sys.executable, "-m", "plait", "call", "soon", "-d", "{}", "--url", url, *further) as process:
            assert process.stdout is not None
            printed = json.loads(await process.stdout.read())
            assert await process.wait() == 0
        assert (printed["result"] if "--envelope" in further else printed) == {"quick": 1}


async def test_plait_call_stream_of_what_fails_ends_with_1(tmp_path: Path) -> None:
    async with RawServer(Scripted()) as server, serving_config(partial(server), tmp_path) as url:
        command = (sys.executable, "-m", "plait", "call", "whole", "-d", "{}", "--url", url, "--stream")
        async with started(*command) as process:
            assert process.stdout is not None
            (part, *_) = map(json.loads, (await process.stdout.read()).splitlines())
            assert (part["part"], part["status"]) == ("slow", "timeout")
            assert await process.wait() == 1


async def test_a_graph_of_another_proxy_process_is_a_predictor_like_any(tmp_path: Path) -> None:
    (tmp_path / "outer").mkdir()
    said = Scripted()
    async with RawServer(ok(b"1")) as model, RawServer(said) as slow:
        inner_config = {
            "predictors": {"a": {"url": model.url}, "gone": {"url": "http://127.0.0.1:1"}, "slow": {"url": f"{slow.url}/slow"}},
            "graphs": {
                "predict": {"parallel": ["a", "gone"], "require": "any", "schema": {"type": "object"}},
                "late": {"predict": "slow", "timeout": "1m"},
            },
        }
        async with serving_config(inner_config, tmp_path) as inner:
            outer_config = {
                "predictors": {"one": {"url": f"{inner}/predict"}, "two": {"url": f"{inner}/predict/late", "timeout": "1m"}},
                "graphs": {"predict": {"parallel": ["one"]}, "late": {"predict": "two", "timeout": "1m"}},
            }
            async with serving_config(outer_config, tmp_path / "outer") as outer, AsyncClient(outer) as client:
                await what_passes_through(client, model)
                with pytest.raises(Refused) as refused:
                    await client.call("predict", [])
                assert refused.value.answer["type"] == "urn:plait:problem:invalid-request"
                with pytest.raises(TimedOut):
                    await client.call("late", {}, timeout=0.2)
                await slow.empty()  # the deadline ended the call of the innermost predictor too


async def what_passes_through(client: AsyncClient, model: RawServer) -> None:
    answer = await client.ask("predict", {"x": 1}, request_id="mine.1", timeout=5)
    assert (answer.result, answer.complete, answer.request_id) == ({"one": {"a": 1}}, False, "mine.1")
    assert answer.parts["one"].status == "ok"
    (asked,) = model.requests
    fields = dict(line.split(": ", 1) for line in asked.decode().split("\r\n\r\n")[0].split("\r\n")[1:])
    assert (fields["X-Request-Id"], fields["X-Plait-Hops"]) == ("mine.1", "2")
    assert 0 < int(fields["X-Request-Timeout"].removesuffix("ms")) <= 1000  # the predictors' own timeout
