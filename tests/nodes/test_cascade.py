"""cascade: the first answer that is good enough."""

from __future__ import annotations

from typing import Any

from plait.testing import FakePredictor, run_graph
from tests.nodes.fakes import broken, down, good


def sure(name: str, score: float) -> FakePredictor:
    return good(name, {"from": name, "score": score})


def cascade(*names: str, until: str = "output.score >= 0.8") -> dict[str, Any]:
    return {"predict": {"cascade": list(names), "until": until}}


def test_it_stops_at_the_first_answer_that_is_good_enough() -> None:
    dear = sure("dear", 0.99)
    run = run_graph(cascade("cheap", "middle", "dear"), [sure("cheap", 0.3), sure("middle", 0.8), dear])
    assert (run.value["from"], dear.asked) == ("middle", [])


def test_if_none_is_good_enough_the_last_answer_counts() -> None:
    run = run_graph(cascade("a", "b"), [sure("a", 0.5), sure("b", 0.4)])
    assert run.value["from"] == "b"


def test_one_that_fails_is_passed_over_wherever_it_stands() -> None:
    run = run_graph(cascade("gone", "a", "bad"), [down("gone"), sure("a", 0.5), broken("bad")])
    assert run.value["from"] == "a"
    assert run.answer is not None
    assert run.answer.complete
    assert run.statuses == {"gone": "unreachable", "a": "ok", "bad": "error"}


def test_an_answer_that_the_condition_cannot_judge_is_passed_over() -> None:
    run = run_graph(cascade("odd", "a"), [good("odd", {"score": "high"}), sure("a", 0.9)])
    assert run.value["from"] == "a"


def test_if_all_fail_the_last_failure_is_the_answer() -> None:
    run = run_graph(cascade("bad", "gone"), [broken("bad"), down("gone")])
    assert run.error is not None
    assert (run.error.code, run.error.node) == ("unreachable", "predict/gone")


def test_a_condition_that_is_no_truth_is_a_failure_that_names_the_node() -> None:
    run = run_graph(cascade("a", until="output.score"), [sure("a", 0.5)])
    assert run.error is not None
    assert (run.error.status, run.error.node) == (422, "predict")


def test_each_choice_gets_the_same_input() -> None:
    choices = [sure("a", 0.1), sure("b", 0.9)]
    run_graph(cascade("a", "b"), choices, {"x": 1})
    assert [choice.asked for choice in choices] == [[{"x": 1}], [{"x": 1}]]
