"""What a shell completes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from plait.cli.complete import graphs, jobs, predictors, revisions
from plait.testing import Hang
from tests.cli.typed import admin, problem

KNOWN = {
    "GET /status": {"predictors": {"setosa": {}, "versicolor": {}, "virginica": {}}, "graphs": {"one": {}, "predict": {}}},
    "GET /jobs": {"jobs": [{"id": "a1", "graph": "one", "status": "failed"}, {"id": "a2", "graph": "one", "status": "running"}]},
    "GET /revisions": {"revisions": [{"number": 12}, {"number": 11}, {"number": 2}]},
}


async def test_names_and_numbers_are_those_of_the_plait_that_runs(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    async with admin(KNOWN) as server:
        params = {"admin": server.url, "token_file": str(tmp_path / "token")}
        assert await asyncio.to_thread(predictors, params, "v") == ["versicolor", "virginica"]
        assert await asyncio.to_thread(revisions, params, "1") == ["12", "11"]
        assert await asyncio.to_thread(graphs, params, "p") == ["predict"]
        assert await asyncio.to_thread(jobs, params, "a") == [("a1", "one, failed"), ("a2", "one, running")]
        assert await asyncio.to_thread(jobs, params, "", ("failed", "cancelled")) == [("a1", "one, failed")]
    assert server.asked[0].headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    "said", [problem(401, "no"), problem(503, "no"), {}, {"predictors": 5, "revisions": 5, "graphs": 5, "jobs": 5}, [1], Hang()]
)
async def test_where_there_is_no_answer_there_is_nothing_to_complete(said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    async with admin({"GET /status": said, "GET /revisions": said, "GET /jobs": said}) as server:
        for complete in (predictors, revisions, graphs, jobs):
            assert await asyncio.to_thread(complete, {"admin": server.url}, "") == []
    assert capsys.readouterr() == ("", "")


def test_where_nobody_is_there_is_nothing_to_complete(tmp_path: Path) -> None:
    for params in ({"admin": "http://127.0.0.1:1"}, {"admin": "x"}, {"token_file": tmp_path / "none"}):
        assert predictors(params, "") == []
