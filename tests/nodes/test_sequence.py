"""Nodes in order."""

from __future__ import annotations

import asyncio

import pytest

from plait.clock import Clock
from plait.errors import BadAnswer, PlaitError, TimedOut
from plait.nodes.sequence import Step, Walk
from plait.testing import run_graph
from plait.types import Context, Message, Run, Sink, Started
from tests.nodes.fakes import broken, echo, good, silent


def test_a_steps_input_is_the_previous_steps_output() -> None:
    run = run_graph({"predict": {"sequence": ["a", "b"]}}, [echo("a"), echo("b")], "q")
    assert run.value == ["b", ["a", "q"]]
    assert [part.node for part in run.parts] == ["predict/a", "predict/b"]


def test_steps_run_one_after_the_other() -> None:
    run = run_graph({"predict": {"sequence": ["a", "b"]}}, [good("a", after=0.1), good("b", after=0.2)])
    assert run.seconds == pytest.approx(0.3)


def test_later_steps_see_earlier_ones_under_their_names() -> None:
    graph = {
        "sequence": [
            "a",
            {"predict": "b", "name": "second"},
            {"value": {"x": 1}, "name": "third"},
            {"transform": ["${a}", "${second}", "${third.x}", "${input}", "${request}"]},
        ]
    }
    assert run_graph({"predict": graph}, [good("a"), good("b")], "q").value == ["a", "b", 1, {"x": 1}, "q"]


def test_a_later_step_of_the_same_name_is_the_one_that_is_seen() -> None:
    graph = {"sequence": ["a", "a", {"transform": "${a}"}]}
    assert run_graph({"predict": graph}, [echo("a")], 0).value == ["a", ["a", 0]]


def test_names_reach_everything_within_a_later_step() -> None:
    deep = {"parallel": {"x": {"sequence": [{"value": 0}, {"transform": "${one}"}]}}}
    graph = {"sequence": [{"value": 1, "name": "one"}, {"value": 2, "name": "two"}, deep, {"transform": ["${input.x}", "${two}"]}]}
    assert run_graph({"predict": graph}, []).value == [1, 2]


def test_the_first_failure_ends_the_sequence_with_the_path_of_its_step() -> None:
    last = good("c")
    run = run_graph({"predict": {"sequence": ["a", {"predict": "b", "name": "second"}, "c"]}}, [good("a"), broken("b"), last])
    assert isinstance(run.error, BadAnswer)
    assert (run.error.node, run.error.predictor) == ("predict/second", "b")
    assert last.asked == []


def test_steps_of_one_name_have_paths_of_their_own() -> None:
    graph = {"sequence": ["a", {"sequence": ["a", "a"]}, {"sequence": ["a", "a"]}]}
    run = run_graph({"predict": graph}, [good("a")])
    assert [part.node for part in run.parts] == [
        "predict/a",
        "predict/sequence/a",
        "predict/sequence/a.2",
        "predict/sequence.2/a",
        "predict/sequence.2/a.2",
    ]


def test_an_incomplete_step_makes_the_answer_incomplete() -> None:
    graph = {"sequence": [{"parallel": ["a", "b"], "require": "any"}, {"value": 1}]}
    run = run_graph({"predict": graph}, [good("a"), broken("b")])
    assert run.answer is not None
    assert (run.value, run.answer.complete) == (1, False)


def test_one_deadline_holds_for_all_steps_together() -> None:
    run = run_graph({"predict": {"sequence": ["a", "b"], "timeout": "500ms"}}, [good("a", after=0.4), silent("b")])
    assert 0.5 <= run.seconds < 0.52
    assert run.statuses == {"a": "ok", "b": "timeout"}


def test_a_step_that_would_have_to_call_after_the_deadline_fails_with_504() -> None:
    last = good("c")
    graph = {"sequence": [{"parallel": ["a", "b"], "require": "any"}, "c"], "timeout": "300ms"}
    run = run_graph({"predict": graph}, [good("a"), silent("b"), last])
    assert isinstance(run.error, TimedOut)
    assert (run.error.node, run.error.status, last.asked) == ("predict/c", 504, [])
    assert run.statuses == {"a": "ok", "b": "timeout", "c": "timeout"}


def test_steps_that_call_nobody_still_run_after_the_deadline() -> None:
    steps = [{"parallel": ["a", "b"], "require": "any"}, {"transform": {"got": "${input.a}"}}]
    run = run_graph({"predict": {"sequence": steps, "timeout": "300ms"}}, [good("a"), silent("b")])
    assert run.value == {"got": "a"}
    assert run.answer is not None
    assert not run.answer.complete
    assert run.seconds < 0.32


def test_a_client_that_leaves_cancels_the_step_that_runs_and_no_other_begins() -> None:
    second, third = silent("b"), good("c")
    run = run_graph({"predict": {"sequence": ["a", "b", "c"]}}, [good("a"), second, third], cancel_after=0.1)
    assert (run.left, second.cancelled, third.asked) == (0, 1, [])
    assert run.statuses == {"a": "ok", "b": "cancelled"}


class Leaving:
    """A call, its sink and its client in one: the client leaves while the call begins."""

    def __init__(self) -> None:
        self.walk: Walk | None = None
        self.cancelled = self.heard = 0

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        return message

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        assert self.walk is not None
        self.walk.cancel()
        return self

    def cancel(self) -> None:
        self.cancelled += 1

    def answered(self, index: int, message: Message) -> None:
        self.heard += 1

    def failed(self, index: int, error: PlaitError) -> None:
        self.heard += 1


async def test_a_step_that_begins_while_the_client_leaves_is_cancelled_too() -> None:
    clock = Clock(asyncio.get_running_loop())
    leaving = Leaving()
    leaving.walk = Walk((Step(leaving, ""),), Message(b"1"), Context(Run(Message(b"1"), clock), 9.0), leaving, 0)
    leaving.walk.go_on()
    assert (leaving.cancelled, leaving.heard) == (1, 0)
