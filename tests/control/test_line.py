from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from plait.control.line import LinePlant
from plait.control.plant import WorkerState
from plait.graph.plan import Plan
from plait.server.frames import Frame, Frames, opened

PLAN = Plan(7, "/", False, msgspec.Raw(b"{}"), msgspec.Raw(b"{}"), {}, {}, {}, msgspec.Raw(b"{}"), ("spare",))  # noqa: FBT003 - a field of a record


def running(worker: int, revision: int, pid: int = 0, **facts: Any) -> dict[str, Any]:
    return {"worker": worker, "pid": pid or worker, "revision": revision, "since": "2026-12-01T02:00:00Z", **facts}


class Main:
    """The main process' end of a line."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Frame] = asyncio.Queue()
        self.frames: Frames
        self.news: list[tuple[int, WorkerState | None]] = []
        self.plant = LinePlant(lambda worker, state: self.news.append((worker, state)))


@asynccontextmanager
async def line() -> AsyncIterator[Main]:
    main = Main()
    ours, theirs = socket.socketpair()
    main.frames = await opened(ours, main.heard.put_nowait, lambda: None)
    frames = await opened(theirs, main.plant.heard, main.plant.end)
    main.plant.begin(frames)
    try:
        yield main
    finally:
        frames.close()
        main.frames.close()


async def test_a_plan_goes_over_the_line_whole():
    async with line() as main:
        main.plant.run(PLAN)
        frame = await main.heard.get()
        assert frame.kind == "plan"
        assert frame.read(Plan) == PLAN


async def test_nobody_waits_for_workers_of_a_main_process_that_has_gone():
    async with line() as main:
        main.plant.run(PLAN)
        waiting = asyncio.create_task(main.plant.running(1000.0))
        await main.heard.get()
        main.frames.close()
        async with asyncio.timeout(5):
            assert await waiting == [0]
            assert await main.plant.running(1000.0) == [0]


async def test_waiting_ends_as_soon_as_all_workers_run_the_plan():
    async with line() as main:
        main.plant.run(PLAN)
        for worker in (1, 2):
            main.frames.send("running", running(worker, 6))
        waiting = asyncio.create_task(main.plant.running(5))
        main.frames.send("running", running(1, 7, excluded=["spare"]))
        main.frames.send("running", running(2, 8))
        assert await waiting == []
        assert [worker for worker, _ in main.news] == [1, 2, 1, 2]


async def test_a_worker_that_does_not_know_yet_who_is_excluded_does_not_run_the_plan():
    async with line() as main:
        main.plant.run(PLAN)
        main.frames.send("running", running(1, 7))
        assert await main.plant.running(0.01) == [1]


async def test_a_worker_that_cannot_run_it_is_not_waited_for():
    async with line() as main:
        main.frames.send("running", running(1, 6, error="of an older plan"))
        main.plant.run(PLAN)
        waiting = asyncio.create_task(main.plant.running(60))
        main.frames.send("running", running(1, 6, error="ValueError: no"))
        assert await waiting == [1]


async def test_before_any_worker_is_there_nobody_runs_it():
    async with line() as main:
        main.plant.run(PLAN)
        assert await main.plant.running(0.001) == [0]


async def test_a_worker_that_has_gone_is_not_waited_for():
    async with line() as main:
        main.plant.run(PLAN)
        main.frames.send("running", running(1, 8))
        main.frames.send("running", running(2, 6))
        waiting = asyncio.create_task(main.plant.running(5))
        main.frames.send("gone", running(2, 6))
        assert await waiting == []
        assert main.news[-1] == (2, None)


async def test_of_a_worker_and_its_successor_the_one_that_came_last_counts():
    async with line() as main:
        main.plant.run(PLAN)
        main.frames.send("running", running(1, 6, pid=100))
        main.frames.send("running", running(1, 8, pid=200))
        main.frames.send("gone", running(1, 6, pid=100))
        assert await main.plant.running(5) == []
        assert [state.pid for state in main.plant.workers()] == [200]


async def test_a_question_is_answered_by_its_number():
    async with line() as main:
        asking = asyncio.create_task(main.plant.ask({"what": "snapshot"}))
        frame = await main.heard.get()
        assert (frame.kind, frame.read(dict)) == ("ask", {"what": "snapshot"})
        main.frames.send("told", [{"worker": 2}], frame.number + 1)
        main.frames.send("told", [{"worker": 1}], frame.number)
        assert await asking == [{"worker": 1}]


async def test_a_question_that_nobody_answers_has_no_answers():
    async with line() as main:
        assert await main.plant.ask({"what": "snapshot"}, 0.0, slack=0.01) == []


async def test_a_frame_of_a_kind_that_is_not_known_is_passed_over():
    async with line() as main:
        main.frames.send("riddle", {"a": 1})
        main.frames.send("running", running(1, 7, another="field"))
        assert await main.plant.running(1) == []


@pytest.mark.parametrize(
    ("revision", "excluded", "runs"), [(7, ("spare",), True), (7, (), False), (8, (), True), (6, ("spare",), False)]
)
def test_a_worker_runs_a_plan_when_revision_and_marks_are_there(revision: int, excluded: tuple[str, ...], runs: bool):  # noqa: FBT001 - a parameter
    state = WorkerState(1, 1, revision, "", excluded=excluded)
    assert state.runs(PLAN) is runs
