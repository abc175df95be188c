"""The routes of jobs, over sockets: look, wait, listen, cancel; and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from plait.http1.ids import new_id
from plait.jobs.errors import NotInstalled, StoreDown
from tests.server.serving import PATIENCE, Answer, Client, get, post
from tests.server.streaming import NDJSON, SSE, chunk, chunks, events, head, until
from tests.server.test_late import ASYNC, ID, Stage, stage

DETAILS = {"endpoint", "error"}


@asynccontextmanager
async def running(*names: str, **graph: Any) -> AsyncIterator[tuple[Stage, str]]:
    """A job under way, and where it is."""
    async with stage(*names, **graph) as on:
        answer = await on.client.ask(post(b"{}", ASYNC, ID))
        await on.asked(*names)
        yield on, answer.headers["location"]


async def ask(on: Stage, path: str, *lines: bytes, method: bytes = b"GET") -> Answer:
    async with on.port.client() as client:
        return await client.ask(get(path, *lines, method=method), head=method == b"HEAD")


# Look and wait.


async def test_a_job_is_shown_with_its_parts_as_they_end() -> None:
    async with running("a", "b") as (on, where):
        first = await ask(on, where)
        assert (first.status, first.json["status"], first.json["parts"]) == (200, "running", {})
        assert first.headers["cache-control"] == "no-store"
        assert first.headers["x-plait-revision"] == "1"
        on.said.say("a", b'{"p": 1.50}')
        await until(lambda: bool(on.jobs.only.carried.run.parts))
        second = await ask(on, where)
        assert second.json["parts"].keys() == {"a"}
        assert b'"output":{"p": 1.50}' in second.body
        assert second.json["parts"]["a"].keys() >= DETAILS


async def test_a_job_is_waited_for_until_it_ends() -> None:
    async with running("a") as (on, where), on.port.client() as client:
        client.writer.write(get(where, b"Prefer: wait=20"))
        await asyncio.sleep(0)
        on.said.say("a", b"1")
        assert (await client.answer()).json["status"] == "succeeded"


async def test_a_wait_has_an_end() -> None:
    async with running("a") as (on, where):
        assert (await ask(on, where, b"Prefer: wait=0.05")).json["status"] == "running"


async def test_who_waits_and_leaves_disturbs_nothing() -> None:
    async with running("a") as (on, where):
        async with on.port.client() as client:
            client.writer.write(get(where, b"Prefer: wait=20"))
            await until(lambda: on.port.listener.admission.taken == 1)
        await until(lambda: on.port.listener.clients == 1)
        on.said.say("a", b"1")
        assert (await ask(on, where, b"Prefer: wait=20")).json["result"] == {"a": 1}


async def test_when_plait_ends_who_waits_is_told_what_there_is() -> None:
    async with running("a") as (on, where), on.port.client() as client:
        client.writer.write(get(where, b"Prefer: wait=20"))
        await until(lambda: on.port.listener.admission.taken == 1)
        on.port.lasting.waits.tell()
        assert (await client.answer()).json["status"] == "running"


async def test_a_head_is_that_of_the_answer() -> None:
    async with running("a") as (on, where):
        whole = await ask(on, where)
        answer = await ask(on, where, method=b"HEAD")
        assert (answer.status, answer.headers["content-length"]) == (200, str(len(whole.body)))


async def test_a_job_that_failed_says_why() -> None:
    async with running("a") as (on, where):
        on.said.fail("a")
        found = (await ask(on, where, b"Prefer: wait=20")).json
        assert (found["status"], found["result"], found["error"]["status"]) == ("failed", None, 502)


# Cancel.


async def test_a_job_that_is_cancelled_stops_its_calls_within_100_ms_and_stays_so() -> None:
    async with running("a", "b") as (on, where):
        began = on.port.clock.now()
        answer = await ask(on, where, method=b"DELETE")
        await until(lambda: not on.said.waiting)
        assert on.port.clock.now() - began < 0.1
        assert (answer.status, answer.json["status"]) == (200, "cancelled")
        assert (await ask(on, where)).json["status"] == "cancelled"
        assert (await ask(on, where, method=b"DELETE")).json["status"] == "cancelled"


async def test_a_job_that_has_ended_is_not_cancelled_any_more() -> None:
    async with running("a") as (on, where):
        on.said.say("a", b"1")
        await ask(on, where, b"Prefer: wait=20")
        assert (await ask(on, where, method=b"DELETE")).json["status"] == "succeeded"


# Listen.


async def listened(client: Client, where: str, *lines: bytes) -> tuple[int, dict[str, str]]:
    client.writer.write(get(f"{where}/events", *lines))
    return await head(client)


async def test_events_come_from_the_start_and_live_and_end_with_the_result() -> None:
    async with running("a", "b") as (on, where), on.port.client() as client:
        on.said.say("a", b'{"p": 1.50}')
        await until(lambda: bool(on.jobs.only.carried.run.parts))
        status, headers = await listened(client, where)
        assert (status, headers["content-type"], headers["cache-control"]) == (200, "text/event-stream", "no-store")
        first = await chunk(client)
        assert first.startswith(b'event: part\ndata: {"part":"a","node":"predict/a","status":"ok"')
        assert b'"output":{"p": 1.50}' in first
        on.said.say("b", b"2")
        rest = await events(client)
        assert [name for name, _ in rest] == ["part", "result"]
        result = rest[1][1]
        assert {**result, "parts": ""} == {
            "complete": True, "result": {"a": {"p": 1.5}, "b": 2}, "request_id": "me", "revision": 1, "parts": "",
        }  # fmt: skip
        assert "output" not in result["parts"]["a"]
        assert (await client.ask(get(where))).status == 200  # the connection is good for more


async def test_events_of_a_job_that_has_ended_are_all_there_as_lines_too() -> None:
    async with running("a") as (on, where), on.port.client() as client:
        on.said.say("a", b"1")
        await ask(on, where, b"Prefer: wait=20")
        status, headers = await listened(client, where, NDJSON)
        assert (status, headers["content-type"]) == (200, "application/x-ndjson")
        lines = [json.loads(await chunk(client)) for _ in range(2)]
        assert (lines[0]["part"], lines[1]["result"]) == ("a", {"a": 1})
        assert await chunk(client) == b""


@pytest.mark.parametrize(("method", "code"), [(b"DELETE", "cancelled"), (None, "bad-answer")])
async def test_events_of_a_job_without_an_answer_end_with_the_problem(method: bytes | None, code: str) -> None:
    async with running("a") as (on, where), on.port.client() as client:
        await listened(client, where, SSE)
        if method is None:
            on.said.fail("a")
        else:
            await ask(on, where, method=method)
        told = await events(client)
        assert [name for name, _ in told] == ["part", "problem"]
        assert told[1][1]["type"] == f"urn:plait:problem:{code}"
        assert told[1][1]["parts"].keys() == {"a"}


async def test_a_head_of_events_ends_with_the_head() -> None:
    async with running("a") as (on, where):
        answer = await ask(on, f"{where}/events", method=b"HEAD")
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/event-stream", b"")


async def test_who_listens_and_leaves_disturbs_nothing() -> None:
    async with running("a") as (on, where):
        async with on.port.client() as client:
            await listened(client, where)
        await until(lambda: on.port.listener.clients == 1)
        on.said.say("a", b"1")
        assert (await ask(on, where, b"Prefer: wait=20")).json["result"] == {"a": 1}


async def test_a_stream_is_cut_when_plait_has_left_the_job_to_others() -> None:
    async with running("a") as (on, where), on.port.client() as client:
        await listened(client, where)
        on.port.lasting.streams.tell()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await chunk(client)


async def test_a_stream_is_cut_when_the_store_is_lost() -> None:
    async with running("a") as (on, where), on.port.client() as client:
        await listened(client, where)
        on.jobs.broken = StoreDown("the store is gone")
        on.said.say("a", b"1")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await chunks(client)


async def test_a_client_that_does_not_read_has_one_event_at_a_time_made_for_it() -> None:
    many = [f"p{number}" for number in range(12)]
    async with running(*many) as (on, where), on.port.client() as client:
        client.writer.transport.pause_reading()
        client.writer.write(get(f"{where}/events"))
        big = b'"%b"' % (b"x" * (4 << 20))
        for name in many:
            on.said.say(name, big)
        await until(on.jobs.only.over.is_set)
        assert on.jobs.handed < len(many)
        client.writer.transport.resume_reading()
        async with asyncio.timeout(PATIENCE):
            await head(client)
            assert [name for name, _ in await events(client)] == ["part"] * len(many) + ["result"]


# What is refused.


async def test_an_unknown_a_malformed_and_another_clients_job_are_not_there_all_the_same() -> None:
    async with running("a") as (on, where):
        on.jobs.only.asked = replace(on.jobs.only.asked, client="another")
        bodies = set()
        for path in (where, f"/jobs/{new_id()}", "/jobs/x", "/jobs/%20", f"/jobs/{'x' * 4000}"):
            for end in ("", "/events"):
                for method in (b"GET", b"DELETE", b"HEAD"):
                    if method == b"DELETE" and end:
                        continue
                    answer = await ask(on, path + end, ID, method=method)
                    assert answer.status == 404
                    bodies.add(answer.body)
        assert len(bodies - {b""}) == 1
        assert not on.jobs.only.cancelled


@pytest.mark.parametrize("path", ["/jobs", "/jobs/", "/jobs/x/", "/jobs/x/y", "/jobs/x/events/", "/jobs/x/events/1"])
async def test_there_are_no_other_routes(path: str) -> None:
    async with stage("a") as on:
        assert (await ask(on, path)).status in (400, 404)


@pytest.mark.parametrize(("end", "allow"), [("", "GET, HEAD, DELETE"), ("/events", "GET, HEAD")])
@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH", b"OPTIONS"])
async def test_another_method_is_refused(end: str, allow: str, method: bytes) -> None:
    async with running("a") as (on, where):
        answer = await ask(on, where + end, b"Content-Length: 0", method=method)
        assert (answer.status, answer.headers["allow"]) == (405, allow)
        assert answer.headers["content-type"] == "application/problem+json"
    async with running("a") as (on, where):
        assert (await ask(on, f"{where}/events", method=b"DELETE")).status == 405
        assert not on.jobs.only.cancelled


@pytest.mark.parametrize(("error", "status"), [(StoreDown("the store is locked"), 503), (NotInstalled("install plait[jobs]"), 501)])
async def test_without_a_store_the_routes_say_so_and_the_rest_goes_on(error: Any, status: int) -> None:
    async with running("a") as (on, where):
        on.jobs.error = error
        for path, method in ((where, b"GET"), (where, b"DELETE"), (f"{where}/events", b"GET")):
            answer = await ask(on, path, method=method)
            assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
            assert ("retry-after" in answer.headers) == (status == 503)
        assert (await ask(on, "/health")).status == 200
