"""How all is, and whether numbers and events come as they should."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from plait.control.api.terms import Known
from plait.control.bus import WAITING
from plait.control.plant import WorkerState
from tests.control.api.fakes import TOKEN, admin
from tests.control.api.serving import served
from tests.control.telling import graph, predictor, replica, snapshot

STATE = WorkerState(1, 100, 1, "2026-12-01T02:00:00+00:00", ("virginica was not warmed",))


def told() -> list[dict[str, Any]]:
    graphs = {"predict": graph({"200": 8, "503": 2}, *(0.02,) * 10)}
    setosa = predictor({"ok": 9, "timeout": 1}, 0.01, in_flight=2, replicas=[replica("127.0.0.1:8000", ejected=True)])
    return [snapshot(1, 100, in_flight=3, graphs=graphs, predictors={"setosa": setosa}), snapshot(2, 101, graphs=graphs)]


async def test_status_tells_of_workers_graphs_and_predictors_together(tmp_path: Path):
    known = Known(accuracy=lambda: {"setosa": {"accuracy": 0.9, "known": 10}})
    async with admin(tmp_path, known=known) as here, here.client() as client:
        here.plant.states = {1: STATE}
        here.plant.snapshots = [told()]
        await client.post("/predictors/setosa:exclude?reason=wrong")
        status = (await client.get("/status")).json()
    assert status["revision"] == 1
    (worker,) = status["workers"]
    assert (worker["running"], worker["warnings"], worker["in_flight"]) == (1, ["virginica was not warmed"], 3)
    predict = status["graphs"]["predict"]
    assert (predict["route"], predict["requests"], predict["errors"]) == ("/predict", 20, 4)
    assert predict["p50"] == pytest.approx(0.02, rel=0.3)
    assert status["graphs"]["one"]["p99"] is None
    setosa = status["predictors"]["setosa"]
    assert (setosa["excluded"]["reason"], setosa["in_flight"], setosa["accuracy"]["accuracy"]) == ("wrong", 2, 0.9)
    assert setosa["replicas"] == [{"endpoint": "127.0.0.1:8000", "in_flight": 0, "ejected": 1, "unwell": 0, "latency": 0.01}]


async def test_workers_of_others_that_share_the_store_are_shown_once(tmp_path: Path):
    async def others() -> list[dict[str, Any]]:
        return [{"proxy": "there", "worker": 1, "running": 7}, {"proxy": "here", "worker": 9, "running": 1}]

    async with admin(tmp_path, known=Known(proxies=others), proxy="here") as here, here.client() as client:
        here.plant.states = {1: STATE}
        status = (await client.get("/status")).json()
    assert [(worker["proxy"], worker["worker"]) for worker in status["workers"]] == [("here", 1), ("there", 1)]


async def test_metrics_are_counted_from_what_workers_tell(tmp_path: Path):
    async with admin(tmp_path) as here, here.client() as client:
        here.plant.snapshots = [told()]
        text = (await client.get("/metrics")).text
    assert 'plait_requests_total{graph="predict",status="503"} 4.0' in text


async def test_feedback_is_handed_on_and_an_unknown_request_is_404(tmp_path: Path):
    async def feedback(request_id: str, truth: Any) -> dict[str, bool] | None:
        return {"setosa": truth == "virginica"} if request_id == "known" else None

    async with admin(tmp_path, known=Known(feedback=feedback)) as here, here.client() as client:
        answer = await client.post("/feedback", json={"request_id": "known", "truth": "virginica"})
        assert (answer.status_code, answer.json()) == (200, {"right": {"setosa": True}})
        assert (await client.post("/feedback", json={"request_id": "gone", "truth": 1})).status_code == 404


WRONG = [{}, {"truth": 1}, {"request_id": "x"}, {"request_id": 7, "truth": 1}, {"request_id": "x", "truth": 1, "a": 1}, []]


@pytest.mark.parametrize("body", WRONG)
async def test_feedback_that_is_none_is_422(tmp_path: Path, body: Any):
    async with admin(tmp_path) as here, here.client() as client:
        assert (await client.post("/feedback", json=body)).status_code == 422


@pytest.mark.sockets
async def test_events_are_streamed_as_they_happen_with_signs_of_life_between(tmp_path: Path):
    async with admin(tmp_path) as here, served(here.app) as url, listening(url) as lines:
        assert await anext(lines) == ": listening"
        assert ": still here" in [await anext(lines), await anext(lines)]
        here.bus.publish("revision", revision=7)
        async with asyncio.timeout(5):
            while not (line := await anext(lines)).startswith("data: "):
                pass
        assert json.loads(line.removeprefix("data: "))["revision"] == 7


@pytest.mark.sockets
async def test_a_listener_that_does_not_keep_up_is_cut_off(tmp_path: Path):
    async with admin(tmp_path, beat=5.0) as here, served(here.app) as url, listening(url) as lines:
        await anext(lines)
        for number in range(WAITING + 1):
            here.bus.publish("revision", revision=number)
        async with asyncio.timeout(5):
            data = [line async for line in lines if line.startswith("data: ")]
        assert len(data) == WAITING


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a stream of events."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=5) as client, client.stream("GET", "/events") as stream:
        yield (line async for line in stream.aiter_lines() if line)
