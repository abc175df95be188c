"""fallback: the first that answers."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ConfigError, Unreachable
from plait.testing import run_graph
from tests.nodes.fakes import broken, down, good, silent


def test_the_first_that_answers_is_the_answer_and_later_ones_are_not_asked() -> None:
    last = good("b")
    run = run_graph({"predict": {"fallback": ["bad", "a", "b"]}}, [down("bad"), good("a"), last])
    assert (run.value, run.answer is not None and run.answer.complete, last.asked) == ("a", True, [])
    assert run.statuses == {"bad": "unreachable", "a": "ok"}


def test_every_kind_of_failure_is_passed_over() -> None:
    choices = ["slow", "bad", {"transform": "${input.nosuch}"}, "good"]
    run = run_graph({"predict": {"fallback": choices}}, [silent("slow", timeout=0.5), broken("bad"), good("good")], {})
    assert run.value == "good"
    assert run.statuses == {"slow": "timeout", "bad": "error", "good": "ok"}


def test_if_all_fail_the_last_failure_is_the_answer() -> None:
    run = run_graph({"predict": {"fallback": ["bad", "gone"]}}, [broken("bad"), down("gone")])
    with pytest.raises(Unreachable):
        _ = run.value
    assert run.error is not None
    assert run.error.node == "predict/gone"


def test_a_last_value_is_a_static_answer() -> None:
    run = run_graph({"predict": {"fallback": ["gone", {"value": {"label": "unknown"}}]}}, [down("gone")])
    assert run.value == {"label": "unknown"}


def test_an_earlier_choice_that_was_partial_and_lost_does_not_mark_the_answer() -> None:
    lossy = {"sequence": [{"parallel": ["a", "gone"], "require": "any"}, "bad"]}
    run = run_graph({"predict": {"fallback": [lossy, "a"]}}, [good("a"), down("gone"), broken("bad")])
    assert run.answer is not None
    assert run.answer.complete


def test_one_deadline_covers_all_choices() -> None:
    run = run_graph({"predict": {"fallback": ["slow", "good"], "timeout": "1s"}}, [silent("slow"), good("good")])
    assert run.error is not None
    assert run.error.status == 504
    assert run.seconds <= 1.02


@pytest.mark.parametrize("sure", [{"value": 1}, {"predict": "a", "optional": True}])
def test_what_stands_behind_a_choice_that_always_answers_is_a_problem(sure: Any) -> None:
    with pytest.raises(ConfigError, match=r"is never asked: .* before it always answers"):
        run_graph({"predict": {"fallback": ["a", sure, "a"]}}, [good("a")])
    last = run_graph({"predict": {"fallback": ["a", {**sure, "when": "false"}, "b"]}}, [broken("a"), good("b")])
    assert last.value == "b"
