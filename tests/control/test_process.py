"""The control process whole, at the other end of a line: with a real store, a real file and a real port."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from plait.control.current import NAME, kept
from plait.control.files import digest
from plait.jobs.store.open import open_jobs
from tests.control.api.kept import new
from tests.control.controlling import ENVIRON, FILE, PATIENCE, started, until

pytestmark = pytest.mark.sockets


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plait.yaml"
    path.write_text(FILE)
    return path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / ".plait"


def write(path: Path, text: str) -> None:
    path.write_text(text)


def audited(state: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (state / "audit.log").read_text().splitlines()]


async def test_the_first_plan_is_the_file_and_the_port_answers_after_it(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        plan = await main.plan()
        assert (plan.revision, list(plan.predictors)) == (1, ["a", "b"])
        status = (await client.get("/status")).json()
        assert status["file"]["state"] == "active"
        assert status["workers"][0]["running"] == 1
    assert main.running.result() == 0


async def test_a_change_is_answered_when_the_worker_runs_it_and_outlives_a_restart(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()
        answer = await client.put("/predictors/c", json={"url": "http://127.0.0.1:3"})
        assert (answer.status_code, answer.json()["revision"], answer.json()["pending"]) == (201, 2, [])
        assert list((await main.plan()).predictors) == ["a", "b", "c"]
        assert (await client.post("/predictors/b:exclude", json={"reason": "slow"})).status_code == 200
        assert (await main.plan()).excluded == ("b",)
    async with started(state, file) as main:
        plan = await main.plan()
        assert (plan.revision, list(plan.predictors), plan.excluded) == (2, ["a", "b", "c"], ("b",))


async def test_a_store_that_is_lost_while_nothing_runs_is_written_again_from_what_ran_last(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()
        await client.put("/predictors/c", json={"url": "http://127.0.0.1:3"})
        await client.post("/predictors/b:exclude")
    (state / "revisions.db").unlink()
    async with started(state, file) as main, main.client() as client:
        plan = await main.plan()
        assert (plan.revision, list(plan.predictors), plan.excluded) == (2, ["a", "b", "c"], ("b",))
        kept_again = (await client.get("/revisions")).json()["revisions"]
        assert [(entry["number"], entry["author"]) for entry in kept_again] == [(2, "start")]
        assert (await client.put("/predictors/d", json={"url": "http://127.0.0.1:4"})).json()["revision"] == 3


async def test_a_file_that_changed_while_nothing_ran_speaks_at_the_start_and_only_once(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()
        await client.put("/predictors/c", json={"url": "http://127.0.0.1:3"})
    write(file, FILE.replace("127.0.0.1:1", "127.0.0.1:9"))
    async with started(state, file) as main, main.client() as client:
        plan = await main.plan()
        assert (plan.revision, list(plan.predictors)) == (3, ["a", "b"])
        assert (await client.get("/revisions/3")).json()["author"].startswith("file")


async def test_an_edit_of_the_file_is_live_without_anybody_asking(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()
        await client.get("/livez")
        write(file, FILE.replace("127.0.0.1:1", "127.0.0.1:9"))
        assert (await main.plan()).revision == 2


async def test_an_invalid_edit_changes_nothing_and_is_shown(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()
        async with client.stream("GET", "/events") as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            write(file, FILE + "x: 1\n")
            (told,) = [facts async for facts in _told(lines, 1)]
        assert told["kind"] == "file"
        shown = (await client.get("/status")).json()
        assert [(entry["author"], entry["outcome"]) for entry in audited(state)] == [
            ("file", "done"),
            ("file", "invalid-configuration"),
        ]
        assert shown["file"]["state"] == "invalid"
        assert shown["file"]["problems"][0]["line"] == 3
        assert shown["revision"] == 1


async def test_what_ran_last_is_kept_for_a_start_without_the_store(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()
        await client.put("/predictors/c", json={"url": "http://127.0.0.1:3", "headers": {"authorization": "secret"}})
    found = kept(state)
    assert found is not None
    assert (found.revision, list(found.data["predictors"]), found.excluded) == (2, ["a", "b", "c"], [])
    assert found.digest is not None
    assert (state / NAME).stat().st_mode & 0o777 == 0o600


async def test_what_is_kept_belongs_to_the_file_as_it_was_taken_in(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()
        await client.get("/livez")
        for text in (FILE.replace("127.0.0.1:1", "127.0.0.1:9"), FILE.replace("127.0.0.1:1", "127.0.0.1:9") + "# a comment\n"):
            write(file, text)

            async def known() -> str | None:
                return last.digest if (last := kept(state)) else None

            await until(known, lambda found, text=text: found == digest(text.encode()))
        assert (await client.get("/status")).json()["revision"] == 2


async def test_with_a_store_that_does_not_answer_main_goes_on_without_and_changes_are_503(state: Path, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gone = silent.getsockname()[1]
    file = tmp_path / "plait.yaml"
    write(file, f"server: {{store: 'postgresql://nobody@127.0.0.1:{gone}/plait?connect_timeout=1'}}\n{FILE}")
    async with started(state, file) as main, main.client() as client:
        await main.next("without")
        answer = await client.put("/predictors/c", json={"url": "http://127.0.0.1:3"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert (await client.get("/metrics")).status_code == 200


async def test_a_second_plait_on_the_same_state_folder_is_refused_with_advice(state: Path, file: Path):
    async with started(state, file) as main:
        await main.plan()
        async with started(state, file) as second:
            refused = (await second.next("refused")).read(str)
            assert "is used by another plait" in refused
            assert await second.running == 1


async def test_off_loopback_without_a_token_it_is_refused(state: Path, file: Path):
    async with started(state, file, {}, host="0.0.0.0") as main:
        assert "set PLAIT_ADMIN_TOKEN" in (await main.next("refused")).read(str)


async def test_without_a_file_the_environment_says_which_predictors_there_are(state: Path):
    environ = {**ENVIRON, "SERVICE_SETOSA": "127.0.0.1:8000"}
    async with started(state, None, environ) as main, main.client() as client:
        assert list((await main.plan()).predictors) == ["setosa"]
        assert (await client.get("/status")).json()["file"] is None


async def test_a_file_that_is_invalid_when_the_process_starts_again_leaves_what_was_active(state: Path, file: Path):
    async with started(state, file) as main:
        await main.plan()
    write(file, "predictors: [")
    async with started(state, file) as main, main.client() as client:
        assert (await main.plan()).revision == 1
        assert (await client.get("/status")).json()["file"]["state"] == "invalid"


async def test_events_tell_of_revisions_marks_and_workers(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()
        async with client.stream("GET", "/events") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == ": listening"
            await client.put("/predictors/c?reason=new", json={"url": "http://127.0.0.1:3"}, headers={"X-Plait-Author": "ada"})
            await client.post("/predictors/c:exclude")
            await client.post("/predictors/c:include")
            told = [facts async for facts in _told(lines, 6)]
        kinds = [facts["kind"] for facts in told]
        assert [kind for kind in kinds if kind != "worker"][:1] == ["revision"]
        assert {"revision", "excluded", "worker"} <= set(kinds)
        revision = next(facts for facts in told if facts["kind"] == "revision")
        assert (revision["revision"], revision["author"], revision["reason"]) == (2, "api:ada", "new")


async def _told(lines: AsyncIterator[str], count: int) -> AsyncIterator[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE):
        async for line in lines:
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))
                count -= 1
                if not count:
                    return


@pytest.mark.slow
async def test_fifty_writers_at_once_through_http_lose_no_update(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()

        async def add(number: int) -> None:
            answer = await client.put(f"/predictors/p{number}", json={"url": f"http://127.0.0.1:{number + 1000}"})
            assert answer.status_code == 201

        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(add(number))
        assert len((await client.get("/predictors")).json()) == 52
        assert (await client.get("/status")).json()["revision"] == 51


async def test_jobs_of_the_state_folder_are_operated_and_none_are_made(state: Path, file: Path):
    async with started(state, file) as main, main.client() as client:
        await main.plan()
        assert (await client.get("/jobs")).json() == {"jobs": [], "next": None}
        assert not (state / "jobs.db").exists()
        store = open_jobs(None, state)
        await store.add(new(1))
        assert [job["status"] for job in (await client.get("/jobs")).json()["jobs"]] == ["queued"]
        assert (await client.delete(f"/jobs/{1:032x}")).json()["status"] == "cancelled"
        assert (await client.post(f"/jobs/{1:032x}/retry")).json()["status"] == "queued"
        assert [job.id for job in await store.claim(9)] == [f"{1:032x}"]
        await store.close()
    assert [(entry["action"], entry["outcome"]) for entry in audited(state)[1:]] == [("DELETE", "done"), ("POST", "done")]
