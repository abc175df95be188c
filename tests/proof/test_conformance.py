"""The adapter counts what a set of cases finds wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from proof.client import Clients, get
from proof.row import Run
from proof.rows import conformance

pytestmark = pytest.mark.e2e


async def test_cases_are_put_to_a_real_process_and_those_that_are_wrong_counted(tmp_path: Path) -> None:
    async def check(url: str) -> Mapping[str, str]:
        async with Clients(url) as clients:
            status = (await clients.ask(get("/livez"))).status
        return {"lives": "" if status == 200 else "is dead", "is something else": "it is not"}

    row = conformance.row(check, 2)
    figures = await row.measure(row.short, Run(1, tmp_path, lambda _: None))
    assert figures == {"wrong": 1, "cases": 2}
    assert row.missed(figures) == ["wrong: 1"]
