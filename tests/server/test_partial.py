"""`late: keep`, over sockets: a part of the answer at the timeout, and a job under which the same calls go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from plait.jobs.errors import NotInstalled, StoreDown
from plait.types import JOB
from tests.server.serving import PATIENCE, post
from tests.server.streaming import SSE, chunks, head, until
from tests.server.test_late import ID, Stage, stage

ENVELOPE = b"Accept: application/vnd.plait+json"


def keeping(*names: str, within: str = "150ms", **graph: Any) -> AbstractAsyncContextManager[Stage]:
    """A graph that answers without its slower branches at its timeout; its predictors have 10 s."""
    return stage(*names, late="keep", **{"require": "any", **graph}, within=within)


@asynccontextmanager
async def partial(*names: str, **graph: Any) -> AsyncIterator[Stage]:
    """The same, while `fast` has answered, and all the others were asked."""
    async with keeping("fast", *names, **graph) as on:
        on.said.say("fast", b'{"p": 1.50}')
        yield on


async def test_what_there_is_at_the_timeout_is_answered_and_the_rest_is_found_under_the_job() -> None:
    async with partial("slow") as on:
        began = on.port.clock.now()
        answer = await on.client.ask(post(b"{}", ID))
        took = on.port.clock.now() - began
        assert (answer.status, answer.body) == (200, b'{"fast":{"p": 1.50}}')
        assert (answer.headers["x-plait-complete"], answer.headers["x-request-id"]) == ("false", "me")
        assert 0.15 <= took < 0.25
        job = answer.headers["location"].removeprefix("/jobs/")
        assert on.said.waiting == {"slow"}
        assert on.jobs.only.carried.run.priority == JOB
        on.said.say("slow", b"2")
        found = await on.job(job, b"Prefer: wait=10")
        assert (found["status"], found["complete"], found["result"]) == ("succeeded", True, {"fast": {"p": 1.5}, "slow": 2})
        assert found["parts"]["slow"]["status"] == "ok"
        assert on.said.times == {"fast": 1, "slow": 1}


async def test_the_parts_of_the_partial_answer_say_who_had_no_answer_yet() -> None:
    async with partial("slow") as on:
        answer = await on.client.ask(post(b"{}", ENVELOPE))
        assert answer.headers["location"].startswith("/jobs/")
        assert (answer.json["complete"], answer.json["result"]) == (False, {"fast": {"p": 1.5}})
        fast, slow = answer.json["parts"]["fast"], answer.json["parts"]["slow"]
        assert (fast["status"], fast["attempts"]) == ("ok", 1)
        assert slow["status"] == "timeout"
        assert slow["ms"] >= 120  # from when it was begun, which is a moment after its request came
        assert slow["error"].startswith("no answer in ")
        assert "slow;dur=" in answer.headers["server-timing"]


async def test_a_branch_that_failed_before_is_not_asked_again() -> None:
    async with partial("broken", "slow") as on:
        on.said.fail("broken")
        answer = await on.client.ask(post(b"{}", ENVELOPE))
        assert answer.json["result"] == {"fast": {"p": 1.5}}
        assert answer.json["parts"]["broken"]["status"] == "error"
        assert on.said.times == {"fast": 1, "broken": 1, "slow": 1}


async def test_merges_and_templates_work_on_what_has_arrived() -> None:
    steps = [
        {"parallel": ["fast", "slow"], "require": "any", "merge": {"argmax": "output.p"}},
        {"transform": {"best": "${input.label}"}},
    ]
    async with stage("fast", "slow", sequence=steps, within="150ms", late="keep") as on:
        on.said.say("fast", b'{"p": 1}')
        answer = await on.client.ask(post())
        assert (answer.json, answer.headers["x-plait-complete"]) == ({"best": "fast"}, "false")
        on.said.say("slow", b'{"p": 2}')
        found = await on.job(answer.headers["location"].removeprefix("/jobs/"), b"Prefer: wait=10")
        assert found["result"] == {"best": "slow"}


async def test_an_answer_in_time_is_whole_and_no_job() -> None:
    async with partial("slow", within="9s") as on:
        on.said.say("slow", b"2")
        answer = await on.client.ask(post())
        assert (answer.body, answer.headers["x-plait-complete"]) == (b'{"fast":{"p": 1.50},"slow":2}', "true")
        assert "location" not in answer.headers
        assert on.jobs.kept == {}


async def test_a_failure_in_time_is_the_plain_problem() -> None:
    async with keeping("a", within="9s") as on:
        on.said.fail("a")
        answer = await on.client.ask(post())
        assert (answer.status, answer.json["parts"]["a"]["status"]) == (502, "error")
        assert on.jobs.kept == {}


async def test_where_all_are_needed_the_timeout_is_a_failure_and_everything_stops() -> None:
    async with partial("slow", require="all") as on:
        answer = await on.client.ask(post())
        assert (answer.status, answer.json["parts"]["slow"]["status"]) == (504, "timeout")
        assert answer.json["detail"].startswith("no answer in ")
        assert answer.json["parts"]["fast"]["status"] == "ok"
        await on.stopped()
        assert on.jobs.kept == {}


async def test_a_step_that_would_have_to_call_has_no_time_for_it() -> None:
    steps = [{"parallel": ["fast", "slow"], "require": "any"}, "last"]
    async with stage("fast", "slow", "last", sequence=steps, within="150ms", late="keep") as on:
        on.said.say("fast", b"1")
        answer = await on.client.ask(post())
        assert answer.status == 504
        await on.stopped()
        assert on.said.times == {"fast": 1, "slow": 1}


async def test_a_client_that_can_wait_for_less_time_has_its_part_sooner() -> None:
    async with partial("slow", within="9s") as on:
        answer = await on.client.ask(post(b"{}", b"X-Request-Timeout: 100ms"))
        assert (answer.status, answer.headers["x-plait-complete"]) == (200, "false")
        assert "location" in answer.headers


@pytest.mark.parametrize("error", [StoreDown("the store is locked"), NotInstalled("install plait[jobs]")])
async def test_without_a_store_the_part_is_answered_all_the_same_and_the_rest_stops(error: Any) -> None:
    async with partial("slow") as on:
        on.jobs.error = error
        answer = await on.client.ask(post())
        assert (answer.status, answer.body) == (200, b'{"fast":{"p": 1.50}}')
        assert "location" not in answer.headers
        await on.stopped()


async def test_a_slow_store_delays_nothing_and_its_job_is_cancelled_when_it_comes() -> None:
    async with partial("slow") as on:
        on.jobs.gate.clear()
        began = on.port.clock.now()
        answer = await on.client.ask(post())
        assert on.port.clock.now() - began < 0.25
        assert (answer.status, "location" in answer.headers) == (200, False)
        await on.stopped()
        on.jobs.gate.set()
        await until(lambda: bool(on.jobs.kept) and on.jobs.only.cancelled)


async def test_the_whole_answer_is_given_if_it_comes_while_the_job_is_made_durable() -> None:
    async with partial("slow", within="100ms") as on:
        on.jobs.gate.clear()
        on.client.writer.write(post())
        await on.jobs.coming.wait()
        on.said.say("slow", b"2")
        answer = await on.client.answer()
        assert (answer.body, answer.headers["x-plait-complete"]) == (b'{"fast":{"p": 1.50},"slow":2}', "true")
        assert "location" not in answer.headers
        on.jobs.gate.set()


async def test_who_leaves_takes_everything_along() -> None:
    async with partial("slow", within="9s") as on:
        on.client.writer.write(post())
        await on.asked("fast", "slow")
        on.client.leave()
        await on.stopped()
        assert on.jobs.kept == {}


async def test_who_leaves_before_the_job_is_durable_takes_it_along() -> None:
    async with partial("slow") as on:
        on.jobs.gate.clear()
        on.client.writer.write(post())
        await on.jobs.coming.wait()
        on.client.leave()
        await on.stopped()
        on.jobs.gate.set()
        await until(lambda: bool(on.jobs.kept) and on.jobs.only.cancelled)


async def test_who_has_its_part_may_leave() -> None:
    async with partial("slow") as on:
        job = (await on.client.ask(post())).headers["location"].removeprefix("/jobs/")
        on.client.leave()
        await until(lambda: on.port.listener.clients == 0)
        on.said.say("slow", b"2")
        assert (await on.job(job, b"Prefer: wait=10"))["status"] == "succeeded"


async def test_what_fails_later_is_found_under_the_job() -> None:
    async with partial("slow") as on:
        job = (await on.client.ask(post())).headers["location"].removeprefix("/jobs/")
        on.said.fail("slow")
        found = await on.job(job, b"Prefer: wait=10")
        assert (found["status"], found["complete"], found["result"]) == ("succeeded", False, {"fast": {"p": 1.5}})
        assert found["parts"]["slow"]["status"] == "error"


async def test_a_stream_has_its_part_as_ever_and_no_job() -> None:
    async with partial("slow") as on:
        on.client.writer.write(post(b"{}", SSE))
        assert (await head(on.client))[0] == 200
        async with asyncio.timeout(PATIENCE):
            assert [piece.split(b"\n")[0] for piece in await chunks(on.client)] == [b"event: part"] * 2 + [b"event: result"]
        await on.stopped()
        assert on.jobs.kept == {}


async def test_a_wish_for_a_job_wins() -> None:
    async with partial("slow") as on:
        answer = await on.client.ask(post(b"{}", b"Prefer: respond-async"))
        assert answer.status == 202
