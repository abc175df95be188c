"""Jobs from request to result, over sockets, on a store in memory that several workers share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from plait.http1.messages import Request, Response
from plait.jobs.jobs import Place
from plait.server.app import App
from plait.server.job_routes import JobRoutes
from plait.testing import RawServer
from plait.types import Header
from tests.jobs.memory import Memory, Tables
from tests.server.serving import PATIENCE, Answer, Client, Proxy, get, post, proxy
from tests.server.streaming import Scripted, asking, events, head, until
from tests.server.test_late import ASYNC, ID, wait

WAIT = b"Prefer: wait=10"
KEY = b'Idempotency-Key: "k"'


class Site:
    """Predictors, a store, and the first worker."""

    def __init__(self, server: RawServer, said: Scripted, tables: Tables, worker: Proxy, store: Memory) -> None:
        self.server = server
        self.said = said
        self.tables = tables
        self.worker = worker
        self.store = store

    async def ask(self, data: bytes, *, worker: Proxy | None = None) -> Answer:
        async with (worker or self.worker).client() as client:
            return await client.ask(data)


@asynccontextmanager
async def site(*names: str, **graph: Any) -> AsyncIterator[Site]:
    said, tables = Scripted(), Tables()
    async with RawServer(said) as server, worker(server, tables, "first", *names, **graph) as (first, store):
        yield Site(server, said, tables, first, store)


@asynccontextmanager
async def worker(
    server: RawServer, tables: Tables, name: str, *names: str, promising: Any = None, **graph: Any
) -> AsyncIterator[tuple[Proxy, Memory]]:
    store = Memory(tables, name)
    config = asking(server, *names, **graph)
    async with proxy(config, place=Place(store, lambda: True), promising=promising) as port:
        yield port, store


async def test_a_job_is_taken_in_runs_and_is_found() -> None:
    async with site("a", "b") as here:
        answer = await here.ask(post(b'{"x": 1}', ASYNC, ID))
        assert (answer.status, answer.json["request_id"]) == (202, "me")
        here.said.say("a", b'{"p": 1.50}')
        here.said.say("b", b"2")
        found = await here.ask(get(answer.headers["location"], WAIT))
        assert found.json["status"] == "succeeded"
        assert b'"result":{"a":{"p": 1.50},"b":2}' in found.body
        assert found.json["created"] <= found.json["finished"]
        assert here.said.times == {"a": 1, "b": 1}


async def test_a_slow_part_is_found_under_the_job_and_was_asked_for_once() -> None:
    async with site("fast", "slow") as here:
        here.said.say("fast", b"1")
        answer = await here.ask(post(b"{}", wait(0.2)))
        assert (answer.status, answer.json["parts"]["fast"]["output"]) == (202, 1)
        here.said.say("slow", b"2")
        found = await here.ask(get(answer.headers["location"], WAIT))
        assert (found.json["status"], found.json["result"]) == ("succeeded", {"fast": 1, "slow": 2})
        assert found.json["parts"]["slow"]["output"] == 2
        assert here.said.times == {"fast": 1, "slow": 1}


async def test_a_partial_answer_is_made_whole_under_its_job() -> None:
    async with site("fast", "slow", require="any", late="keep") as here:
        here.said.say("fast", b"1")
        answer = await here.ask(post(b"{}", b"X-Request-Timeout: 150ms"))
        assert (answer.json, answer.headers["x-plait-complete"]) == ({"fast": 1}, "false")
        here.said.say("slow", b"2")
        found = await here.ask(get(answer.headers["location"], WAIT))
        assert (found.json["result"], found.json["complete"]) == ({"fast": 1, "slow": 2}, True)
        assert here.said.times == {"fast": 1, "slow": 1}


async def test_the_same_key_is_the_same_job_with_the_same_body_only() -> None:
    async with site("a") as here:
        first = await here.ask(post(b"{}", ASYNC, KEY))
        again = await here.ask(post(b"{}", ASYNC, KEY))
        assert (again.status, again.json["id"]) == (202, first.json["id"])
        other = await here.ask(post(b"[]", ASYNC, KEY))
        assert (other.status, other.json["type"]) == (422, "urn:plait:problem:key-reused")
        here.said.say("a", b"1")
        waited = await here.ask(post(b"{}", wait(10), KEY))
        assert (waited.status, waited.json) == (200, {"a": 1})
        assert here.said.times == {"a": 1}


async def test_a_key_of_which_nobody_knows_yet_whether_it_is_kept_is_in_use() -> None:
    async with site("a") as here:
        await here.ask(post(b"{}", ASYNC))
        here.store.stop()
        async with here.worker.client() as client:
            client.writer.write(post(b"{}", ASYNC, KEY))
            await until(lambda: here.worker.listener.admission.taken == 1)
            again = await here.ask(post(b"{}", ASYNC, KEY))
            assert (again.status, again.json["type"]) == (409, "urn:plait:problem:key-in-use")
            here.store.wake()
            assert (await client.answer()).status == 202


@pytest.mark.parametrize("line", [ASYNC, wait(0.05)])
async def test_a_job_that_is_cancelled_stops_its_call_within_100_ms(line: bytes) -> None:
    async with site("a") as here:
        where = (await here.ask(post(b"{}", line))).headers["location"]
        await here.said.asked["a"].wait()
        began = here.worker.clock.now()
        answer = await here.ask(get(where, method=b"DELETE"))
        await until(lambda: not here.said.waiting)
        assert here.worker.clock.now() - began < 0.1
        assert (answer.status, answer.json["status"]) == (200, "cancelled")
        assert (await here.ask(get(where))).json["status"] == "cancelled"


async def test_events_come_from_the_start_and_live() -> None:
    async with site("a", "b") as here, here.worker.client() as client:
        where = (await here.ask(post(b"{}", ASYNC, ID))).headers["location"]
        here.said.say("a", b"1")
        client.writer.write(get(f"{where}/events"))
        assert (await head(client))[0] == 200
        here.said.say("b", b"2")
        told = await events(client)
        assert [(name, data.get("part", data.get("result"))) for name, data in told] == [
            ("part", "a"), ("part", "b"), ("result", {"a": 1, "b": 2}),
        ]  # fmt: skip
        assert told[2][1]["request_id"] == "me"


async def test_what_a_job_fails_with_is_told_in_every_form() -> None:
    async with site("a") as here, here.worker.client() as client:
        here.said.fail("a")
        plain = await here.ask(post(b"{}", wait(10), KEY, ID))
        assert (plain.status, plain.json["type"], plain.json["parts"]["a"]["status"]) == (
            502,
            "urn:plait:problem:bad-answer",
            "error",
        )
        where = f"/jobs/{next(iter(here.tables.jobs))}"
        job = (await here.ask(get(where))).json
        assert (job["status"], job["error"]["type"]) == ("failed", "urn:plait:problem:bad-answer")
        client.writer.write(get(f"{where}/events"))
        await head(client)
        assert [name for name, _ in await events(client)] == ["part", "problem"]


async def test_a_job_is_found_at_every_worker() -> None:
    async with site("a") as here:
        where = (await here.ask(post(b"{}", ASYNC))).headers["location"]
        async with worker(here.server, here.tables, "second", "a") as (second, _):
            assert (await here.ask(get(where), worker=second)).json["status"] == "running"
            here.said.say("a", b"1")
            assert (await here.ask(get(where, WAIT), worker=second)).json["result"] == {"a": 1}


async def test_when_a_worker_ends_its_job_goes_on_at_another_and_no_part_is_asked_for_again() -> None:
    said, tables = Scripted(), Tables()
    async with RawServer(said) as server, AsyncExitStack() as stack:
        async with worker(server, tables, "first", "a", "b") as (first, _), first.client() as client:
            where = (await client.ask(post(b"{}", ASYNC))).headers["location"]
            said.say("a", b"1")
            await until(lambda: any(tables.parts.values()))
            async with first.client() as listener:
                listener.writer.write(get(f"{where}/events"))
                await head(listener)
                async with first.client() as waiter:
                    waiter.writer.write(get(where, WAIT))
                    await until(lambda: first.listener.admission.taken == 2)
                    await first.lasting.drain(0.0)
                    assert (await waiter.answer()).json["status"] in ("running", "queued")
                with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
                    await events(listener)
        await until(lambda: not said.waiting)
        second, _ = await stack.enter_async_context(worker(server, tables, "second", "a", "b"))
        said.say("b", b"2")
        async with Client(second.port) as client:
            found = await client.ask(get(where, WAIT))
        assert (found.json["status"], found.json["result"]) == ("succeeded", {"a": 1, "b": 2})
        assert said.times == {"a": 1, "b": 2}  # the call of b that was under way was made again


async def test_while_the_store_is_down_jobs_are_refused_and_the_rest_goes_on() -> None:
    async with site("a") as here:
        here.store.down = True
        for line in (ASYNC, wait(0.05)):
            answer = await here.ask(post(b"{}", line))
            assert (answer.status, answer.json["type"]) == (503, "urn:plait:problem:store-down")
            assert "retry-after" in answer.headers
        await until(lambda: not here.said.waiting)
        here.said.say("a", b"1")
        assert (await here.ask(post())).json == {"a": 1}
        here.store.down = False
        assert (await here.ask(post(b"{}", ASYNC))).status == 202


async def test_callers_from_elsewhere_see_no_addresses_and_errors_unless_they_may() -> None:
    for details in (False, True):
        async with site("a", "b", require="any") as here:
            app = App(here.worker.generation, lambda: True)
            app._jobs = JobRoutes(here.worker.lasting, details=details)
            here.said.say("a", b"1")
            here.said.fail("b")
            where = (await here.ask(post(b"{}", ASYNC))).headers["location"]
            near = (await here.ask(get(where, WAIT))).json["parts"]
            answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
            app(Request("GET", where, "", Header(), b"", "192.0.2.1"), answer.set_result)
            far = json.loads((await answer).body)["parts"]
            assert near["b"]["error"]
            assert far == (near if details else {key: without(part, "endpoint", "error") for key, part in near.items()})
            assert far["a"]["output"] == 1


def without(part: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in names}


async def test_a_job_is_its_clients_own() -> None:
    async with site("a") as here:
        app = App(here.worker.generation, lambda: True)

        async def ask(method: str, path: str, client: str, **fields: str) -> Response:
            answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
            headers = {"content-type": "application/json", **fields}
            header = Header({name.replace("_", "-").encode(): value.encode() for name, value in headers.items()})
            app(Request(method, path, "", header, b"{}", "127.0.0.1", 0.0, client), answer.set_result)
            async with asyncio.timeout(PATIENCE):
                return await answer

        first = await ask("POST", "/predict", "x", prefer="respond-async", idempotency_key="k")
        second = await ask("POST", "/predict", "y", prefer="respond-async", idempotency_key="k")
        ids = [json.loads(answer.body)["id"] for answer in (first, second)]
        assert ids[0] != ids[1]
        for client, own, other in (("x", *ids), ("y", *reversed(ids))):
            assert (await ask("GET", f"/jobs/{own}", client)).status == 200
            for method, end in (("GET", ""), ("DELETE", ""), ("GET", "/events")):
                assert (await ask(method, f"/jobs/{other}{end}", client)).status == 404
        assert (await ask("GET", f"/jobs/{ids[0]}", "")).status == 404
        assert {job.status for job in here.tables.jobs.values()} <= {"queued", "running"}


async def test_who_listens_when_plait_ends_hears_the_end_of_a_job_that_still_ends_here() -> None:
    async with site("a") as here, here.worker.client() as client:
        where = (await here.ask(post(b"{}", ASYNC))).headers["location"]
        client.writer.write(get(f"{where}/events"))
        await head(client)
        await here.said.asked["a"].wait()
        draining = asyncio.create_task(here.worker.lasting.drain(PATIENCE))
        here.said.say("a", b"1")
        assert [name for name, _ in await events(client)] == ["part", "result"]
        await draining
