"""`Prefer: respond-async`, over sockets: a job at once or after a while, the plain answer in time, and what stops."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from plait.errors import PlaitError
from plait.jobs.errors import Full, KeyReused, NotInstalled, NotYetDurable, StoreDown
from plait.testing import RawServer
from plait.types import JOB, SYNC
from tests.server.kept import KeptJobs
from tests.server.serving import PATIENCE, Client, Proxy, get, post, proxy
from tests.server.streaming import SSE, Scripted, asking, until

ASYNC = b"Prefer: respond-async"
ID = b"X-Request-Id: me"


def wait(seconds: float) -> bytes:
    return b"Prefer: respond-async, wait=%g" % seconds


class Stage:
    """Predictors that a test has answer, jobs without a store, and a client."""

    def __init__(self, said: Scripted, jobs: KeptJobs, port: Proxy, client: Client) -> None:
        self.said = said
        self.jobs = jobs
        self.port = port
        self.client = client

    async def asked(self, *names: str) -> None:
        async with asyncio.timeout(PATIENCE):
            for name in names:
                await self.said.asked[name].wait()

    async def stopped(self) -> None:
        """Wait until nobody waits for a predictor; it took 100 ms at most."""
        began = asyncio.get_running_loop().time()
        await until(lambda: not self.said.waiting)
        assert asyncio.get_running_loop().time() - began < 0.1

    async def job(self, job: str, *lines: bytes) -> dict[str, Any]:
        async with self.port.client() as client:
            return (await client.ask(get(f"/jobs/{job}", *lines))).json  # type: ignore[no-any-return]


@asynccontextmanager
async def stage(*names: str, within: str = "10s", promising: Any = None, **graph: Any) -> AsyncIterator[Stage]:
    """A graph with a timeout that asks predictors, which have 10 s."""
    said, jobs = Scripted(), KeptJobs()
    async with RawServer(said) as server:
        config = {**asking(server, *names, **graph), "sinks": {"done": {"log": "info", "notify": True}, "pager": {"log": "info"}}}
        config["graphs"]["predict"]["timeout"] = within
        async with proxy(config, jobs=jobs, promising=promising) as port, port.client() as client:
            yield Stage(said, jobs, port, client)
            await jobs.close()


# A job at once.


async def test_a_job_is_answered_with_its_place_and_itself_and_runs_on() -> None:
    async with stage("a", "b") as on:
        answer = await on.client.ask(post(b'{"x": 1}', ASYNC, ID))
        job = answer.json["id"]
        assert (answer.status, answer.headers["location"]) == (202, f"/jobs/{job}")
        assert answer.headers["preference-applied"] == "respond-async"
        assert (answer.headers["x-request-id"], answer.headers["x-plait-revision"]) == ("me", "1")
        assert len(job) == 32
        assert job != "me"
        assert {**answer.json, "id": "", "created": ""} == {
            "id": "", "graph": "predict", "status": "running", "parts": {}, "result": None, "complete": None, "error": None,
            "created": "", "finished": None, "revision": 1, "request_id": "me",
        }  # fmt: skip
        await on.asked("a", "b")
        on.said.say("a", b'{"p": 1.50}')
        on.said.say("b", b"2")
        found = await on.job(job, b"Prefer: wait=10")
        assert (found["status"], found["result"]) == ("succeeded", {"a": {"p": 1.5}, "b": 2})
        assert found["parts"]["a"]["output"] == {"p": 1.5}


async def test_nothing_is_said_before_the_job_is_durable() -> None:
    async with stage("a") as on:
        on.jobs.gate.clear()
        on.client.writer.write(post(b"{}", ASYNC))
        await on.jobs.coming.wait()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await on.client.reader.read(1)
        on.jobs.gate.set()
        assert (await on.client.answer()).status == 202


async def test_a_job_is_asked_for_with_all_that_it_runs_on() -> None:
    async with stage("a") as on:
        lines = (ASYNC, ID, b"X-User: u", b'Idempotency-Key: "k"', b"X-Plait-Notify: done", b"X-Plait-Hops: 3")
        await on.client.ask(post(b'{"x": 1}', *lines))
        asked = on.jobs.only.asked
        assert (asked.graph, asked.message.raw, asked.request_id, asked.revision) == ("predict", b'{"x": 1}', "me", 1)
        assert (asked.key, asked.notify, asked.client, asked.priority, asked.ruled) == ("k", "done", "", JOB, False)
        assert (asked.headers[b"x-user"], asked.forwarded) == (b"u", b"X-Plait-Hops: 4\r\n")
        assert b'"predict"' in asked.slice.data


async def test_a_job_wins_over_a_stream() -> None:
    async with stage("a") as on:
        answer = await on.client.ask(post(b"{}", ASYNC, SSE))
        assert (answer.status, answer.headers["content-type"]) == (202, "application/json")


# A job after a while.


async def test_an_answer_in_time_is_the_plain_one_and_no_job() -> None:
    async with stage("a") as on:
        on.said.say("a", b'{"p": 1.50}')
        plain = await on.client.ask(post(b"{}", ID))
        on.said.say("a", b'{"p": 1.50}')
        answer = await on.client.ask(post(b"{}", wait(10), ID))
        assert (answer.status, answer.body) == (200, b'{"a":{"p": 1.50}}')
        assert answer.headers.keys() == plain.headers.keys()
        assert on.jobs.kept == {}


@pytest.mark.parametrize("accept", [b"Accept: application/vnd.plait+json", SSE])
async def test_an_answer_in_time_has_the_form_that_was_asked_for_unless_it_is_a_stream(accept: bytes) -> None:
    async with stage("a") as on:
        on.said.say("a", b"1")
        answer = await on.client.ask(post(b"{}", wait(10), accept))
        expected = {"a": 1} if accept == SSE else answer.json["result"]
        assert (answer.status, expected) == (200, {"a": 1})


async def test_a_failure_in_time_is_the_plain_problem_and_no_job() -> None:
    async with stage("a") as on:
        on.said.fail("a")
        answer = await on.client.ask(post(b"{}", wait(10)))
        assert (answer.status, answer.headers["content-type"]) == (502, "application/problem+json")
        assert answer.json["parts"]["a"]["status"] == "error"
        assert on.jobs.kept == {}


async def test_after_the_wait_the_job_has_the_parts_so_far_and_the_same_calls_go_on() -> None:
    async with stage("fast", "slow") as on:
        on.said.say("fast", b'{"p": 1}')
        answer = await on.client.ask(post(b"{}", wait(0.2)))
        assert answer.status == 202
        assert answer.json["parts"].keys() == {"fast"}
        assert answer.json["parts"]["fast"]["output"] == {"p": 1}
        run = on.jobs.only.carried.run
        assert (answer.json["id"], run.priority) == (run.job, JOB)
        assert on.said.waiting == {"slow"}
        on.said.say("slow", b"2")
        found = await on.job(answer.json["id"], b"Prefer: wait=10")
        assert (found["status"], found["result"]) == ("succeeded", {"fast": {"p": 1}, "slow": 2})
        assert on.said.times == {"fast": 1, "slow": 1}


async def test_while_it_is_waited_for_a_run_is_as_urgent_as_any() -> None:
    async with stage("a", "b") as on:
        on.said.say("a", b"1")
        on.client.writer.write(post(b"{}", wait(10)))
        await on.asked("b")
        on.port.lasting.waits.tell()
        assert (await on.client.answer()).status == 202
        assert SYNC < on.jobs.only.carried.run.priority == JOB


async def test_who_can_wait_for_less_time_waits_for_less() -> None:
    async with stage("slow") as on:
        began = on.port.clock.now()
        answer = await on.client.ask(post(b"{}", wait(30), b"X-Request-Timeout: 100ms"))
        assert answer.status == 202
        assert on.port.clock.now() - began < 1


async def test_an_end_that_comes_while_the_job_is_made_durable_is_found_in_the_job() -> None:
    async with stage("a") as on:
        on.jobs.gate.clear()
        on.client.writer.write(post(b"{}", wait(0.05)))
        await on.jobs.coming.wait()
        on.said.say("a", b"1")
        await until(lambda: not on.said.waiting)
        on.jobs.gate.set()
        answer = await on.client.answer()
        assert answer.status == 202
        assert (await on.job(answer.json["id"], b"Prefer: wait=10"))["result"] == {"a": 1}


@pytest.mark.parametrize("lines", [(b'Idempotency-Key: "k"',), (b"X-Plait-Notify: done",)])
async def test_a_job_that_must_be_known_is_durable_before_it_is_waited_for(lines: tuple[bytes, ...]) -> None:
    async with stage("a") as on:
        on.said.say("a", b'{"p": 1.50}')
        answer = await on.client.ask(post(b"{}", wait(10), ID, *lines))
        assert (answer.status, answer.body) == (200, b'{"a":{"p": 1.50}}')
        assert (answer.headers["x-request-id"], answer.headers["x-plait-complete"]) == ("me", "true")
        assert answer.headers["server-timing"].startswith("a;dur=")
        assert len(on.jobs.kept) == 1


async def test_a_failure_of_such_a_job_is_the_plain_problem() -> None:
    async with stage("a") as on:
        on.said.fail("a")
        answer = await on.client.ask(post(b"{}", wait(10), ID, b"Idempotency-Key: k"))
        assert (answer.status, answer.headers["content-type"]) == (502, "application/problem+json")
        assert (answer.json["request_id"], answer.json["parts"]["a"]["status"]) == ("me", "error")
        assert "output" not in answer.json["parts"]["a"]


async def test_a_job_that_is_cancelled_while_it_is_waited_for_is_shown() -> None:
    async with stage("a") as on:
        on.client.writer.write(post(b"{}", wait(10), b"Idempotency-Key: k"))
        await on.asked("a")
        async with on.port.client() as other:
            await other.ask(get(f"/jobs/{on.jobs.only.carried.run.job}", method=b"DELETE"))
        answer = await on.client.answer()
        assert (answer.status, answer.json["status"]) == (202, "cancelled")


# Again with the same key.


async def test_the_same_key_is_the_same_job_running_or_finished() -> None:
    async with stage("a") as on:
        key = b"Idempotency-Key: k"
        first = await on.client.ask(post(b"{}", ASYNC, key))
        again = await on.client.ask(post(b"{}", ASYNC, key))
        assert (again.status, again.json["id"], again.json["status"]) == (202, first.json["id"], "running")
        await on.asked("a")
        on.said.say("a", b"1")
        await on.job(first.json["id"], b"Prefer: wait=10")
        finished = await on.client.ask(post(b"{}", ASYNC, key))
        assert (finished.status, finished.headers["location"]) == (202, first.headers["location"])
        assert (finished.json["status"], finished.json["result"]) == ("succeeded", {"a": 1})
        waited = await on.client.ask(post(b"{}", wait(1), key))
        assert (waited.status, waited.json) == (200, {"a": 1})
        enveloped = await on.client.ask(post(b"{}", wait(1), key, b"Accept: application/vnd.plait+json"))
        assert (enveloped.json["complete"], enveloped.json["result"]) == (True, {"a": 1})
        assert on.said.times == {"a": 1}


# What is wrong.


@pytest.mark.parametrize(
    ("body", "lines", "status"),
    [(b"{", (ASYNC,), 400), (b'{"x": 1}', (ASYNC,), 422), (b"{", (wait(1),), 400), (b'{"x": 1}', (wait(1),), 422),
     (b"[]", (ASYNC, b"Idempotency-Key: a b"), 400), (b"[]", (ASYNC, b"X-Plait-Notify: dome"), 400),
     (b"[]", (ASYNC, b"X-Plait-Notify: pager"), 400), (b"[]", (b"X-Plait-Notify: done",), 400),
     (b"[]", (ASYNC, b"X-Request-Timeout: soon"), 400), (b"[]", (ASYNC, b"X-Plait-Hops: 99"), 508)],
)  # fmt: skip
async def test_what_is_wrong_is_said_before_anything_is_kept(body: bytes, lines: tuple[bytes, ...], status: int) -> None:
    async with stage("a", schema={"type": "array"}) as on:
        answer = await on.client.ask(post(body, *lines))
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        assert on.jobs.kept == {}
        assert on.said.times == {}


@pytest.mark.parametrize("lines", [(ASYNC,), (wait(0.05),), (wait(0.05), b"Idempotency-Key: k")])
@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreDown("the store is locked"), 503), (Full("there are 2 jobs already"), 503), (NotInstalled("install plait[jobs]"), 501),
     (KeyReused("another body"), 422), (NotYetDurable("wait"), 409)],
)  # fmt: skip
async def test_without_a_job_there_is_a_problem_and_nothing_goes_on(
    error: PlaitError, status: int, lines: tuple[bytes, ...]
) -> None:
    async with stage("a") as on:
        on.jobs.error = error
        answer = await on.client.ask(post(b"{}", *lines))
        assert (answer.status, answer.json["type"]) == (status, f"urn:plait:problem:{error.code}")
        assert ("retry-after" in answer.headers) == (status == 503)
        await on.stopped()
        on.said.say("a", b"1")
        assert (await on.client.ask(post())).body == b'{"a":1}'


async def test_an_answer_that_comes_while_the_store_says_no_is_given() -> None:
    async with stage("a") as on:
        on.jobs.gate.clear()
        on.jobs.error = StoreDown("the store is locked")
        on.client.writer.write(post(b"{}", wait(0.05)))
        await on.jobs.coming.wait()
        on.said.say("a", b"1")
        await until(lambda: on.jobs.adopting is not None and on.jobs.adopting.over)
        on.jobs.gate.set()
        answer = await on.client.answer()
        assert (answer.status, answer.body) == (200, b'{"a":1}')


# Clients that leave.


async def test_who_leaves_while_it_waits_takes_everything_along() -> None:
    async with stage("a", "b") as on:
        on.client.writer.write(post(b"{}", wait(10)))
        await on.asked("a", "b")
        on.client.leave()
        await on.stopped()
        assert on.jobs.kept == {}


@pytest.mark.parametrize("lines", [(ASYNC,), (wait(0.05),)])
async def test_who_leaves_before_the_job_is_durable_takes_it_along(lines: tuple[bytes, ...]) -> None:
    async with stage("a") as on:
        on.jobs.gate.clear()
        on.client.writer.write(post(b"{}", *lines))
        await on.jobs.coming.wait()
        on.client.leave()
        await until(lambda: on.port.listener.clients == 0)
        on.jobs.gate.set()
        await until(lambda: bool(on.jobs.kept) and on.jobs.only.cancelled)
        await on.stopped()


@pytest.mark.parametrize("lines", [(ASYNC,), (wait(10),)])
async def test_who_leaves_and_has_a_key_finds_the_job_when_it_comes_again(lines: tuple[bytes, ...]) -> None:
    async with stage("a") as on:
        on.jobs.gate.clear()
        on.client.writer.write(post(b"{}", *lines, b"Idempotency-Key: k"))
        await on.jobs.coming.wait()
        on.client.leave()
        await until(lambda: on.port.listener.clients == 0)
        on.jobs.gate.set()
        await on.asked("a")
        on.said.say("a", b"1")
        async with on.port.client() as client:
            again = await client.ask(post(b"{}", wait(10), b"Idempotency-Key: k"))
        assert (again.status, again.json) == (200, {"a": 1})
        assert on.said.times == {"a": 1}


async def test_of_a_job_that_is_refused_after_its_client_has_left_nobody_hears(caplog: pytest.LogCaptureFixture) -> None:
    for lines in ((ASYNC,), (ASYNC, b"Idempotency-Key: k"), (wait(0.05),)):
        async with stage("a") as on:
            on.jobs.gate.clear()
            on.jobs.error = StoreDown("the store is locked")
            on.client.writer.write(post(b"{}", *lines))
            await on.jobs.coming.wait()
            on.client.leave()
            await until(lambda: on.port.listener.clients == 0)
            on.jobs.gate.set()
            await on.port.lasting.tasks.background.idle()
    gc.collect()
    assert caplog.records == []


async def test_who_leaves_after_the_job_was_told_leaves_it_alone() -> None:
    async with stage("fast", "slow") as on:
        on.said.say("fast", b"1")
        job = (await on.client.ask(post(b"{}", wait(0.05)))).json["id"]
        on.client.leave()
        await until(lambda: on.port.listener.clients == 0)
        on.said.say("slow", b"2")
        assert (await on.job(job, b"Prefer: wait=10"))["result"] == {"fast": 1, "slow": 2}


# When plait ends.


@pytest.mark.parametrize("lines", [(wait(30),), (wait(30), b"Idempotency-Key: k")])
async def test_when_plait_ends_who_waits_is_given_the_job(lines: tuple[bytes, ...]) -> None:
    async with stage("a") as on:
        on.client.writer.write(post(b"{}", *lines))
        await on.asked("a")
        on.port.lasting.waits.tell()
        first = await on.client.answer()
        assert (first.status, first.json["status"]) == (202, "running")
        assert (await on.client.ask(post(b"{}", wait(30)))).status == 202


# What is counted.


async def test_the_seconds_in_which_a_job_was_waited_for_are_not_plaits_own() -> None:
    async with stage("a") as on:
        assert (await on.client.ask(post(b"{}", wait(0.2)))).status == 202
        facts = on.port.lasting.tally.graph("predict").facts()
        assert facts["statuses"] == {"202": 1}
        assert facts["seconds"]["sum"] >= 0.2
        assert facts["own"]["sum"] < 0.1
