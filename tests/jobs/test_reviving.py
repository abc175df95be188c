"""Graphs of jobs from what is kept of them: on the predictors that serve where these are the same, compiled once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from plait.background import Background
from plait.clock import Clock
from plait.graph.compile import Compiled, compile_graph
from plait.graph.slice import slice_of
from plait.graph.spec import Config
from plait.jobs.asked import Asked
from plait.jobs.errors import Gone
from plait.jobs.records import Added, StoredJob
from plait.jobs.reviving import MOST, Reviving
from plait.jobs.taking import as_taken, new_job
from plait.spec.jobs import JobsSpec
from plait.types import Message
from plait.upstream.registry import Upstreams
from plait.upstream.upstream import Upstream


def config(url: str = "http://127.0.0.1:1", **more: Any) -> Config:
    return Config.model_validate({"predictors": {"a": {"url": url, **more}}, "graphs": {"predict": "a"}})


def job_of(given: Config, graph: str = "predict", folder: str = "", **fields: Any) -> tuple[StoredJob, bytes]:
    part = slice_of(given, graph, folder)
    asked = Asked(graph=graph, slice=part, message=Message(b"1"), request_id="r", revision=1, **fields)
    return as_taken(new_job(asked, "0" * 32, JobsSpec(), begins=False), Added("0" * 32, created=True)), part.data


class Scene:
    """A worker that serves a configuration, and what was compiled in it."""

    def __init__(self) -> None:
        self.clock = Clock(asyncio.get_running_loop())
        self.upstreams = Upstreams(self.clock)
        self.compiled: list[tuple[str, Upstream, bool]] = []
        self.looked = 0
        self.reviving = Reviving(self.upstreams, self._compile)

    async def serve(self, given: Config) -> Upstream:
        upstream = self.upstreams.prepare(given.predictors, given.defaults.predictor)["a"]
        await self.upstreams.swap()
        self.reviving.now(given)
        return upstream

    async def graph(self, job: StoredJob, data: bytes | None) -> Any:
        async def kept(digest: str) -> bytes | None:
            assert digest == job.digest
            self.looked += 1
            return data

        return await self.reviving.graph(job, kept)

    def _compile(self, given: Config, graph: str, upstreams: Any, ruled: bool) -> Compiled:  # noqa: FBT001 - the protocol's
        self.compiled.append((graph, upstreams.get("a"), ruled))
        return compile_graph(given, graph, upstreams, Background())


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    await made.upstreams.close()
    made.clock.close()


async def test_a_graph_of_what_runs_is_compiled_once_on_the_predictors_that_serve(scene: Scene) -> None:
    serving = await scene.serve(config())
    job, data = job_of(config())
    first, second = await scene.graph(job, data), await scene.graph(job, data)
    assert first.compiled is second.compiled
    assert scene.compiled == [("predict", serving, False)]
    assert scene.looked == 1


async def test_header_fields_of_today_are_no_other_predictor(scene: Scene) -> None:
    serving = await scene.serve(config(headers={"X-Key": "new"}))
    job, data = job_of(config(headers={"X-Key": "old"}))
    await scene.graph(job, data)
    assert scene.compiled == [("predict", serving, False)]


async def test_a_graph_of_an_older_configuration_asks_its_own_predictors_until_its_last_job_has_ended(scene: Scene) -> None:
    serving = await scene.serve(config("http://127.0.0.1:2"))
    job, data = job_of(config())
    first, second = await scene.graph(job, data), await scene.graph(job, data)
    older = {id(upstream) for _, upstream, _ in scene.compiled}
    assert len(older) == 1
    assert id(serving) not in older
    await first.close()
    await second.close()
    await (await scene.graph(job, data)).close()
    assert {id(upstream) for _, upstream, _ in scene.compiled} != older


async def test_what_was_compiled_is_forgotten_when_the_configuration_changes(scene: Scene) -> None:
    await scene.serve(config())
    job, data = job_of(config())
    await scene.graph(job, data)
    await scene.serve(config("http://127.0.0.1:2"))
    await (await scene.graph(job, data)).close()
    assert len(scene.compiled) == 2


async def test_a_job_that_a_rule_began_is_compiled_apart(scene: Scene) -> None:
    await scene.serve(config())
    job, data = job_of(config())
    await scene.graph(job, data)
    await scene.graph(msgspec.structs.replace(job, ruled=True), data)
    assert [ruled for _, _, ruled in scene.compiled] == [False, True]


async def test_only_so_many_are_kept(scene: Scene) -> None:
    whole = {f"g{place}": {"value": place} for place in range(MOST + 1)}
    given = Config.model_validate({"predictors": {"a": {"url": "http://127.0.0.1:1"}}, "graphs": whole})
    await scene.serve(given)
    jobs = [job_of(given, name) for name in whole]
    for job, data in (*jobs, jobs[-1], jobs[0]):
        await scene.graph(job, data)
    assert len(scene.compiled) == MOST + 2


async def test_what_is_kept_no_more_and_what_does_not_compile_is_gone(scene: Scene, tmp_path: Any) -> None:
    code = Config.model_validate({"graphs": {"predict": {"python": "nowhere_to_be_found:function"}}})
    await scene.serve(config())
    job, data = job_of(code, folder=str(tmp_path))
    with pytest.raises(Gone, match="kept no more"):
        await scene.graph(job, None)
    with pytest.raises(Gone, match="nowhere_to_be_found"):
        await scene.graph(job, data)
    assert sys.path[0] == str(tmp_path)
    sys.path.remove(str(tmp_path))


async def test_credentials_are_kept_only_where_a_predictor_may_see_them() -> None:
    headers = {b"authorization": b"Bearer x", b"cookie": b"c", b"proxy-authorization": b"p", b"x-user": b"\xe9", b"x-other": b"o"}
    job, _ = job_of(config(), headers=headers)
    assert job.headers == {"x-user": "é", "x-other": "o"}
    job, _ = job_of(config(forward_headers=["Authorization"]), headers=headers)
    assert job.headers == {"authorization": "Bearer x", "x-user": "é", "x-other": "o"}
