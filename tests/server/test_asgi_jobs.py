"""Jobs of a proxy that another server carries, mounted at a path: what comes after the answer goes on, and the routes are there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI

import plait
from plait.graph.spec import Config
from plait.testing import RawServer
from tests.server.kept import KeptJobs
from tests.server.serving import Client, get, post
from tests.server.streaming import Scripted, asking, events, head, running, until
from tests.server.test_late import ASYNC, wait


class Mounted:
    """A client of a proxy at `/ml`, and what is behind that."""

    def __init__(self, said: Scripted, jobs: KeptJobs, client: Client) -> None:
        self.said = said
        self.jobs = jobs
        self.client = client


@asynccontextmanager
async def mounted(*names: str, **graph: Any) -> AsyncIterator[Mounted]:
    said, jobs, api = Scripted(), KeptJobs(), FastAPI()
    async with RawServer(said) as server, plait.Proxy(Config.model_validate(asking(server, *names, **graph))) as app:
        assert app._app is not None
        app._app._generation.lasting.jobs = jobs  # type: ignore[assignment] # jobs without a store
        api.mount("/ml", app)
        async with running(api) as port, Client(port) as client:
            yield Mounted(said, jobs, client)


def ask(*lines: bytes) -> bytes:
    return post(b"{}", *lines, path="/ml/predict")


@pytest.mark.parametrize("line", [ASYNC, wait(0.05)])
async def test_a_job_is_where_its_answer_says_and_goes_on_after_it(line: bytes) -> None:
    async with mounted("a", "b") as on:
        on.said.say("a", b"1")
        answer = await on.client.ask(ask(line))
        where = answer.headers["location"]
        assert (answer.status, where) == (202, f"/ml/jobs/{answer.json['id']}")
        on.said.say("b", b"2")
        found = await on.client.ask(get(where, b"Prefer: wait=10"))
        assert (found.json["status"], found.json["result"]) == ("succeeded", {"a": 1, "b": 2})
        assert on.said.times == {"a": 1, "b": 1}


async def test_a_partial_answer_names_the_job_under_which_the_rest_goes_on() -> None:
    async with mounted("a", "b", require="any", late="keep") as on:
        on.said.say("a", b"1")
        answer = await on.client.ask(ask(b"X-Request-Timeout: 100ms"))
        assert (answer.status, answer.json) == (200, {"a": 1})
        on.said.say("b", b"2")
        found = await on.client.ask(get(answer.headers["location"], b"Prefer: wait=10"))
        assert found.json["result"] == {"a": 1, "b": 2}


async def test_events_of_a_job_are_streamed() -> None:
    async with mounted("a") as on:
        where = (await on.client.ask(ask(ASYNC))).headers["location"]
        on.client.writer.write(get(f"{where}/events"))
        assert (await head(on.client))[0] == 200
        on.said.say("a", b"1")
        assert [name for name, _ in await events(on.client)] == ["part", "result"]


async def test_jobs_are_cancelled_and_others_are_not_there() -> None:
    async with mounted("a") as on:
        where = (await on.client.ask(ask(ASYNC))).headers["location"]
        await on.said.asked["a"].wait()
        assert (await on.client.ask(get(where, method=b"DELETE"))).json["status"] == "cancelled"
        await until(lambda: not on.said.waiting)
        assert (await on.client.ask(get("/ml/jobs/x"))).status == 404
        assert (await on.client.ask(get(where, b"Content-Length: 0", method=b"PUT"))).status == 405


async def test_who_leaves_while_it_waits_takes_everything_along() -> None:
    async with mounted("a") as on:
        on.client.writer.write(ask(wait(10)))
        await on.said.asked["a"].wait()
        on.client.leave()
        await until(lambda: not on.said.waiting)
        assert on.jobs.kept == {}
