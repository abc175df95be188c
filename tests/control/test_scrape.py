"""What a scrape of the admin API has to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plait.control.api.terms import Known
from plait.control.feedback import Feedback
from plait.graph.spec import Config
from tests.control.api.fakes import admin
from tests.control.telling import graph, snapshot


async def remembered(request_id: str) -> dict[str, Any] | None:
    """Every request was answered alike, whatever its id."""
    return {"setosa": "setosa"}


async def kept(name: str, /, *, author: str, reason: str) -> None:
    raise AssertionError("nobody is to be excluded")


async def scraped(state: Path, known: Known) -> list[str]:
    async with admin(state, known=known) as at:
        at.plant.snapshots = [[snapshot(graphs={"predict": graph({"200": 3}, 0.1), "other": graph({"200": 1}, 0.1)})]]
        async with at.client() as client:
            return (await client.get("/metrics")).text.splitlines()


async def test_accuracy_is_what_feedback_found(tmp_path: Path) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    feedback = Feedback(remembered, kept, lambda *facts: told.append(facts))
    spec = {"url": "http://127.0.0.1:8000", "feedback": {"answer": "output.label"}}
    feedback.use(Config.model_validate({"predictors": {"setosa": spec, "virginica": spec}}))
    for number, label in enumerate(("setosa", "setosa", "setosa", "virginica")):
        await feedback.record(str(number), label)
    lines = await scraped(tmp_path, Known(accuracy=feedback.facts))
    assert 'plait_accuracy{predictor="setosa"} 0.75' in lines
    assert not any(line.startswith('plait_accuracy{predictor="virginica"') for line in lines)


async def test_what_the_control_process_knows_is_beside_what_workers_count(tmp_path: Path) -> None:
    file = {"path": "plait.yaml", "state": "invalid", "problems": []}
    lines = await scraped(tmp_path, Known(file=lambda: file, changes={("file", "refused"): 2}))
    assert 'plait_requests_total{graph="predict",status="200"} 3.0' in lines
    assert 'plait_revision{state="desired",worker=""} 1.0' in lines
    assert "plait_config_valid 0.0" in lines
    assert "plait_store_up 1.0" in lines
    assert 'plait_config_changes_total{outcome="refused",source="file"} 2.0' in lines
    assert not any('"other"' in line for line in lines)
