"""Calls over sockets: answers, errors, and whatever else may stand where a proxy should."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from plait.client.aio import AsyncClient
from plait.client.sync import Client
from plait.errors import (
    BadAnswer,
    BadRequest,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Overloaded,
    PlaitError,
    Refused,
    TimedOut,
    Unreachable,
)
from plait.testing import RawServer, ScriptedServer
from plait.testing.server import ok, read_request
from tests.client.asking import RESULT, Awaited, Kind, answer, begun, client_of, once, problem

ENVELOPE = "application/vnd.plait+json"


async def failing(kind: Kind, said: bytes, method: str = "call") -> PlaitError:
    """The error of a call that is answered so."""
    async with RawServer(said) as server, client_of(kind, server.url) as client:
        with pytest.raises(PlaitError) as caught:
            await getattr(client, method)("predict", {})
    return caught.value


async def test_a_call_gives_the_answer_as_plain_python(kind: Kind) -> None:
    async with RawServer(ok(b'{"label":"virginica","p":[0.5,null]}')) as server, client_of(kind, server.url) as client:
        assert await client.call("label", {"data": [[1.0]]}) == {"label": "virginica", "p": [0.5, None]}
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /predict/label HTTP/1.1\r\n")
    assert json.loads(body) == {"data": [[1.0]]}


async def test_what_a_call_chooses_is_sent(kind: Kind) -> None:
    async with RawServer(ok()) as server, client_of(kind, server.url, headers={"X-Team": "blue"}) as client:
        await client.call("/mine", {}, timeout=0.5, request_id="mine.1", headers={"X-User": "me"})
        lines = server.requests[0].lower().split(b"\r\n")
    assert lines[0] == b"post /mine http/1.1"
    wanted = {
        b"x-request-timeout: 0.500000s",
        b"x-request-id: mine.1",
        b"x-user: me",
        b"x-team: blue",
        b"accept: application/json",
        b"accept-encoding: identity",
        b"content-type: application/json",
    }
    assert wanted <= set(lines)


async def test_the_whole_answer_says_what_happened(kind: Kind) -> None:
    async with RawServer(answer(200, ENVELOPE, RESULT)) as server, client_of(kind, server.url) as client:
        whole = await client.ask("predict", {})
        assert b"accept: application/vnd.plait+json" in server.requests[0].lower()
    assert (whole.result, whole.complete, whole.revision) == ({"a": [1, 2.5]}, False, 7)
    assert whole.parts["b"].status == "timeout"


async def test_what_a_proxy_says_of_itself(kind: Kind) -> None:
    async with RawServer(ok(b'{"name":"label"}')) as server, client_of(kind, server.url) as client:
        assert await client.metadata("label") == {"name": "label"}
        assert await client.health_all() == {"name": "label"}
        assert [each.split(b" ")[:2] for each in server.requests] == [[b"GET", b"/metadata/label"], [b"GET", b"/health/all"]]


async def test_connections_are_kept(kind: Kind) -> None:
    async with RawServer(ok()) as server, client_of(kind, server.url) as client:
        for _ in range(5):
            await client.call("predict", {})
        assert server.connections == 1


# Errors that a proxy tells of.


async def test_a_problem_is_the_error_that_it_was(kind: Kind) -> None:
    error = await failing(kind, problem(504, "timeout", node="predict/a", predictor="a"))
    assert isinstance(error, TimedOut)
    assert (error.status, error.code, error.node, error.predictor, error.request_id) == (504, "timeout", "predict/a", "a", "r")


async def test_an_overloaded_proxy_says_when_to_come_again(kind: Kind) -> None:
    error = await failing(kind, problem(503, "overloaded", "Retry-After: 2"))
    assert isinstance(error, Overloaded)
    assert error.retry_after == 2.0


async def test_a_refusal_has_what_the_predictor_said(kind: Kind) -> None:
    error = await failing(kind, problem(422, "refused", answer={"rows": [1]}), "ask")
    assert isinstance(error, Refused)
    assert (error.status, error.answer) == (422, {"rows": [1]})


async def test_an_invalid_request_says_where(kind: Kind) -> None:
    error = await failing(kind, problem(422, "invalid-request", pointer="/data/0"))
    assert isinstance(error, InvalidRequest)
    assert error.pointer == "/data/0"


async def test_a_method_that_is_not_allowed_says_which_are(kind: Kind) -> None:
    error = await failing(kind, problem(405, "method-not-allowed", "Allow: GET, HEAD"))
    assert isinstance(error, MethodNotAllowed)
    assert error.allow == "GET, HEAD"


# What is no plait.


@pytest.mark.parametrize("method", ["call", "ask"])
@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        (answer(200, "text/html", b"<html>\n<p>sign in"), 502, "status 200 with text/html that begins '<html> <p>sign in'"),
        (answer(503, "text/html", b"<html>", "Retry-After: 7"), 503, "status 503 with text/html"),
        (answer(404, "text/plain", b""), 404, "status 404 with text/plain; is something else"),
        (answer(302, "text/html", b"", "Location: /login"), 502, "status 302"),
        (answer(502, "application/problem+json", b"<html>"), 502, "status 502 with application/problem"),
        (answer(502, "application/problem+json", b'{"title": "\xff"}'), 502, "status 502 with application/problem"),
        (answer(403, "application/json", b'{"blocked":true}'), 403, "status 403 with application/json that begins"),
        (answer(200, "application/json", b'{"a": '), 502, "status 200"),
        (answer(200, "application/json", b'{"a": 1e999}'), 502, "status 200"),
        (answer(200, "application/json", b'{"a": "\xff"}'), 502, "status 200"),
        (answer(200, ENVELOPE, b'{"result": 1'), 502, "status 200"),
    ],
    ids=(
        "a portal, an outage, another server, a redirect, no problem, no text, other JSON, half, no number, no UTF-8, half whole"
    ).split(", "),
)
async def test_an_answer_of_something_else_is_told_as_that(kind: Kind, method: str, said: bytes, status: int, words: str) -> None:
    error = await failing(kind, said, method)
    assert isinstance(error, BadAnswer)
    assert words in str(error)
    assert error.status == status
    assert error.request_id
    assert error.retry_after == (7.0 if b"Retry-After" in said else None)


async def test_a_plain_answer_is_no_whole_one(kind: Kind) -> None:
    assert "status 200 with application/json" in str(await failing(kind, ok(), "ask"))


async def test_an_answer_is_never_larger_than_it_may_be(kind: Kind) -> None:
    async with RawServer(ok(b"[" + b"1," * 600 + b"1]")) as server, client_of(kind, server.url, max_bytes=1000) as client:
        with pytest.raises(BadAnswer, match="larger than 1000 bytes; see max_bytes"):
            await client.call("predict", {})


# What the connection does.


async def test_a_proxy_that_does_not_run_is_unreachable(kind: Kind) -> None:
    async with client_of(kind, "http://127.0.0.1:1") as client:
        with pytest.raises(
            Unreachable, match=r"no connection to http://127\.0\.0\.1:1/predict: .*does the proxy run there"
        ) as caught:
            await client.call("predict", {}, request_id="mine")
    assert (caught.value.predictor, caught.value.request_id) == ("", "mine")


async def test_a_host_that_is_none_is_told(kind: Kind) -> None:
    async with client_of(kind, "http://\u2603..x:9000") as client:
        with pytest.raises(BadRequest, match="cannot be sent"):
            await client.call("predict", {})


@pytest.mark.parametrize("pieces", [(), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",), (b"SSH-2.0-x\r\n",)], ids=len)
async def test_a_connection_that_breaks_is_a_bad_answer(kind: Kind, pieces: tuple[bytes, ...]) -> None:
    async with RawServer(once(*pieces)) as server, client_of(kind, server.url) as client:
        with pytest.raises(BadAnswer, match=r"the connection to http://.*/predict broke: ") as caught:
            await client.call("predict", {})
    assert caught.value.request_id


@pytest.mark.slow
async def test_a_proxy_that_stays_silent_is_not_waited_for_longer_than_the_timeout(kind: Kind) -> None:
    async with RawServer(begun()) as server, client_of(kind, server.url) as client:
        with pytest.raises(TimedOut, match=r"no answer from http://.*/predict in 1\.01 s"):
            await client.call("predict", {}, timeout=0.01)


async def test_nothing_is_sent_of_what_cannot_be(kind: Kind) -> None:
    async with RawServer(ok()) as server, client_of(kind, server.url) as client:
        for graph, data, choice in (
            ("predict", {"x": float("nan")}, {}),
            ("No", {}, {}),
            ("predict", {}, {"timeout": 0}),
            ("predict", {}, {"request_id": "a b"}),
        ):
            with pytest.raises(BadRequest):
                await client.call(graph, data, **choice)
        with pytest.raises(TypeError, match="tiemout"):
            await client.call("predict", {}, tiemout=1)
        assert server.connections == 0


async def test_the_environment_names_no_proxy_unless_it_may(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with RawServer(ok()) as server, client_of(kind, server.url) as client:
        assert await client.call("predict", {}) == {"ok": True}
        async with client_of(kind, server.url, trust_env=True) as trusting:
            with pytest.raises(Unreachable):
                await trusting.call("predict", {})


# Many at once.


async def test_many_calls_at_once_each_get_their_own_answer() -> None:
    async with ScriptedServer(lambda asked: asked.value) as server, AsyncClient(server.url) as client, asyncio.TaskGroup() as group:
        tasks = [group.create_task(client.call("predict", number)) for number in range(500)]
    assert [task.result() for task in tasks] == list(range(500))
    assert server.connections <= 100


@pytest.mark.slow
async def test_a_call_that_finds_no_connection_free_in_time_is_told_that() -> None:
    async with RawServer(begun()) as server, AsyncClient(server.url) as client:
        busy = [asyncio.get_running_loop().create_task(client.call("predict", {})) for _ in range(100)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="all 100 connections of this client are in use"):
            await client.call("predict", {}, timeout=0.01)
        for task in busy:
            task.cancel()
        await asyncio.wait(busy)


async def test_one_client_serves_many_threads() -> None:
    def ask(number: int) -> list[int]:
        start.wait()
        return [client.call("predict", number * 100 + each) for each in range(25)]

    start = threading.Barrier(8)
    async with ScriptedServer(lambda asked: asked.value) as server:
        with Client(server.url) as client, ThreadPoolExecutor(8) as pool:
            loop = asyncio.get_running_loop()
            answers = [await future for future in [loop.run_in_executor(pool, ask, number) for number in range(8)]]
    assert answers == [[number * 100 + each for each in range(25)] for number in range(8)]


async def test_a_call_that_is_cancelled_lets_go_of_its_connection() -> None:
    came = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        came.set()
        await reader.read()

    async with RawServer(script) as server, AsyncClient(server.url) as client:
        task = asyncio.get_running_loop().create_task(client.call("predict", {}))
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.empty()


async def test_a_graph_that_is_not_there_is_not_found() -> None:
    assert isinstance(await failing(Awaited, problem(404, "not-found")), NotFound)
