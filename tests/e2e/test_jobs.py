"""Jobs over real processes: durable across `kill -9`, shared by workers and by proxies, asked for once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from plait import AsyncClient
from plait.cli.http import send
from plait.testing import Asked, ScriptedServer
from tests.control.postgres import Postgres
from tests.control.postgres import postgres as postgres  # noqa: PLC0414 - a fixture of these tests
from tests.e2e.processes import PATIENCE, Plait, serving

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TAKEN_OVER = 30.0
"""Seconds in which a job of a process that was killed must be run by another."""


class Predictors:
    """Two of them: `quick` answers at once, `slow` when it may."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.may_answer = asyncio.Event()

    async def __call__(self, asked: Asked) -> Any:
        name = asked.path.partition("?")[0].strip("/")
        self.asked[name] += 1
        if name == "slow":
            await self.may_answer.wait()
        return {"from": name}


@pytest.fixture
async def predictors() -> AsyncIterator[tuple[Predictors, dict[str, Any]]]:
    script = Predictors()
    async with ScriptedServer(script) as server:
        urls = {name: {"url": f"{server.url}/{name}", "timeout": "60s"} for name in ("quick", "slow")}
        yield (
            script,
            {
                "server": {"limits": {"drain_timeout": "2s"}},
                "predictors": urls,
                "graphs": {"predict": {"parallel": ["quick", "slow"], "require": "any"}},
            },
        )


@asynccontextmanager
async def served(config: dict[str, Any], folder: Path, *options: str) -> AsyncIterator[tuple[str, Plait]]:
    """A plait with a configuration, in a folder of its own, while the loop goes on."""
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    file = folder / "plait.json"
    await asyncio.to_thread(file.write_text, json.dumps(config))
    process = serving("serve", str(file), "--port", "0", *options)
    url, started = await asyncio.to_thread(process.__enter__)
    try:
        yield url, started
    finally:
        await asyncio.to_thread(process.__exit__, None, None, None)


async def killed(process: Plait) -> None:
    """Nothing of it goes on."""
    os.kill(process.process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.wait)


async def part_is_kept(job: Any, name: str) -> None:
    """A part of a job is told of, so it is in the store."""
    async with asyncio.timeout(PATIENCE), job.stream() as parts:
        async for part in parts:
            if part.key == name:
                return


async def test_a_killed_plait_goes_on_with_its_jobs_and_asks_only_for_what_is_missing(
    predictors: tuple[Predictors, dict[str, Any]], tmp_path: Path
) -> None:
    script, config = predictors
    async with served(config, tmp_path / "one") as (url, process), AsyncClient(url) as client:
        job = await client.submit("predict", {"n": 1})
        await part_is_kept(job, "quick")
        await killed(process)
    async with served(config, tmp_path / "one") as (url, _), AsyncClient(url) as client:
        script.may_answer.set()
        again = await client.job(job.id)
        assert await again.wait(TAKEN_OVER) == {"quick": {"from": "quick"}, "slow": {"from": "slow"}}
        assert again.parts["quick"].output == {"from": "quick"}
    assert script.asked == {"quick": 1, "slow": 2}


async def test_another_proxy_on_the_same_postgres_takes_over(
    predictors: tuple[Predictors, dict[str, Any]], tmp_path: Path, postgres: Postgres
) -> None:
    script, config = predictors
    config["jobs"] = {"store": await asyncio.to_thread(postgres.database)}
    async with (
        served(config, tmp_path / "one") as (first, process),
        served(config, tmp_path / "two") as (second, _),
        AsyncClient(first) as client,
        AsyncClient(second) as other,
    ):
        job = await client.submit("predict", {"n": 1})
        await part_is_kept(job, "quick")
        await killed(process)
        script.may_answer.set()
        seen = await other.job(job.id)
        assert await seen.wait(TAKEN_OVER) == {"quick": {"from": "quick"}, "slow": {"from": "slow"}}
        assert [part.key for part in [part async for part in seen.stream()]] == ["quick", "slow"]
    assert script.asked == {"quick": 1, "slow": 2}


async def test_each_worker_knows_the_jobs_of_all_and_a_key_is_one_job_at_all(
    predictors: tuple[Predictors, dict[str, Any]], tmp_path: Path
) -> None:
    script, config = predictors
    script.may_answer.set()
    async with served(config, tmp_path / "one", "--workers", "2") as (url, _):
        ids = set()
        for number in range(20):  # each a client of its own, so of either worker
            async with AsyncClient(url) as client:
                job = await client.submit("predict", {"n": 1}, idempotency_key="only-once")
                ids.add(job.id)
                single = await client.submit("predict", {"n": number})
            async with AsyncClient(url) as client:
                again = await client.job(single.id)
                assert (await again.wait(PATIENCE))["quick"] == {"from": "quick"}
    assert len(ids) == 1
    assert script.asked == {"quick": 21, "slow": 21}


async def test_late_parts_of_a_plain_request_are_found_under_its_job(
    predictors: tuple[Predictors, dict[str, Any]], tmp_path: Path
) -> None:
    script, config = predictors
    config["graphs"]["predict"] |= {"timeout": "500ms", "late": "keep"}
    async with served(config, tmp_path / "one") as (url, _), AsyncClient(url) as client:
        first = await client.submit("predict", {"n": 1})  # opens the store
        await part_is_kept(first, "quick")
        answer = await asyncio.to_thread(send, f"{url}/predict", b'{"n":2}')
        assert (answer.status, answer.headers["x-plait-complete"]) == (200, "false")
        assert json.loads(answer.body) == {"quick": {"from": "quick"}}
        script.may_answer.set()
        job = await client.job(answer.headers["location"].rpartition("/")[2])
        assert await job.wait(PATIENCE) == {"quick": {"from": "quick"}, "slow": {"from": "slow"}}
        await first.wait(PATIENCE)
    assert script.asked == {"quick": 2, "slow": 2}


async def test_a_cancelled_job_is_cancelled_at_its_predictor(predictors: tuple[Predictors, dict[str, Any]], tmp_path: Path) -> None:
    script, config = predictors
    async with served(config, tmp_path / "one") as (url, _), AsyncClient(url) as client:
        job = await client.submit("predict", {"n": 1})
        await part_is_kept(job, "quick")
        assert (await job.cancel()).status == "cancelled"
        script.may_answer.set()
        assert (await job.refresh()).status == "cancelled"
    assert script.asked == {"quick": 1, "slow": 1}
