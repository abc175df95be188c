"""Two plaits that share a Postgres, and what becomes of them when that goes and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.control.controlling import FILE, Main, started, until
from tests.control.postgres import Postgres
from tests.control.postgres import postgres as postgres  # noqa: PLC0414 - a fixture of these tests

pytestmark = [pytest.mark.e2e, pytest.mark.sockets, pytest.mark.slow]


@pytest.fixture
def file(postgres: Postgres, tmp_path: Path) -> Callable[[str], Path]:
    url = postgres.database()

    def write(name: str) -> Path:
        path = tmp_path / name / "plait.yaml"
        path.parent.mkdir()
        path.write_text(f"server: {{store: '{url}'}}\n{FILE}")
        return path

    return write


@pytest.fixture
async def both(file: Callable[[str], Path]) -> AsyncIterator[tuple[Main, Main]]:
    async with AsyncExitStack() as stack:
        mains = []
        for name in ("one", "other"):
            path = file(name)
            mains.append(await stack.enter_async_context(started(path.parent / ".plait", path)))
            await mains[-1].plan()
        yield mains[0], mains[1]


@pytest.fixture
def brought_back(postgres: Postgres) -> Iterator[Postgres]:
    yield postgres
    if postgres._process is None:
        postgres.start()


async def test_the_same_file_in_two_plaits_speaks_once_and_a_change_of_one_is_live_in_the_other_within_a_second(
    both: tuple[Main, Main],
):
    one, other = both
    async with one.client() as client:
        assert (await client.get("/status")).json()["revision"] == 1
        answer = await client.put("/predictors/c", json={"url": "http://127.0.0.1:3"})
        assert answer.json()["revision"] == 2
        began = asyncio.get_running_loop().time()
        plan = await other.plan()
        assert (plan.revision, "c" in plan.predictors) == (2, True)
        assert asyncio.get_running_loop().time() - began < 1.0
        await client.post("/predictors/c:exclude")
        assert (await other.plan()).excluded == ("c",)


async def test_each_shows_what_the_workers_of_both_run(both: tuple[Main, Main]):
    one, _ = both
    async with one.client() as client:

        async def workers() -> list[dict[str, Any]]:
            return list((await client.get("/status")).json()["workers"])

        found = await until(workers, lambda workers: len(workers) == 2)
    assert len({worker["proxy"] for worker in found}) == 2
    assert [worker["running"] for worker in found] == [1, 1]


async def test_changes_in_both_at_once_are_one_after_the_other(both: tuple[Main, Main]):
    one, other = both
    async with one.client() as here, other.client() as there:

        async def add(number: int) -> None:
            client = here if number % 2 else there
            answer = await client.put(f"/predictors/p{number}", json={"url": f"http://127.0.0.1:{number + 1000}"})
            assert answer.status_code in (201, 202)

        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(add(number))
        for main, client in ((one, here), (other, there)):
            while (await main.plan()).revision < 51:
                pass
            assert len((await client.get("/predictors")).json()) == 52


async def test_while_postgres_is_gone_reading_goes_on_changes_are_503_and_all_heals_by_itself(
    both: tuple[Main, Main], brought_back: Postgres
):
    one, other = both
    async with one.client() as client:
        brought_back.end()
        answer = await client.put("/predictors/c", json={"url": "http://127.0.0.1:3"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert (await client.get("/config")).status_code == 200
        status = (await client.get("/status")).json()
        assert (status["store"]["ok"], status["revision"]) == (False, 1)
        brought_back.start()

        async def change() -> int:
            return (await client.put("/predictors/c", json={"url": "http://127.0.0.1:3"})).status_code

        await until(change, lambda status: status == 201)
        assert (await other.plan()).revision == 2
