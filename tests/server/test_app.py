"""The routes of the data port, as a handler: no sockets in front, real ones behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from plait.clock import Clock
from plait.graph.spec import Config
from plait.http1.messages import Request, Response
from plait.server.app import App
from plait.server.serve import Worker, proxy
from plait.testing import Asked, Hang, RawServer, ScriptedServer
from plait.testing.server import ok
from plait.types import Header

SAMPLE = {"data": [[1.0, 2.0]]}


def speaking(asked: Asked) -> Any:
    """A predictor that knows all routes."""
    answers: dict[str, Any] = {
        "/health": {"health": "ok"},
        "/metadata": {"data_type": "list", "data_sample": SAMPLE, "prediction_type": "list", "prediction_sample": [0.5]},
        "/predict/test": {"path": asked.path},
        "/predict": {"prediction": [0.5]},
    }
    return answers[asked.path.partition("?")[0]]


@asynccontextmanager
async def app(**config: Any) -> AsyncIterator[tuple[App, Worker]]:
    worker = Worker(Clock(asyncio.get_running_loop()))
    async with proxy(Config.model_validate(config), worker) as handler:
        yield handler, worker
    worker.clock.close()


async def ask(
    handler: App, method: str, target: str, body: bytes = b"", peer: str = "127.0.0.1", **headers: str
) -> tuple[int, Any, dict[str, str]]:
    answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
    path, _, query = target.partition("?")
    fields = {
        name.replace("_", "-").encode(): value.encode() for name, value in {"content_type": "application/json", **headers}.items()
    }
    handler(Request(method, path, query, Header(fields), body, peer), answer.set_result)
    async with asyncio.timeout(10):
        response = await answer
    return response.status, json.loads(response.body), dict(response.headers)


def two(a: str, b: str = "http://127.0.0.1:1", **graph: Any) -> dict[str, Any]:
    graphs = {"predict": {"parallel": ["a", "b"], **graph}}
    return {"predictors": {"a": {"url": a}, "b": {"url": b, "timeout": "500ms"}}, "graphs": graphs}


async def test_health_is_that_of_the_process_and_needs_no_predictor() -> None:
    async with app(**two("http://127.0.0.1:1")) as (handler, worker):
        assert (await ask(handler, "GET", "/health"))[:2] == (200, {"health": "ok"})
        assert (await ask(handler, "GET", "/livez"))[0] == 200
        assert (await ask(handler, "GET", "/readyz"))[0] == 200
        worker.ready = False
        assert (await ask(handler, "GET", "/readyz"))[0] == 503


async def test_health_of_all_names_the_dead_one() -> None:
    async with ScriptedServer(speaking) as server, app(**two(server.url)) as (handler, _):
        status, answer, _ = await ask(handler, "GET", "/health/all")
        assert status == 200
        assert answer["a"] == {"health": "ok"}
        assert answer["b"]["health"] == "unreachable"
        assert answer["b"]["error"]


async def test_health_of_all_waits_no_longer_than_the_predictors_timeout_and_is_shared() -> None:
    async with (
        ScriptedServer(Hang()) as slow,
        ScriptedServer(speaking) as server,
        app(**two(server.url, slow.url)) as (handler, worker),
    ):
        began = worker.clock.now()
        answers = [ask(handler, "GET", "/health/all") for _ in range(5)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(answer) for answer in answers]
        assert {task.result()[1]["b"]["health"] for task in tasks} == {"unreachable"}
        assert 0.5 <= worker.clock.now() - began < 2
        assert slow.connections == 1


async def test_the_predictors_tests_are_gathered_under_the_request_id() -> None:
    async with ScriptedServer(speaking) as server, app(**two(server.url)) as (handler, _):
        status, answer, headers = await ask(handler, "GET", "/predict/get/test?id=abc")
        assert (status, headers["X-Request-Id"]) == (200, "abc")
        assert answer["a"] == {"path": "/predict/test?id=abc"}
        assert answer["b"]["health"] == "unreachable"


async def test_a_test_by_post_runs_the_sample() -> None:
    async with ScriptedServer(speaking) as server, app(**two(server.url, server.url, sample=SAMPLE)) as (handler, _):
        status, answer, headers = await ask(handler, "POST", "/predict/post/test")
        assert (status, headers["X-Plait-Complete"]) == (200, "true")
        assert answer == {"a": {"prediction": [0.5]}, "b": {"prediction": [0.5]}}


async def test_without_a_sample_there_is_no_test_by_post() -> None:
    async with app(**two("http://127.0.0.1:1")) as (handler, _):
        assert (await ask(handler, "POST", "/predict/post/test"))[0] == 404


async def test_metadata_comes_from_the_graph_and_its_predictors() -> None:
    schema = {"type": "object", "required": ["data"]}
    async with ScriptedServer(speaking) as server, app(**two(server.url, server.url, schema=schema)) as (handler, _):
        status, answer, _ = await ask(handler, "GET", "/metadata")
        assert status == 200
        assert answer["route"] == "/predict"
        assert answer["data_type"] == "object"
        assert answer["data_structure"] == schema
        assert answer["data_sample"] == SAMPLE
        assert answer["prediction_type"] == "object"
        assert answer["prediction_sample"] == {"a": [0.5], "b": [0.5]}
        assert answer["prediction_structure"] == {"a": None, "b": None}


async def test_metadata_is_null_where_it_is_unknown() -> None:
    async with app(**two("http://127.0.0.1:1")) as (handler, _):
        status, answer, _ = await ask(handler, "GET", "/metadata/predict")
        assert status == 200
        assert {answer[key] for key in answer if key.startswith(("data_", "prediction_"))} == {None}


@pytest.mark.parametrize("said", [b'{"data_sample":1e999}', b"[1]", b"null"])
async def test_what_no_program_can_read_of_a_predictors_metadata_is_unknown(said: bytes) -> None:
    async with RawServer(ok(said)) as server, app(predictors={"a": {"url": server.url}}, graphs={"predict": "a"}) as (handler, _):
        status, answer, _ = await ask(handler, "GET", "/metadata")
        assert (status, answer["data_sample"]) == (200, None)


async def test_an_excluded_predictor_is_left_out_of_a_parallel_and_said_to_be() -> None:
    async with ScriptedServer(speaking) as server:
        config = two(server.url)
        config["predictors"]["b"]["enabled"] = False
        async with app(**config) as (handler, _):
            status, answer, headers = await ask(handler, "POST", "/predict", b"{}")
            assert (status, answer, headers["X-Plait-Complete"]) == (200, {"a": {"prediction": [0.5]}}, "true")
            assert (await ask(handler, "GET", "/health/all"))[1]["b"]["health"] == "excluded"


@pytest.mark.parametrize(
    ("method", "target", "status", "allow"),
    [
        ("GET", "/predict", 405, "POST"),
        ("POST", "/health", 405, "GET, HEAD"),
        ("DELETE", "/health/all", 405, "GET, HEAD"),
        ("GET", "/nosuch", 404, None),
        ("POST", "/predict/nosuch", 404, None),
        ("GET", "/metadata/nosuch", 404, None),
    ],
)
async def test_what_is_no_route_or_no_method_of_it_is_a_problem(method: str, target: str, status: int, allow: str | None) -> None:
    async with app(**two("http://127.0.0.1:1")) as (handler, _):
        got, answer, headers = await ask(handler, method, target, x_request_id="abc")
        assert (got, answer["status"], headers.get("Allow")) == (status, status, allow)
        assert answer["request_id"] == headers["X-Request-Id"] == "abc"
        assert target not in json.dumps(answer)


async def test_a_route_that_is_not_there_says_where_graphs_are() -> None:
    many = {f"g{number}": "a" for number in range(12)}
    for graphs, said in (
        ({"predict": "a", "own": {"predict": "a", "route": "/x"}}, "graphs are at /predict, /x"),
        (
            many,
            f"graphs are at {', '.join(f'/predict/g{number}' for number in range(10))}, …",
        ),
    ):
        async with app(predictors={"a": {"url": "http://127.0.0.1:1"}}, graphs=graphs) as (handler, _):
            assert (await ask(handler, "GET", "/"))[1]["detail"] == f"there is no such route; {said}"
    async with app() as (handler, _):
        assert (await ask(handler, "GET", "/"))[1]["detail"] == "there is no such route; there is no graph"


async def test_the_envelope_tells_the_state_of_every_part() -> None:
    async with ScriptedServer(speaking) as server, app(**two(server.url, require="any")) as (handler, _):
        status, answer, headers = await ask(handler, "POST", "/predict", b"{}", accept="application/vnd.plait+json")
        assert (status, headers["Content-Type"]) == (200, "application/vnd.plait+json")
        assert (answer["complete"], answer["revision"], headers["X-Plait-Complete"]) == (False, 1, "false")
        assert answer["result"] == {"a": {"prediction": [0.5]}}
        assert answer["parts"]["a"]["status"] == "ok"
        assert answer["parts"]["b"]["status"] == "unreachable"
        assert answer["parts"]["b"]["endpoint"] == "127.0.0.1:1"


async def test_addresses_and_errors_are_only_for_callers_on_loopback() -> None:
    async with app(**two("http://127.0.0.1:1")) as (handler, _):
        near = (await ask(handler, "POST", "/predict", b"{}", peer="127.0.0.9"))[1]
        far = (await ask(handler, "POST", "/predict", b"{}", peer="10.1.2.3"))[1]
        assert near["parts"]["a"]["endpoint"] == "127.0.0.1:1"
        assert "127.0.0.1" not in json.dumps(far)
    async with app(server={"details": True}, **two("http://127.0.0.1:1")) as (handler, _):
        far = (await ask(handler, "POST", "/predict", b"{}", peer="10.1.2.3"))[1]
        assert far["parts"]["a"]["endpoint"] == "127.0.0.1:1"


class Taken:
    """An outlet that takes everything."""

    writable = True

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.ended = asyncio.Event()

    def write(self, data: bytes) -> None:
        self.lines.append(data)

    def end(self, last: Response | None = None) -> None:
        self.ended.set()

    def abort(self) -> None:
        raise AssertionError("the stream was cut")


@pytest.mark.parametrize(("peer", "sees"), [("127.0.0.9", True), ("10.1.2.3", False)])
async def test_events_have_addresses_and_errors_only_for_callers_on_loopback(peer: str, *, sees: bool) -> None:
    taken = Taken()

    def reply(response: Response) -> None:
        assert response.stream is not None
        response.stream.open(taken)

    async with app(**two("http://127.0.0.1:1", require="any")) as (handler, _), asyncio.timeout(10):
        fields = {b"content-type": b"application/json", b"accept": b"application/x-ndjson"}
        handler(Request("POST", "/predict", "", Header(fields), b"{}", peer), reply)
        await taken.ended.wait()
        part, _, last = map(json.loads, taken.lines)
        assert [set(shown) >= {"endpoint", "error"} for shown in (part, *last["parts"].values())] == [sees] * 3
        assert (b"127.0.0.1" in b"".join(taken.lines)) == sees


async def test_a_proxy_that_asks_itself_is_a_508() -> None:
    async with app(**two("http://127.0.0.1:1")) as (handler, _):
        status, answer, _ = await ask(handler, "POST", "/predict", b"{}", x_plait_hops="16")
        assert (status, answer["type"]) == (508, "urn:plait:problem:loop-detected")
        assert (await ask(handler, "POST", "/predict", b"{}", x_plait_hops="x"))[0] == 508
        assert (await ask(handler, "POST", "/predict", b"{}", x_plait_hops="15"))[0] == 502


async def test_what_a_predictor_gets_has_id_time_hops_and_trace() -> None:
    async with RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1") as server:
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        config = {
            "predictors": {"a": {"url": server.url, "headers": {"X-Own": "1"}, "forward_headers": ["X-User"]}},
            "graphs": {"predict": {"predict": "a"}},
        }
        async with app(**config) as (handler, _):
            asked = await ask(
                handler, "POST", "/predict", b"{}", x_request_id="abc", traceparent=trace, x_user="me", authorization="secret"
            )
            assert asked[:2] == (200, 1)
        head = server.requests[0].decode().lower()
        assert head.startswith("post /predict?id=abc http/1.1\r\n")
        for line in (
            "x-request-id: abc",
            "x-own: 1",
            "x-user: me",
            "x-plait-hops: 1",
            f"traceparent: {trace}",
            "content-length: 2",
        ):
            assert f"\r\n{line}\r\n" in head
        assert "secret" not in head
        left = int(head.partition("x-request-timeout: ")[2].partition("ms")[0])
        assert 900 <= left <= 1000


async def test_a_schema_is_kept_with_a_pointer() -> None:
    schema = {"type": "object", "properties": {"data": {"type": "array", "items": {"type": "number"}}}, "required": ["data"]}
    async with app(**two("http://127.0.0.1:1", schema=schema)) as (handler, _):
        status, answer, _ = await ask(handler, "POST", "/predict", b'{"data": [1, "two"]}')
        assert (status, answer["pointer"], answer["type"]) == (422, "/data/1", "urn:plait:problem:invalid-request")
        assert (await ask(handler, "POST", "/predict", b'{"data": [], "data": []}'))[0] == 400
        assert (await ask(handler, "POST", "/predict", b'{"data": [1e999]}'))[0] == 400


async def test_a_client_that_leaves_while_a_task_runs_ends_it() -> None:
    async with ScriptedServer(Hang()) as server:
        graphs = {"predict": {"sequence": ["a", {"transform": "${input}"}]}}
        async with app(predictors={"a": {"url": server.url}}, graphs=graphs) as (handler, _):
            fields = {b"content-type": b"application/json"}
            started = handler(Request("POST", "/predict", "", Header(fields), b"{}"), pytest.fail)
            async with asyncio.timeout(5):
                await server.came(1)
                started.cancel()
                await server.empty()
            assert server.left == 1


@pytest.mark.parametrize("target", [("GET", "/metadata"), ("POST", "/predict")])
async def test_a_client_that_leaves_before_its_task_has_begun_leaves_no_trace(target: tuple[str, str]) -> None:
    graphs = {"predict": {"sequence": ["a", {"transform": "${input}"}]}}
    async with app(predictors={"a": {"url": "http://127.0.0.1:1"}}, graphs=graphs) as (handler, _):
        started = handler(Request(*target, "", Header({b"content-type": b"application/json"}), b"{}"), pytest.fail)
        started.cancel()  # a coroutine that is never awaited would be a warning, and warnings are errors
        await asyncio.sleep(0)
