"""Metrics of jobs, as Prometheus' own parser reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.control.counting import JobsTold
from plait.control.totals import Totals
from plait.jobs.working import Place
from tests.control.api.fakes import admin
from tests.control.api.kept import fill
from tests.control.telling import known, snapshot
from tests.control.test_metrics import values
from tests.jobs.memory import Memory, Tables

FIRST = {"submitted": {"predict": 3, "gone": 9}, "ended": {"predict": {"succeeded": 2}, "gone": {"failed": 1}}, "taken_over": 1}
SECOND = {"submitted": {"predict": 1}, "ended": {"predict": {"succeeded": 1, "cancelled": 1}}, "taken_over": 2}
TWO = (snapshot(1, jobs=FIRST), snapshot(2, pid=101, jobs=SECOND))
STORED = {("predict", "queued"): 4, ("predict", "succeeded"): 7, ("old", "running"): 1, ("older", "failed"): 1}
TOLD = JobsTold(up=True, counts=STORED, cancelled={"predict": 2, "other": 1, "gone": 1})
TABLE = {
    "plait_jobs_submitted_total{graph=predict}": 4,
    "plait_jobs_submitted_total{graph=other}": 0,
    "plait_jobs_ended_total{graph=predict,status=succeeded}": 3,
    "plait_jobs_ended_total{graph=predict,status=cancelled}": 3,
    "plait_jobs_ended_total{graph=other,status=cancelled}": 1,
    "plait_jobs_taken_over_total": 3,
    "plait_jobs{graph=predict,status=queued}": 4,
    "plait_jobs{graph=predict,status=running}": 0,
    "plait_jobs{graph=other,status=queued}": 0,
    "plait_jobs{graph=old,status=running}": 1,
    "plait_jobs_store_up": 1,
}
MORE = known(graphs=["predict", "other"], jobs=TOLD)


@pytest.mark.parametrize(("name", "value"), TABLE.items(), ids=TABLE)
def test_what_workers_count_and_what_the_store_has_are_told(name: str, value: float) -> None:
    assert values(*TWO, more=MORE)[name] == value


def test_graphs_that_are_no_more_are_told_of_only_while_jobs_of_theirs_have_not_ended() -> None:
    told = values(*TWO, more=MORE)
    assert not any("=gone" in name or "=older" in name for name in told)
    assert not any("status=succeeded" in name for name in told if name.startswith("plait_jobs{"))


@pytest.mark.parametrize(("up", "shown"), [(None, {}), (False, {"plait_jobs_store_up": 0})])
def test_a_store_that_does_not_answer_is_said_to_be_down_and_one_that_is_not_there_is_not(
    up: bool | None,  # noqa: FBT001 - a parameter of a test
    shown: dict[str, float],
) -> None:
    told = values(*TWO, more=known(jobs=JobsTold(up=up)))
    assert {name: value for name, value in told.items() if name.startswith(("plait_jobs{", "plait_jobs_store_up"))} == shown


def test_counts_do_not_fall_when_a_worker_is_replaced() -> None:
    totals = Totals()
    values(*TWO, totals=totals)
    for pid in (200, 201, 202):
        told = values(snapshot(1, pid=pid, jobs=SECOND), totals=totals)
    assert told["plait_jobs_taken_over_total"] == 1 + 2 + 3 * 2
    assert told["plait_jobs_submitted_total{graph=predict}"] == 3 + 1 + 3 * 1


async def test_a_scrape_asks_the_store_and_counts_what_was_cancelled_here(tmp_path: Path) -> None:
    store = Memory(Tables(), "control")
    await fill(store)
    async with admin(tmp_path, place=Place(store, lambda: True, installed=True)) as here, here.client() as client:
        await client.delete(f"/jobs/{3:032x}")
        await client.delete(f"/jobs/{3:032x}")
        lines = (await client.get("/metrics")).text.splitlines()
    assert 'plait_jobs{graph="predict",status="queued"} 1.0' in lines
    assert 'plait_jobs_ended_total{graph="predict",status="cancelled"} 1.0' in lines
    assert "plait_jobs_store_up 1.0" in lines


async def test_a_scrape_does_not_fail_where_the_store_is_down(tmp_path: Path) -> None:
    store = Memory(Tables(), "control")
    store.down = True
    async with admin(tmp_path, place=Place(store, lambda: True, installed=True)) as here, here.client() as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert "plait_jobs_store_up 0.0" in answer.text.splitlines()
