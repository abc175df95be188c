"""One inference at a time; what is small runs at once, what is not runs beside the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from plait.errors import Overloaded, PlaitError
from plait.predictor_server.model import Rows
from plait.predictor_server.runner import Runner, rows_within
from tests.predictor_server.asking import Sums

SMALL: Rows = [[1.0, 1.0]]
LARGE: Rows = [[1.0, 1.0]] * 3


class Heard:
    """A listener that can be awaited."""

    def __init__(self) -> None:
        self.results: list[Any] = []
        self.done = asyncio.Event()

    def answered(self, predictions: list[Any]) -> None:
        self.results.append(predictions)
        self.done.set()

    def failed(self, error: PlaitError) -> None:
        self.results.append(error)
        self.done.set()


class Gate:
    """Holds inferences in the thread until it is opened, and remembers which thread each one was in."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.threads: list[threading.Thread] = []
        self.rows: list[int] = []

    def __call__(self, rows: Rows) -> None:
        self.threads.append(threading.current_thread())
        self.rows.append(len(rows))
        if threading.current_thread() is not threading.main_thread():
            assert self.open.wait(10)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def runner(gate: Gate) -> Iterator[Runner]:
    runner = Runner(Sums(gate), inline_rows=2, waiting=2)
    yield runner
    gate.open.set()
    runner.close()


async def test_few_rows_are_answered_before_start_returns(runner: Runner, gate: Gate) -> None:
    heard = Heard()
    runner.start(SMALL, heard)
    assert heard.results == [[2.0]]
    assert gate.threads == [threading.main_thread()]


async def test_many_rows_leave_the_loop_free(runner: Runner, gate: Gate) -> None:
    heard = Heard()
    runner.start(LARGE, heard)
    assert heard.results == []
    gate.open.set()
    await heard.done.wait()
    assert heard.results == [[2.0, 2.0, 2.0]]
    assert gate.threads != [threading.main_thread()]


async def test_nothing_overtakes_an_inference_that_has_begun(runner: Runner, gate: Gate) -> None:
    first, second, third = Heard(), Heard(), Heard()
    runner.start(LARGE, first)
    runner.start(SMALL, second)
    runner.start(LARGE * 2, third)
    assert second.results == []
    gate.open.set()
    await third.done.wait()
    assert gate.rows == [3, 1, 6]
    assert first.done.is_set()
    assert second.done.is_set()


async def test_what_is_cancelled_while_it_waits_never_runs(runner: Runner, gate: Gate) -> None:
    first, second, third = Heard(), Heard(), Heard()
    runner.start(LARGE, first)
    runner.start(SMALL, second).cancel()
    runner.start(SMALL, third)
    gate.open.set()
    await third.done.wait()
    assert second.results == []
    assert gate.rows == [3, 1]


async def test_an_answer_that_nobody_waits_for_is_dropped(runner: Runner, gate: Gate) -> None:
    first, second = Heard(), Heard()
    runner.start(LARGE, first).cancel()
    runner.start(LARGE, second)
    gate.open.set()
    await second.done.wait()
    assert first.results == []


async def test_more_than_may_wait_is_refused_and_a_cancelled_one_makes_room(runner: Runner) -> None:
    runner.start(LARGE, Heard())
    waiting = [runner.start(SMALL, Heard()) for _ in range(2)]
    with pytest.raises(Overloaded):
        runner.start(SMALL, Heard())
    waiting[0].cancel()
    runner.start(SMALL, Heard())


async def test_a_failure_in_the_thread_reaches_its_listener_and_the_next_goes_on(gate: Gate) -> None:
    def break_down(rows: Rows) -> None:
        if len(rows) == 3:
            raise ZeroDivisionError

    runner = Runner(Sums(break_down), inline_rows=0)
    first, second = Heard(), Heard()
    runner.start(LARGE, first)
    runner.start(SMALL, second)
    await second.done.wait()
    assert [error.status for error in first.results] == [500]
    assert second.results == [[2.0]]
    runner.close()


class Forgetful(Sums):
    """Leaves the last row out."""

    def predict(self, rows: Rows, /) -> list[Any]:
        return super().predict(rows)[:-1]


async def test_a_model_that_leaves_a_row_out_has_failed() -> None:
    heard = Heard()
    Runner(Forgetful(), inline_rows=2).start([[1.0, 1.0], [2.0, 2.0]], heard)
    assert [error.status for error in heard.results] == [500]


def test_a_model_that_takes_longer_than_the_budget_never_runs_on_the_loop() -> None:
    assert rows_within(Sums(), SMALL, seconds=0.0) == 0


def test_the_rows_that_fit_the_budget_are_found_by_trying() -> None:
    asked: list[int] = []
    assert rows_within(Sums(lambda rows: asked.append(len(rows))), SMALL, seconds=60.0) == 4096
    assert asked == [2**power for power in range(13)]
