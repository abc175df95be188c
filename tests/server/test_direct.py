"""Graphs asked in this process."""

from __future__ import annotations

import asyncio
from functools import reduce
from typing import Any

import pytest

import plait
from plait import Answer, Proxy
from plait.errors import (
    BadAnswer,
    BadRequest,
    ConfigError,
    Internal,
    InvalidRequest,
    LoopDetected,
    NotFound,
    PlaitError,
    Refused,
    TimedOut,
    TooLarge,
    Unreachable,
)
from plait.testing import Hang, RawServer, ScriptedServer
from plait.testing.server import ok

GONE = "http://127.0.0.1:1"


def a(url: str, **options: Any) -> plait.Graph:
    return plait.predictor("a", url, **options)


async def test_a_graph_is_asked_without_http_in_front() -> None:
    async with RawServer(ok(b'{"p":[0.1,0.9]}')) as server:
        app = Proxy({"predict": a(server.url), "label": a(server.url) >> plait.transform({"best": "${input.p[1]}"})})
        async with app:
            assert await app.call("predict", {"x": ("é", None, 1.0)}) == {"p": [0.1, 0.9]}
            assert await app.call("label", {}) == {"best": 0.9}
        assert server.requests[0].endswith('\r\n\r\n{"x":["é",null,1.0]}'.encode())


async def test_it_opens_with_the_first_request() -> None:
    async with RawServer(ok(b"1")) as server:
        app = Proxy({"predict": a(server.url)})
        try:
            assert await app.call("predict", None) == 1
        finally:
            await app.__aexit__()


async def test_the_answer_says_whether_it_is_complete_and_what_became_of_each_part() -> None:
    async with RawServer(ok(b"1")) as server:
        both = plait.parallel(a(server.url), plait.predictor("gone", GONE), require="any")
        async with Proxy({"predict": both}) as app:
            answer = await app.ask("predict", {}, request_id="my-id")
            assert isinstance(answer, Answer)
            assert (answer.result, answer.complete, answer.request_id, answer.revision) == ({"a": 1}, False, "my-id", 1)
            assert {key: part.status for key, part in answer.parts.items()} == {"a": "ok", "gone": "unreachable"}
            assert answer.parts["a"].endpoint == server.url.removeprefix("http://")
        assert b"X-Request-Id: my-id\r\n" in server.requests[0]


async def test_headers_are_seen_by_expressions_and_passed_on_where_a_predictor_may_see_them() -> None:
    graph = plait.parallel(a=plait.transform("${headers['x-user']}"), b=plait.predict("a"))
    async with RawServer(ok(b"1")) as server:
        async with Proxy({"predict": graph}, predictors={"a": {"url": server.url, "forward_headers": ["X-User"]}}) as app:
            assert await app.call("predict", {}, headers={"X-User": "eve"}) == {"a": "eve", "b": 1}
        assert b"x-user: eve\r\n" in server.requests[0].lower()


async def test_a_timeout_may_only_shorten_the_graphs_own() -> None:
    async with ScriptedServer(Hang()) as server, Proxy({"predict": a(server.url).served(timeout="50ms")}) as app:
        for timeout in ("10ms", "9s", None):
            with pytest.raises(TimedOut) as caught:
                await app.call("predict", {}, timeout=timeout)
            assert caught.value.node == "predict"


async def test_id_and_timeout_may_come_as_header_fields_and_arguments_win() -> None:
    headers = {"X-Request-Id": "one", "X-Request-Timeout": "10ms"}
    app = Proxy({"predict": plait.value(1)})
    assert (await app.ask("predict", {}, headers=headers)).request_id == "one"
    assert (await app.ask("predict", {}, headers=headers, request_id="two")).request_id == "two"
    async with ScriptedServer(Hang()) as server, Proxy({"predict": a(server.url, timeout="1m").served(timeout="10m")}) as app:
        for choice in ({"headers": headers}, {"headers": {"x-request-timeout": "10m"}, "timeout": "10ms"}):
            with pytest.raises(TimedOut):
                await app.call("predict", {}, **choice)


@pytest.mark.parametrize(
    ("data", "options", "error", "told"),
    [
        ({1, 2}, {}, BadRequest, "is no JSON: .*set"),
        (float("nan"), {}, BadRequest, "is no JSON"),
        ("\ud800", {}, BadRequest, "is no JSON"),
        (reduce(lambda inner, _: [inner], range(65), []), {}, BadRequest, "nested more than 64 deep"),
        ("x" * 1100, {}, TooLarge, "larger than 1024 bytes"),
        ({"n": 1}, {}, InvalidRequest, "n"),
        ({}, {"timeout": 0.3}, BadRequest, "no duration such as 250ms"),
        ({}, {"headers": {"a b": "c"}}, BadRequest, "a header field"),
        ({}, {"headers": {"a": "c\r\nb: d"}}, BadRequest, "a header field"),
        ({}, {"headers": {"X-Plait-Hops": "16"}}, LoopDetected, "too many proxies"),
    ],
)
async def test_a_request_is_judged_as_a_clients_is(data: Any, options: dict[str, Any], error: type[Exception], told: str) -> None:
    graph = plait.value(1).served(schema={"not": {"required": ["n"]}})
    async with Proxy({"predict": graph}, server={"limits": {"body": "1KiB"}}) as app:
        with pytest.raises(error, match=told):
            await app.call("predict", data, **options)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", BadAnswer),
        (b"HTTP/1.1 422 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", Refused),
        (ok(b"1e999"), BadAnswer),
    ],
)
async def test_a_failure_is_an_error_of_its_class(answer: bytes, error: type[Exception]) -> None:
    async with RawServer(answer) as server, Proxy({"predict": a(server.url)}) as app:
        with pytest.raises(error):
            await app.call("predict", {})


