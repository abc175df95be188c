"""What docs/client.md shows works as it says, at a proxy with the graphs of the README."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import plait
import plait.job_errors
from plait.client.again import PAUSES
from plait.client.wish import LONGEST_WAIT
from plait.errors import PlaitError
from plait.jobs.jobs import Place
from plait.testing import Asked, Reply, ScriptedServer
from tests.jobs.memory import Memory, Tables
from tests.server.serving import proxy

PAGE = Path(__file__).parents[2] / "docs" / "client.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
DATA = {"data": [[1.0, 2.0, 3.0, 4.0]]}
GRAPHS = {"predict": {"parallel": ["setosa", "versicolor"]}, "label": {"sequence": ["setosa", {"transform": {"label": "setosa"}}]}}


def says(asked: Asked) -> Reply:
    """A predictor; the slow one takes its time."""
    return Reply({"prediction": [0.1, 0.9]}, after=0.4 if asked.path.startswith("/versicolor") else 0.0)


def run(code: str, names: dict[str, Any]) -> None:
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - our own page


async def test_every_block_runs() -> None:
    assert len(BLOCKS) > 7
    async with ScriptedServer(says) as server:
        predictors = {name: {"url": f"{server.url}/{name}", "timeout": "5s"} for name in ("setosa", "versicolor")}
        place = Place(Memory(Tables(), "first"), lambda: True)
        async with proxy({"predictors": predictors, "graphs": GRAPHS}, place=place) as port:
            url = f"http://127.0.0.1:{port.port}"
            with plait.Client(url) as client:
                names = {"__name__": "page", "plait": plait, "client": client, "data": DATA}
                for block in BLOCKS:
                    await asyncio.to_thread(run, block.replace("http://127.0.0.1:9000", url), names)
                    names["client"] = client
            assert names["parts"].answer.result.keys() == {"setosa", "versicolor"}
            assert names["job"].status in ("succeeded", "cancelled")


def test_every_error_of_jobs_is_told_with_its_status() -> None:
    told = dict(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (\d+(?:, \d+)*) \|", TEXT.partition("plait.job_errors`:")[2], re.MULTILINE))
    found = {
        name: int(status)
        for names, statuses in told.items()
        for name, status in zip(re.findall(r"\w+", names), statuses.split(", "), strict=True)
    }
    kinds = {name: kind for name, kind in vars(plait.job_errors).items() if isinstance(kind, type) and issubclass(kind, PlaitError)}
    assert found == {name: kind.status for name, kind in kinds.items() if kind.__module__ == "plait.job_errors"}


def test_its_figures_are_those_of_the_code() -> None:
    assert f"up to {len(PAUSES)} times within {sum(PAUSES):.0f} s" in TEXT
    assert f"{LONGEST_WAIT:g} at most" in TEXT
