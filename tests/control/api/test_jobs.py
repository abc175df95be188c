"""Jobs of everybody: listed, looked at, cancelled, let run again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from plait.jobs.working import Place
from tests.control.api.fakes import Admin, admin
from tests.control.api.kept import fill
from tests.jobs.memory import Memory, Tables

LOST = "f" * 32


@pytest.fixture
def store() -> Memory:
    return Memory(Tables(), "worker")


@pytest.fixture
async def here(tmp_path: Path, store: Memory) -> AsyncIterator[Admin]:
    await fill(store)
    async with admin(tmp_path, place=Place(Memory(store.tables, "control"), lambda: True, installed=True)) as found:
        yield found


async def listed(here: Admin, query: str = "") -> tuple[list[int], str | None]:
    async with here.client() as client:
        said = (await client.get(f"/jobs{query}")).json()
    return [int(job["id"], 16) for job in said["jobs"]], said["next"]


async def test_jobs_come_page_by_page_the_newest_first(here: Admin):
    numbers, more = await listed(here, "?limit=3")
    assert numbers == [5, 4, 3]
    assert await listed(here, f"?limit=3&before={more}") == ([2, 1], None)
    assert await listed(here, "?limit=5") == ([5, 4, 3, 2, 1], None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("graph=one", [4]),
        ("graph=nobody", []),
        ("status=queued", [5, 4]),
        ("status=failed&graph=predict", [2]),
        ("queue=slow", [4]),
    ],
)
async def test_a_list_may_be_of_one_graph_one_status_one_queue(here: Admin, query: str, expected: list[int]):
    assert await listed(here, f"?{query}") == (expected, None)


async def test_a_list_says_of_each_job_whose_it_is_and_when_what_happened(here: Admin):
    async with here.client() as client:
        (job,) = (await client.get("/jobs?graph=one")).json()["jobs"]
    assert job.pop("created").startswith("2026-01-01T")
    assert job == {
        "id": f"{4:032x}",
        "graph": "one",
        "status": "queued",
        "queue": "slow",
        "client": "ada",
        "begun": None,
        "finished": None,
        "revision": 1,
        "request_id": "request-4",
    }


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "status=done", "status=queued,running", "before=7", "graph=No", "graph=%00", "page=2"],
)
async def test_a_list_that_is_none_is_400(here: Admin, query: str):
    async with here.client() as client:
        assert (await client.get(f"/jobs?{query}")).status_code == 400


async def test_a_job_has_its_parts_with_addresses_and_errors_and_nothing_that_was_sent(here: Admin):
    async with here.client() as client:
        answer = await client.get(f"/jobs/{2:032x}")
    job = answer.json()
    assert (job["status"], job["error"], job["result"], job["complete"]) == ("failed", {"title": "Bad answer"}, None, None)
    assert job["begun"]
    assert job["parts"]["setosa"] == {
        "status": "ok",
        "code": 200,
        "ms": 12.3,
        "attempts": 1,
        "endpoint": "127.0.0.1:8000",
        "error": None,
        "output": {"y": 1},
    }
    assert job["parts"]["virginica"]["error"] == "it fails"
    assert "swordfish" not in answer.text


@pytest.mark.parametrize("job", [LOST, "7", "x" * 32, "%00", LOST.upper(), f"{LOST}0"])
async def test_a_job_that_is_not_there_is_404(here: Admin, job: str):
    async with here.client() as client:
        for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/retry")):
            assert (await client.request(method, f"/jobs/{job}{rest}")).status_code == 404


async def test_a_job_is_cancelled_with_who_and_why_wherever_it_runs(here: Admin, store: Memory):
    async with here.client(**{"X-Plait-Author": "ada"}) as client:
        answer = await client.delete(f"/jobs/{3:032x}?reason=too%20slow")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        assert answer.json()["parts"].keys() == {"setosa"}
    assert await store.renew(10.0) == [f"{3:032x}"]
    (line,) = here.audited
    assert (line["author"], line["action"], line["outcome"], line["reason"]) == ("ada", "DELETE", "done", "too slow")
    assert line["resource"] == f"/jobs/{3:032x}"


async def test_a_job_that_has_ended_is_not_cancelled_and_nothing_was_done(here: Admin):
    async with here.client() as client:
        answer = await client.delete(f"/jobs/{1:032x}")
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert here.audited == []


async def test_a_job_that_failed_runs_again_with_the_answers_that_it_has(here: Admin, store: Memory):
    async with here.client(**{"X-Plait-Author": "ada"}) as client:
        answer = await client.post(f"/jobs/{2:032x}/retry", json={"reason": "it is mended"})
    assert (answer.status_code, answer.json()["status"], answer.json()["error"]) == (200, "queued", None)
    assert answer.json()["parts"].keys() == {"setosa"}
    (line,) = here.audited
    assert (line["author"], line["outcome"], line["reason"]) == ("ada", "done", "it is mended")
    assert f"{2:032x}" in [job.id for job in await store.claim(9)]


@pytest.mark.parametrize("number", [1, 3, 5])
async def test_a_job_that_neither_failed_nor_was_cancelled_is_409(here: Admin, number: int):
    async with here.client() as client:
        answer = await client.post(f"/jobs/{number:032x}/retry")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:plait:problem:not-retried")
    assert [line["outcome"] for line in here.audited] == ["not-retried"]


@pytest.mark.parametrize("body", [b"[]", b'{"reason": 7}', b'{"reazon": "x"}'])
async def test_a_body_that_is_no_reason_is_422_and_nothing_runs(here: Admin, store: Memory, body: bytes):
    async with here.client() as client:
        answer = await client.post(f"/jobs/{2:032x}/retry", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert store.tables.jobs[f"{2:032x}"].status == "failed"


async def test_a_dry_run_changes_nothing_and_is_written_down(here: Admin, store: Memory):
    before = dict(store.tables.jobs)
    async with here.client() as client:
        assert (await client.delete(f"/jobs/{3:032x}?dry_run=true")).json()["status"] == "running"
        assert (await client.post(f"/jobs/{2:032x}/retry?dry_run=true")).json()["status"] == "failed"
    assert store.tables.jobs == before
    assert [line["outcome"] for line in here.audited] == ["checked", "checked"]


async def asked(here: Admin) -> list[Any]:
    """What is answered to each kind of question."""
    job = f"/jobs/{3:032x}"
    async with here.client() as client:
        return [
            await client.request(method, path)
            for method, path in (("GET", "/jobs"), ("GET", job), ("DELETE", job), ("POST", f"{job}/retry"))
        ]


async def test_where_no_store_was_made_yet_there_is_no_job_and_none_is_made(tmp_path: Path, store: Memory):
    async with admin(tmp_path, place=Place(store, lambda: False, installed=True)) as here:
        answers = await asked(here)
    assert [answer.status_code for answer in answers] == [200, 404, 404, 404]
    assert answers[0].json() == {"jobs": [], "next": None}
    assert store.calls == []


async def test_where_nothing_is_configured_yet_there_is_no_job(tmp_path: Path):
    async with admin(tmp_path) as here:
        assert [answer.status_code for answer in await asked(here)] == [200, 404, 404, 404]


async def test_a_store_that_is_down_is_503_with_the_reason_and_is_asked_again(tmp_path: Path, store: Memory):
    store.down = True
    async with admin(tmp_path, place=Place(store, lambda: True, installed=True)) as here:
        for answer in await asked(here):
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:plait:problem:store-down")
            assert answer.json()["detail"] == "the store is down"
            assert answer.headers["retry-after"] == "1"
        store.down = False
        assert (await asked(here))[0].status_code == 200


async def test_without_the_packages_it_is_501_with_what_to_install(tmp_path: Path, store: Memory):
    async with admin(tmp_path, place=Place(store, lambda: True, installed=False)) as here:
        for answer in await asked(here):
            assert (answer.status_code, answer.json()["type"]) == (501, "urn:plait:problem:no-jobs")
            assert "pip install 'plait[jobs]'" in answer.json()["detail"]


async def test_the_store_is_opened_once_and_closed(tmp_path: Path, store: Memory):
    async with admin(tmp_path, place=Place(store, lambda: True, installed=True)) as here:
        await asyncio.gather(*(listed(here) for _ in range(3)))  # noqa: TID251 - none of them fails
        await here.desk.jobs.close()
    assert (store.opened, store.closed) == (1, True)