@pytest.mark.parametrize(("data", "error"), [({"n": 1}, InvalidRequest), ({}, BadAnswer)])
async def test_a_failure_knows_its_request(data: Any, error: type[PlaitError]) -> None:
    async with RawServer(ok(b"1e999")) as server:
        graph = a(server.url).served(schema={"not": {"required": ["n"]}})
        async with Proxy({"predict": graph}) as app:
            with pytest.raises(error) as caught:
                await app.call("predict", data, request_id="my-id")
    assert caught.value.request_id == "my-id"
    assert set(caught.value.parts) == ({"a"} if error is BadAnswer else set())


async def test_who_is_not_there_is_told() -> None:
    async with Proxy({"predict": a(GONE), "label": a(GONE)}) as app:
        with pytest.raises(NotFound, match="there is no graph lable; did you mean label"):
            await app.call("lable", {})
        with pytest.raises(Unreachable) as caught:
            await app.call("label", {})
        assert caught.value.predictor == "a"


@pytest.mark.parametrize("way", ["cancelled", "closed"])
async def test_who_stops_waiting_stops_the_call(way: str) -> None:
    async with ScriptedServer(Hang()) as server, Proxy({"predict": a(server.url, timeout="9s").served(timeout="9s")}) as app:
        call = asyncio.create_task(app.call("predict", {}))
        async with asyncio.timeout(5):
            await server.came(1)
            if way == "cancelled":
                call.cancel()
            else:
                await app.__aexit__()
            with pytest.raises((asyncio.CancelledError, PlaitError)):
                await call
            await server.empty()


async def test_a_fault_of_plait_itself_is_an_error_too(caplog: pytest.LogCaptureFixture) -> None:
    async with Proxy({"predict": plait.value(1)}) as app:
        await app.call("predict", {})

        async def broken(*_: Any) -> Any:
            raise KeyError("x")

        generation = app._app._generation  # type: ignore[union-attr]
        generation.graphs["predict"] = generation.graphs["predict"]._replace(call=broken)
        with pytest.raises(Internal):
            await app.call("predict", {})
    assert "KeyError" in caplog.text


# What is served.


def test_graphs_are_given_as_compositions_names_specs_or_what_a_file_has() -> None:
    one = a(GONE)
    app = Proxy(
        {"predict": one, "name": "a", "spec": one.root, "file": {"parallel": [one, "b"], "route": "/x", "timeout": "1s"}},
        predictors={"b": {"url": GONE}},
        defaults={"graph": {"timeout": "3s"}},
    )
    assert [graph.root == one.root for graph in app.config.graphs.values()] == [True, True, True, False]
    assert list(app.config.predictors) == ["b", "a"]
    assert (app.config.route("file"), app.config.graphs["file"].timeout, app.config.defaults.graph.timeout) == ("/x", 1.0, 3.0)


def test_a_subgraph_may_be_served_under_its_own_name_and_its_options_hold() -> None:
    inner = plait.subgraph("inner", a(GONE), schema={"type": "object"})
    app = Proxy({"predict": inner >> "a", "inner": inner})
    assert list(app.config.graphs) == ["predict", "inner"]
    assert app.config.graphs["inner"].request_schema == {"type": "object"}


@pytest.mark.parametrize(
    ("graphs", "sections", "told"),
    [
        ({"predict": a(GONE), "label": a("http://127.0.0.1:2")}, {}, "two different predictors have the name a"),
        ({"predict": a(GONE)}, {"predictors": {"a": {"url": "http://127.0.0.1:2"}}}, "two different predictors have the name a"),
        ({"predict": plait.subgraph("label", a(GONE)), "label": {"value": 1}}, {}, "two different graphs have the name label"),
        ({"predict": "b"}, {"predictors": {"a": {"url": GONE}}}, "graphs.predict: there is no predictor or graph b"),
        ({"Predict": a(GONE)}, {}, "graphs.Predict: is no name"),
        ({"predict": 3}, {}, "graphs.predict: is no graph"),
        ({"predict": {"sequence": ["a"], "sample": {1}}}, {"predictors": {"a": {"url": GONE}}}, "sample: is no JSON value"),
        ({"predict": a(GONE)}, {"server": {"prt": 1}}, r"server: unknown key prt \(did you mean port"),
        ({"predict": a(GONE)}, {"defalts": {}}, r"unknown key defalts \(did you mean defaults"),
        ({"predict": a(GONE)}, {"predictors": {"b": {}}}, "predictors.b: needs url"),
        ({"predict": plait.parallel(a(GONE), a(GONE) >> "a")}, {}, r"parallel\[1\]: a sequence in a list of branches needs a name"),
        ({"predict": plait.switch({"inptu.x": a(GONE)})}, {}, r"graphs.predict.switch\[0\].when: "),
    ],
)
def test_what_does_not_fit_together_is_refused(graphs: dict[str, Any], sections: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Proxy(graphs, **sections)


def test_a_configuration_that_is_whole_takes_no_more_sections() -> None:
    with pytest.raises(ConfigError, match="predictors: the configuration has this section already"):
        Proxy(Proxy({"predict": a(GONE)}).config, predictors={})
