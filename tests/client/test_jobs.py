"""Jobs over sockets: asked for, waited for, listened to and cancelled at a real data port, and at some that fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from plait.client.again import PAUSES
from plait.client.waiting import SOON
from plait.errors import BadAnswer, BadRequest, InvalidRequest, NotFound, PlaitError, TimedOut, Unreachable
from plait.job_errors import Cancelled, Full, KeyReused, NotFinished
from plait.jobs.jobs import Place
from plait.testing import Asked, Close, Hang, RawServer, Reply, ScriptedServer
from tests.client.asking import RESULT, Awaited, Kind, Threaded, answer, client_of, once, problem_json
from tests.jobs.memory import Memory, Tables
from tests.server.serving import Proxy, proxy

NONE = "0" * 32
GRAPHS = {
    "predict": {"parallel": ["quick", "slow"]},
    "fails": {"sequence": ["quick", "slow", {"transform": "${input.nothing.there}"}]},
    "checked": {"predict": "quick", "schema": {"type": "object", "required": ["x"]}},
}


@dataclass
class Here:
    """A data port with jobs, a client of it, and a predictor that answers when it is let."""

    client: Any
    port: Proxy
    store: Memory
    go: asyncio.Event
    sent: list[Asked]


@asynccontextmanager
async def here(kind: Kind, **options: Any) -> AsyncIterator[Here]:
    go = asyncio.Event()

    async def says(asked: Asked) -> Any:
        if asked.path.startswith("/slow"):
            await go.wait()
        return {"y": asked.path.partition("?")[0]}

    async with ScriptedServer(says) as server:
        predictors = {name: {"url": f"{server.url}/{name}", "timeout": "30s"} for name in ("quick", "slow")}
        config = {"predictors": predictors, "graphs": GRAPHS, **options}
        store = Memory(Tables(), "first")
        async with (
            proxy(config, place=Place(store, lambda: True)) as port,
            client_of(kind, f"http://127.0.0.1:{port.port}") as client,
        ):
            try:
                yield Here(client, port, store, go, server.asked)
            finally:
                go.set()


RESULTS = {"quick": {"y": "/quick"}, "slow": {"y": "/slow"}}


async def test_a_job_is_asked_for_looked_at_and_waited_for(kind: Kind) -> None:
    async with here(kind) as at:
        job = await at.client.submit("predict", {"x": 1}, request_id="mine.1")
        assert (job.graph, job.status, job.result, job.complete, job.finished, job.done) == (
            "predict", "queued", None, None, None, False,
        )  # fmt: skip
        assert len(job.id) == 32
        assert (job.request_id, job.revision) == ("mine.1", 1)
        with pytest.raises(NotFinished, match="has not ended in 0 s, and goes on"):
            await at.client.did(job.wait, timeout=0)
        while "quick" not in (await at.client.did(job.refresh)).parts:
            pass
        assert (job.status, job.parts["quick"].status, job.parts["quick"].output) == ("running", "ok", {"y": "/quick"})
        at.go.set()
        assert await at.client.did(job.wait) == RESULTS
        assert (job.status, job.result, job.complete, job.error, job.done) == ("succeeded", RESULTS, True, None, True)
        assert (job.created <= job.finished, job.created.tzinfo) == (True, UTC)
        assert repr(job) == f"<job {job.id} of predict: succeeded>"
        again = await at.client.job(job.id)
        assert (again.graph, await at.client.did(again.wait)) == ("predict", RESULTS)


async def test_who_waits_hears_of_the_end_at_once(kind: Kind) -> None:
    async with here(kind) as at:
        job = await at.client.submit("predict", {})
        asyncio.get_running_loop().call_later(0.05, at.go.set)
        async with asyncio.timeout(10):
            assert await at.client.did(job.wait, timeout=30) == RESULTS


async def test_a_wait_that_is_too_short_is_pythons_timeout_too_and_the_job_goes_on(kind: Kind) -> None:
    async with here(kind) as at:
        job = await at.client.submit("predict", {})
        with pytest.raises(TimeoutError) as caught:
            await at.client.did(job.wait, timeout=0.05)
        assert isinstance(caught.value, TimedOut)
        at.go.set()
        assert await at.client.did(job.wait) == RESULTS


async def test_an_answer_that_comes_in_time_is_a_job_that_has_ended(kind: Kind) -> None:
    async with here(kind) as at:
        at.go.set()
        job = await at.client.submit("predict", {}, wait=30)
        assert (job.id, job.status, job.result, job.complete, job.done) == (None, "succeeded", RESULTS, True, True)
        assert job.parts["slow"].status == "ok"
        assert (await at.client.did(job.wait), (await at.client.did(job.refresh)).status) == (RESULTS, "succeeded")
        assert (await at.client.did(job.cancel)).status == "succeeded"
        streamed = await at.client.heard(job.stream())
        assert {part.key for part in streamed.parts} == {"quick", "slow"}
        assert (streamed.answer.result, streamed.answer.revision) == (RESULTS, 1)
        assert repr(job) == "<job answered at once of predict: succeeded>"


async def test_a_wait_that_is_over_gives_the_job_with_the_parts_so_far(kind: Kind) -> None:
    async with here(kind) as at:
        job = await at.client.submit("predict", {}, wait=0.2)
        assert job.status in ("queued", "running")
        assert set(job.parts) == {"quick"}


async def test_a_failure_is_raised_as_what_it_was(kind: Kind) -> None:
    async with here(kind) as at:
        at.go.set()
        job = await at.client.submit("fails", {}, request_id="mine.1")
        with pytest.raises(PlaitError) as caught:
            await at.client.did(job.wait)
        assert (caught.value.code, caught.value.status, caught.value.request_id) == ("expression-failed", 422, "mine.1")
        assert caught.value.parts["slow"].status == "ok"
        assert (job.status, job.error) == ("failed", caught.value)
        assert job.result is None
        with pytest.raises(PlaitError, match="expression-failed"):
            await at.client.submit("fails", {}, wait=30)


async def test_parts_come_from_the_first_on_and_then_as_they_end(kind: Kind) -> None:
    async with here(kind) as at:
        job = await at.client.submit("predict", {})
        listening = asyncio.create_task(at.client.heard(job.stream()))
        while "quick" not in job.parts:
            await at.client.job(job.id)
        assert not listening.done()
        at.go.set()
        streamed = await listening
        assert [(part.key, part.node, part.output) for part in streamed.parts] == [
            ("quick", "predict/quick", {"y": "/quick"}),
            ("slow", "predict/slow", {"y": "/slow"}),
        ]
        assert (streamed.error, streamed.answer.result) == (None, RESULTS)
        assert (job.status, job.result, job.complete, job.parts["slow"].output) == ("succeeded", RESULTS, True, {"y": "/slow"})
        assert len((await at.client.heard(job.stream())).parts) == 2


async def test_a_stream_of_a_job_that_fails_ends_with_its_error(kind: Kind) -> None:
    async with here(kind) as at:
        at.go.set()
        job = await at.client.submit("fails", {})
        streamed = await at.client.heard(job.stream())
        assert [part.key for part in streamed.parts] == ["quick", "slow"]
        assert (streamed.error.code, job.status, job.error) == ("expression-failed", "failed", streamed.error)


async def test_a_job_is_cancelled_by_whoever_has_it(kind: Kind) -> None:
    async with here(kind) as at:
        job = await at.client.submit("predict", {})
        other = await at.client.job(job.id)
        assert (await at.client.did(other.cancel)).status == "cancelled"
        for each in (other, job):
            with pytest.raises(Cancelled, match="the job was cancelled") as caught:
                await at.client.did(each.wait)
            assert caught.value.request_id == job.request_id
        streamed = await at.client.heard(job.stream())
        assert (type(streamed.error), job.status) == (Cancelled, "cancelled")


async def test_the_same_key_is_the_same_job_and_another_request_is_refused(kind: Kind) -> None:
    async with here(kind) as at:
        first = await at.client.submit("predict", {"x": 1}, idempotency_key='order "17" \\')
        second = await at.client.submit("predict", {"x": 1}, idempotency_key='order "17" \\')
        assert first.id == second.id
        with pytest.raises(KeyReused) as caught:
            await at.client.submit("predict", {"x": 2}, idempotency_key='order "17" \\')
        assert caught.value.status == 422
        assert len({(await at.client.submit("predict", {"x": 1})).id for _ in range(3)}) == 3


async def test_what_is_wrong_with_the_request_is_raised_before_there_is_a_job(kind: Kind) -> None:
    async with here(kind, jobs={"most": 1}) as at:
        with pytest.raises(InvalidRequest):
            await at.client.submit("checked", {})
        with pytest.raises(BadRequest, match="no sink that there is"):
            await at.client.submit("predict", {}, notify="nobody")
        await at.client.submit("predict", {})
        with pytest.raises(Full) as caught:
            await at.client.submit("predict", {})
        assert caught.value.retry_after == 1.0
        assert len(at.store.tables.jobs) == 1


async def test_a_job_that_is_not_there_is_not_found(kind: Kind) -> None:
    async with here(kind) as at:
        with pytest.raises(NotFound, match="there is no such job"):
            await at.client.job(NONE)
        job = await at.client.submit("predict", {})
        at.store.tables.jobs.clear()
        for method in (job.refresh, job.wait, job.cancel):
            with pytest.raises(NotFound):
                await at.client.did(method)
        assert isinstance((await at.client.heard(job.stream())).error, NotFound)


# What is sent, and what a proxy does that fails.

STATE = {
    "id": NONE,
    "graph": "predict",
    "status": "queued",
    "parts": {},
    "result": None,
    "complete": None,
    "error": None,
    "created": "2026-12-01T02:24:50.123+00:00",
    "finished": None,
    "revision": 7,
    "request_id": "r",
}
KEPT = Reply(STATE, 202, headers={"Location": f"/jobs/{NONE}"})
ENDED = Reply({**STATE, "status": "succeeded", "result": None, "complete": True, "finished": STATE["created"]})


def refusal(status: int, code: str, **headers: str) -> Reply:
    said = json.loads(problem_json(status, code))
    return Reply(said, status, headers={"Content-Type": "application/problem+json", **headers})


def hurried(client: Any) -> list[float]:
    """Have a client wait for nothing; the seconds that it would have."""
    paused: list[float] = []

    async def soon(seconds: float) -> None:
        paused.append(seconds)

    pause: Any = paused.append if isinstance(client, Threaded) else soon
    client._client._calls = replace(client._client._calls, pause=pause)
    return paused


async def test_what_a_submission_says(kind: Kind) -> None:
    async with ScriptedServer(KEPT) as server, client_of(kind, server.url, headers={"X-Team": "blue"}) as client:
        job = await client.submit("/mine", {"x": [1]}, wait=0.25, idempotency_key="k", notify="pager", headers={"X-User": "me"})
        await client.submit("label", {})
        mine, usual = server.asked
    assert (mine.method, mine.path, mine.value) == ("POST", "/mine", {"x": [1]})
    wanted = {
        "prefer": "respond-async, wait=0.250",
        "idempotency-key": '"k"',
        "x-plait-notify": "pager",
        "accept": "application/vnd.plait+json",
        "x-user": "me",
        "x-team": "blue",
    }
    assert wanted.items() <= mine.headers.items()
    assert "x-request-timeout" not in mine.headers
    assert (usual.path, usual.headers["prefer"]) == ("/predict/label", "respond-async")
    assert "x-plait-notify" not in usual.headers
    assert len(usual.headers["idempotency-key"]) == 34
    assert (job.id, job.revision, job.created) == (NONE, 7, datetime(2026, 12, 1, 2, 24, 50, 123000, UTC))


async def test_a_submission_whose_connection_breaks_is_made_again_with_its_key(kind: Kind) -> None:
    busy = refusal(409, "key-in-use")
    async with ScriptedServer(Close(), busy, KEPT) as server, client_of(kind, server.url) as client:
        assert (await client.submit("predict", {"x": 1})).id == NONE
        assert [asked.value for asked in server.asked] == [{"x": 1}] * 3
        assert len({asked.headers["idempotency-key"] for asked in server.asked}) == 1
        assert len({asked.headers["x-request-id"] for asked in server.asked}) == 1


async def test_a_submission_that_always_breaks_is_given_up(kind: Kind) -> None:
    async with ScriptedServer(Close()) as server, client_of(kind, server.url) as client:
        paused = hurried(client)
        with pytest.raises(BadAnswer, match=r"the connection to http://.*/predict broke"):
            await client.submit("predict", {})
        assert len(server.asked) == len(PAUSES) + 1
        assert paused == [*PAUSES]


@pytest.mark.parametrize("said", [refusal(503, "too-many-jobs"), refusal(502, "bad-answer"), Reply({}, 202), Reply({}, 404)])
async def test_a_refusal_is_not_asked_for_twice(kind: Kind, said: Reply) -> None:
    async with ScriptedServer(said) as server, client_of(kind, server.url) as client:
        with pytest.raises(PlaitError) as caught:
            await client.submit("predict", {})
        assert caught.value.request_id
        assert len(server.asked) == 1


async def test_a_proxy_that_was_never_there_is_not_asked_again(kind: Kind) -> None:
    async with client_of(kind, "http://127.0.0.1:1") as client:
        with pytest.raises(Unreachable):
            await client.submit("predict", {})


async def test_who_waits_survives_a_proxy_that_is_started_again(kind: Kind) -> None:
    down, busy = refusal(503, "store-down", **{"Retry-After": "0"}), refusal(503, "crowded", **{"Retry-After": "0"})
    async with ScriptedServer(KEPT, Close(), down, Reply(STATE), busy, ENDED) as server, client_of(kind, server.url) as client:
        paused = hurried(client)
        job = await client.submit("predict", {})
        assert await client.did(job.wait) is None
        assert paused == [PAUSES[0], PAUSES[1], SOON, PAUSES[0]]
        assert (job.status, job.complete) == ("succeeded", True)
        looks = server.asked[1:]
        assert {(look.method, look.path, look.headers["prefer"]) for look in looks} == {("GET", f"/jobs/{NONE}", "wait=20.000")}
        assert len(looks) == 5


async def test_a_stream_of_a_job_that_is_cut_short_leaves_it_as_it_was(kind: Kind) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    accepted = answer(202, "application/json", json.dumps(STATE).encode())
    async with RawServer(accepted) as first, RawServer(once(head)) as second:
        for server, error in ((second, BadAnswer), (first, BadAnswer)):
            async with client_of(kind, first.url) as client:
                job = await client.submit("predict", {})
            async with client_of(kind, server.url) as client:
                job._calls = client._client._calls
                assert isinstance((await client.heard(job.stream())).error, error)
                assert (job.status, job.error) == ("queued", None)


async def test_events_are_read_as_a_proxy_writes_them(kind: Kind) -> None:
    events = b":\n\nevent: part\ndata: " + json.dumps(
        {"part": "a", "node": "predict/a", "status": "timeout", "code": None, "ms": 1, "attempts": 1}
    ).encode() + b"\n\n:\n\nevent: result\ndata: " + RESULT + b"\n\n"  # fmt: skip
    async with RawServer(answer(202, "application/json", json.dumps(STATE).encode())) as first:
        async with client_of(kind, first.url) as client:
            job = await client.submit("predict", {})
        async with RawServer(answer(200, "text/event-stream", events)) as server, client_of(kind, server.url) as client:
            job._calls = client._client._calls
            streamed = await client.heard(job.stream())
            assert b"\r\naccept: text/event-stream\r\n" in server.requests[0].lower()
    assert [part.status for part in streamed.parts] == ["timeout"]
    assert (streamed.answer.complete, job.complete, job.result) == (False, False, {"a": [1, 2.5]})


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"wait": -1}, "no time to wait"),
        ({"wait": float("nan")}, "no time to wait"),
        ({"wait": float("inf")}, "no time to wait"),
        ({"wait": "2s"}, "no time to wait"),
        ({"idempotency_key": ""}, "no idempotency key"),
        ({"idempotency_key": "é"}, "no idempotency key"),
        ({"idempotency_key": "x" * 256}, "no idempotency key"),
        ({"notify": "http://h"}, "no name of a sink"),
        ({"timeout": 0}, "no timeout"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_before_anything_is_sent(kind: Kind, choice: dict[str, Any], words: str) -> None:
    async with ScriptedServer(KEPT) as server, client_of(kind, server.url) as client:
        with pytest.raises(BadRequest, match=words):
            await client.submit("predict", {}, **choice)
        for job in ("", "x", NONE.upper() + "A", f"{NONE}/events"):
            with pytest.raises(BadRequest, match="is no id of a job"):
                await client.job(job)
        assert server.asked == []


async def test_a_wait_for_no_time_is_refused(kind: Kind) -> None:
    async with ScriptedServer(KEPT) as server, client_of(kind, server.url) as client:
        job = await client.submit("predict", {})
        for timeout in (-1, float("nan"), "2s"):
            with pytest.raises(BadRequest, match="no time to wait"):
                await client.did(job.wait, timeout)
        assert len(server.asked) == 1


@pytest.mark.parametrize("kind", [Threaded, Awaited])
async def test_a_loop_that_is_left_early_lets_go_of_the_stream(kind: Kind) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: part\ndata: "
    part = json.dumps({"part": "a", "node": "n", "status": "ok", "code": 200, "ms": 1, "attempts": 1, "output": 1}).encode()
    left = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + part + b"\n\n")
        await reader.read()
        left.set()

    async with ScriptedServer(KEPT) as first, RawServer(script) as server:
        async with client_of(kind, first.url) as client:
            job = await client.submit("predict", {})
        async with client_of(kind, server.url) as client:
            job._calls = client._client._calls
            stream = job.stream()
            if kind is Awaited:
                async with stream as parts:
                    assert (await anext(parts)).key == "a"
            else:
                assert (await asyncio.to_thread(next, stream)).key == "a"
                await asyncio.to_thread(stream.close)
            await left.wait()
            assert (job.status, job.parts["a"].output) == ("queued", 1)


async def test_a_proxy_that_stays_silent_is_told_as_that(kind: Kind) -> None:
    async with ScriptedServer(KEPT, Hang()) as server, client_of(kind, server.url, timeout=0.01) as client:
        job = await client.submit("predict", {})
        with pytest.raises(TimedOut, match=r"no answer from http://.*/jobs/0+ in 1\.01 s") as caught:
            await client.did(job.refresh)
        assert not isinstance(caught.value, TimeoutError)
