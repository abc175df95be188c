"""The merges that compute: vote, mean, max, min, sum."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plait.errors import ConfigError
from plait.testing import FakePredictor, GraphRun, run_graph
from tests.nodes.fakes import down, good


def merged(merge: dict[str, Any], answers: dict[str, Any], **options: Any) -> GraphRun:
    predictors: list[FakePredictor] = [down(name) if answer is None else good(name, answer) for name, answer in answers.items()]
    return run_graph({"predict": {"parallel": list(answers), "merge": merge, **options}}, predictors)


ANSWERS = {
    "a": {"l": "cat", "n": 1, "v": [1, [2, 3]]},
    "b": {"l": "dog", "n": 4.50, "v": [3, [4, 5]]},
    "c": {"l": "cat", "n": 2, "v": [5, [6, 7]]},
}


@pytest.mark.parametrize(
    ("merge", "answer"),
    [
        ({"vote": "output.l"}, {"label": "cat", "votes": {"cat": 2, "dog": 1}}),
        ({"vote": "output.l", "weights": {"b": 2.5}}, {"label": "dog", "votes": {"cat": 2, "dog": 2.5}}),
        ({"vote": "output.l", "weights": {"b": 2}}, {"label": "cat", "votes": {"cat": 2, "dog": 2}}),
        ({"vote": "output.n"}, {"label": 1, "votes": {"1": 1, "4.5": 1, "2": 1}}),
        ({"mean": "output.n"}, 2.5),
        ({"mean": "output.n", "weights": {"a": 0, "c": 3}}, 2.625),
        ({"mean": "output.v"}, [3.0, [4.0, 5.0]]),
        ({"max": "output.n"}, 4.5),
        ({"min": "output.n"}, 1),
        ({"sum": "output.n"}, 7.5),
    ],
)
def test_the_answers_become_one(merge: dict[str, Any], answer: Any) -> None:
    assert merged(merge, ANSWERS).value == answer


def test_the_highest_number_keeps_its_bytes() -> None:
    run = merged({"max": "output.n"}, {"a": {"n": 1}, "b": {"n": 12345678901234567890}})
    assert run.answer is not None
    assert run.answer.raw == b"12345678901234567890"


@pytest.mark.parametrize(
    ("merge", "answer"),
    [
        ({"vote": "output.l"}, {"label": "cat", "votes": {"cat": 1}}),
        ({"mean": "output.n", "weights": {"a": 9}}, 2.0),
        ({"max": "output.n"}, 2),
        ({"sum": "output.n"}, 2.0),
    ],
)
def test_only_what_arrived_counts(merge: dict[str, Any], answer: Any) -> None:
    run = merged(merge, {"a": None, "c": ANSWERS["c"]}, require="any")
    assert run.value == answer
    assert run.answer is not None
    assert not run.answer.complete


@pytest.mark.parametrize(
    ("merge", "odd"),
    [
        ({"vote": "output.l"}, {"l": ["cat"]}),
        ({"mean": "output.n"}, {"n": "1"}),
        ({"mean": "output.n"}, {"n": [1, True]}),
        ({"mean": "output.n"}, {"n": [1, msgspec.Raw(b"1e999")]}),
        ({"vote": "output.n"}, {"n": msgspec.Raw(b"-1e999")}),
        ({"max": "output.n"}, {"n": [1]}),
        ({"sum": "output.n"}, {"n": None}),
        ({"min": "output.n"}, {}),
    ],
)
def test_a_branch_whose_answer_does_not_fit_has_failed(merge: dict[str, Any], odd: Any) -> None:
    run = merged(merge, {"a": odd, "c": ANSWERS["c"]})
    assert run.error is not None
    assert (run.error.status, run.error.node) == (422, "predict")
    assert merged(merge, {"a": odd, "c": ANSWERS["c"]}, require="any").error is None


def test_means_of_different_shapes_are_a_422_and_no_fault() -> None:
    run = merged({"mean": "output"}, {"a": [1, 2], "b": [1, [2]]})
    assert run.error is not None
    assert (run.error.status, run.error.node) == (422, "predict")


def test_a_number_out_of_range_is_a_422_and_no_fault() -> None:
    run = merged({"sum": "output"}, {"a": 1e308, "b": 1e308})
    assert run.error is not None
    assert run.error.status == 422


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"nosuch": 1}, "no branch nosuch"),
        (dict.fromkeys("abc", 0), "all weights are 0"),
        ({"a": -1}, "greater than or equal to 0"),
        ({"a": 1e308, "b": 1e308}, "the weights have no sum"),
    ],
)
def test_weights_that_cannot_hold_are_problems(weights: dict[str, float], message: str) -> None:
    with pytest.raises((ConfigError, ValueError), match=message):
        merged({"vote": "output.l", "weights": weights}, ANSWERS)


def test_an_optional_branch_whose_answer_does_not_fit_is_left_out() -> None:
    graphs = {"predict": {"parallel": ["a", {"predict": "odd", "optional": True}], "merge": {"sum": "output.n"}}}
    run = run_graph(graphs, [good("a", {"n": 1}), good("odd", {"n": "much"})])
    assert run.value == 1.0
    assert run.answer is not None
    assert not run.answer.complete


def test_a_weight_may_be_given_to_a_branch_that_is_excluded() -> None:
    graphs = {"predict": {"parallel": ["a", "b"], "merge": {"mean": "output.n", "weights": {"b": 3}}}}
    assert run_graph(graphs, [good("a", {"n": 1}), good("b", {"n": 5})], excluded=("b",)).value == 1.0


def test_a_mean_is_rounded_once() -> None:
    names = [f"p{place}" for place in range(7)]
    run = run_graph({"predict": {"parallel": names, "merge": {"mean": "output"}}}, [good(name, 0.1) for name in names])
    assert run.value == 0.1
    huge = run_graph({"predict": {"parallel": names, "merge": {"mean": "output"}}}, [good(name, 1.5e308) for name in names])
    assert huge.value == pytest.approx(1.5e308)
