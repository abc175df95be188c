"""The main process keeps its control process, and stands between it and the workers."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from plait.errors import StartError
from plait.graph.plan import Plan
from plait.server.crew import Report
from plait.server.launch import Control, Launch, started
from plait.server.steward import Steward, first_plan, stewarded

PROGRAM = str(Path(__file__).with_name("control.py"))
PLAN = Plan(7, "/", False, msgspec.Raw(b"{}"), msgspec.Raw(b"{}"), {}, {}, {}, msgspec.Raw(b"{}"), ("a",))  # noqa: FBT003 - a field of a record
SAID = json.loads(PLAN.encoded())
SERVER = msgspec.Raw(b'{"port":1}')
STATE = {"worker": 1, "pid": 2, "revision": 7}


class Crew:
    """Workers that only note what they are told."""

    def __init__(self) -> None:
        self.plans: asyncio.Queue[Plan] = asyncio.Queue()
        self.tell: Report = lambda _kind, _facts: None

    def report(self, told: Report) -> None:
        self.tell = told
        told("running", STATE)

    def adopt(self, plan: Plan) -> None:
        self.plans.put_nowait(plan)

    async def ask(self, question: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
        return [{"worker": 1, "asked": question, "within": seconds}]


class Stage:
    """A control process of which each life follows a script."""

    def __init__(self, folder: Path, *lives: list[tuple[str, Any]]) -> None:
        self.script = folder / "script.json"
        self.script.write_text(json.dumps(lives))
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.launch = Launch(
            "/state", "plait.yaml", msgspec.Raw(b'{"port":1}'), self.sock, (sys.executable, PROGRAM, str(self.script))
        )
        self.control: Control = self.launch.start()

    async def heard(self, count: int) -> list[tuple[str, Any]]:
        """What all lives have heard, once it is so much."""
        file = self.script.with_suffix(".heard")
        async with asyncio.timeout(20):
            while not file.exists() or len(file.read_text().splitlines()) < count:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.01)
        lines = (json.loads(line) for line in file.read_text().splitlines())
        return [(line["kind"], line["body"]) for line in lines]

    def end(self) -> None:
        self.sock.close()
        self.control.process.kill()
        self.control.process.wait()
        self.control.line.close()


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Any]:
    made: list[Stage] = []

    def stage(*lives: list[tuple[str, Any]]) -> Stage:
        made.append(Stage(tmp_path, *lives))
        return made[-1]

    yield stage
    for each in made:
        each.end()


def test_the_first_plan_is_waited_for(stages: Any) -> None:
    assert first_plan(stages([("plan", SAID)]).control) == PLAN


def test_it_is_told_what_to_begin_with(stages: Any) -> None:
    stage = stages([("plan", SAID)])
    first_plan(stage.control)
    told = json.loads(stage.script.with_suffix(".begun").read_text())
    assert told == {"state": "/state", "file": "plait.yaml", "server": {"port": 1}, "port": stage.sock.getsockname()[1]}


def test_one_that_is_not_needed_ends(stages: Any) -> None:
    control = started(stages([("plan", SAID)]).launch.program)
    control.dismiss()
    assert control.process.returncode is not None


def test_one_that_refuses_to_start_says_why(stages: Any) -> None:
    with pytest.raises(StartError, match=r"^the folder is taken$"):
        first_plan(stages([("refused", "the folder is taken")]).control)


@pytest.mark.parametrize("life", [[("without", None)], [("end", 3)]])
def test_one_that_has_no_plan_or_ends_leaves_the_choice_to_others(stages: Any, life: list[tuple[str, Any]]) -> None:
    assert first_plan(stages(life).control) is None


async def test_plans_reach_the_workers_and_questions_come_back_answered(stages: Any) -> None:
    stage = stages([("hear", None), ("plan", SAID), ("ask", {"what": "snapshot"}), ("hear", None), ("hear", None)])
    crew = Crew()
    async with stewarded(lambda crew: Steward(stage.launch, stage.control, crew), crew), asyncio.timeout(20):
        assert await crew.plans.get() == PLAN
        crew.tell("gone", STATE)
        heard = await stage.heard(3)
    assert heard[0] == ("running", STATE)
    assert ("gone", STATE) in heard
    assert ("told", [{"worker": 1, "asked": {"what": "snapshot"}, "within": 0.5}]) in heard
    assert stage.control.process.wait() == 0


async def test_one_that_dies_is_started_again_and_told_what_runs(stages: Any, caplog: pytest.LogCaptureFixture) -> None:
    stage = stages([("hear", None), ("end", 3)], [("hear", None), ("plan", SAID)])
    crew = Crew()
    async with stewarded(lambda crew: Steward(stage.launch, stage.control, crew), crew), asyncio.timeout(20):
        assert await crew.plans.get() == PLAN
        assert await stage.heard(2) == [("running", STATE)] * 2
    assert "the control process has ended with exit code 3; requests are served" in caplog.text
