"""Predictors taken out and put back, and waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.control.api.fakes import Admin, admin


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Admin]:
    async with admin(tmp_path) as found:
        yield found


def flying(in_flight: int, waiting: int = 0) -> list[dict[str, Any]]:
    return [{"worker": 1, "predictors": {"setosa": {"in_flight": in_flight, "waiting": waiting}}}]


async def test_a_predictor_is_excluded_with_who_and_why_until_it_is_included(here: Admin):
    async with here.client(**{"X-Plait-Author": "ada"}) as client:
        answer = await client.post("/predictors/setosa:exclude", json={"reason": "it is wrong"})
        assert answer.json() == {
            "revision": 1,
            "predictor": "setosa",
            "excluded": True,
            "dry_run": False,
            "warnings": [],
            "pending": [],
            "in_flight": 0,
        }
        mark = here.ledger.marks["setosa"]
        assert (mark.author, mark.reason) == ("api:ada", "it is wrong")
        assert (await client.post("/predictors/setosa:include")).json()["excluded"] is False
    assert not here.ledger.marks


async def test_the_reason_of_the_query_wins_over_that_of_the_body(here: Admin):
    async with here.client() as client:
        await client.post("/predictors/setosa:exclude?reason=slow", json={"reason": "wrong"})
    assert here.ledger.marks["setosa"].reason == "slow"


@pytest.mark.parametrize("body", [b"[]", b'"slow"', b'{"reason": 7}', b'{"reazon": "slow"}', b'{"reason": "%s"}' % (b"x" * 501)])
async def test_a_body_that_is_no_reason_is_422(here: Admin, body: bytes):
    async with here.client() as client:
        answer = await client.post("/predictors/setosa:exclude", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert not here.ledger.marks


@pytest.mark.parametrize("action", ["exclude", "include", "drain"])
async def test_a_name_that_is_not_there_is_404(here: Admin, action: str):
    async with here.client() as client:
        assert (await client.post(f"/predictors/nobody:{action}")).status_code == 404


async def test_draining_answers_when_nothing_is_in_flight_or_waits_any_more(here: Admin):
    here.plant.snapshots = [flying(2), flying(1, 1), flying(0, 1), flying(0)]
    with here.bus.listening() as listener:
        async with here.client() as client:
            answer = await client.post("/predictors/setosa:drain")
        event = await listener.next(1)
    assert (answer.status_code, answer.json()["in_flight"]) == (200, 0)
    assert "setosa" in here.ledger.marks
    assert event is not None
    assert (event.kind, event.facts["predictor"]) == ("drained", "setosa")


async def test_draining_that_takes_too_long_says_how_many_still_are_in_flight(tmp_path: Path):
    async with admin(tmp_path, drain=0.0) as here, here.client() as client:
        here.plant.snapshots = [flying(3)]
        answer = await client.post("/predictors/setosa:drain")
    assert (answer.status_code, answer.json()["in_flight"]) == (202, 3)


async def test_workers_that_do_not_know_yet_are_named(here: Admin):
    here.plant.late = (2,)
    async with here.client() as client:
        answer = await client.post("/predictors/setosa:exclude")
    assert (answer.status_code, answer.json()["pending"]) == (202, [2])
