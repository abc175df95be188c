"""when and on_error: nodes that need not run, and steps that may fail."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ConfigError
from plait.testing import run_graph
from tests.nodes.fakes import broken, down, echo, good, silent

ONLY_IF = {"when": "request.deep == true"}


@pytest.mark.parametrize(("deep", "answer"), [(True, ["b", ["a", {"deep": True}]]), (False, ["a", {"deep": False}])])
def test_a_step_that_need_not_run_passes_its_input_through(answer: Any, *, deep: bool) -> None:
    second = echo("b")
    run = run_graph({"predict": {"sequence": ["a", {"predict": "b", **ONLY_IF}]}}, [echo("a"), second], {"deep": deep})
    assert run.value == answer
    assert run.statuses == {"a": "ok", "b": "ok" if deep else "skipped"}
    assert bool(second.asked) is deep
    assert run.answer is not None
    assert run.answer.complete


def test_a_sequence_of_one_step_that_need_not_run_is_its_input() -> None:
    run = run_graph({"predict": {"sequence": [{"predict": "a", "when": "false"}]}}, [good("a")], {"x": 1})
    assert run.value == {"x": 1}


@pytest.mark.parametrize(
    "step",
    [
        {"parallel": [{"predict": "a", "when": "false"}], "merge": {"max": "output"}},
        {"switch": [{"else": {"predict": "a", "when": "false"}}]},
        {"fallback": [{"predict": "a", "when": "false"}]},
        "inner",
    ],
)
def test_a_single_step_in_which_nothing_had_to_run_passes_its_input_through_too(step: Any) -> None:
    graphs = {"predict": {"sequence": [step]}, "inner": {"predict": "a", "when": "false"}}
    assert run_graph(graphs, [good("a")], {"x": 1}).value == {"x": 1}
    branch = {"predict": {"parallel": {"b": {"sequence": [step]}}}, "inner": {"predict": "a", "when": "false"}}
    assert run_graph(branch, [good("a")], {"x": 1}).value == {"b": {"x": 1}}


def test_every_call_within_a_node_that_need_not_run_is_said_to_be_skipped() -> None:
    step = {"parallel": {"x": "a", "y": {"sequence": ["b", "a"]}}, "when": "false"}
    run = run_graph({"predict": {"sequence": [step, "a"]}}, [good("a"), good("b")])
    assert run.statuses == {"x": "skipped", "b": "skipped", "a": "skipped", "a.2": "ok"}


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({}, {"b": "b"}),
        ({"merge": "list"}, [None, "b"]),
        ({"merge": "first"}, "b"),
        ({"require": 1}, {"b": "b"}),
        ({"require": "any"}, {"b": "b"}),
        ({"require": ["a"]}, {"b": "b"}),
    ],
)
def test_a_branch_that_need_not_run_is_as_if_it_were_not_there(options: dict[str, Any], answer: Any) -> None:
    run = run_graph({"predict": {"parallel": [{"predict": "a", "when": "false"}, "b"], **options}}, [good("a"), good("b")])
    assert run.value == answer
    assert run.statuses == {"a": "skipped", "b": "ok"}
    assert run.answer is not None
    assert run.answer.complete


def test_all_others_still_have_to_answer() -> None:
    graphs = {"predict": {"parallel": [{"predict": "a", "when": "false"}, "b", "c"]}}
    run = run_graph(graphs, [good("a"), good("b"), broken("c")])
    assert run.error is not None
    assert run.error.node == "predict/c"


def test_a_number_that_the_branches_left_cannot_reach_is_a_422() -> None:
    left_out = [{"predict": name, "when": "false"} for name in "ab"]
    run = run_graph({"predict": {"parallel": [*left_out, "c"], "require": 2}}, [good("a"), good("b"), silent("c")])
    assert run.error is not None
    assert (run.error.status, run.error.code, run.error.node) == (422, "requirement-failed", "predict")
    assert run.seconds < 0.1


@pytest.mark.parametrize(
    ("merge", "answer"), [("by_name", {}), ("object", {}), ("list", [None]), ({"max": "output"}, 1), ({"vote": "output"}, 1)]
)
def test_a_parallel_without_a_branch_that_has_to_run_has_an_answer_without_branches_or_passes_its_input_through(
    merge: Any, answer: Any
) -> None:
    step = {"parallel": [{"predict": "a", "when": "false"}], "merge": merge}
    run = run_graph({"predict": {"sequence": [{"value": 1}, step]}}, [good("a")])
    assert run.value == answer
    assert run.answer is not None
    assert run.answer.complete


@pytest.mark.parametrize("kind", ["fallback", "cascade"])
def test_a_choice_that_need_not_run_is_passed_over(kind: str) -> None:
    choices: dict[str, Any] = {kind: [{"predict": "a", "when": "false"}, "b"], **({"until": "true"} if kind == "cascade" else {})}
    assert run_graph({"predict": choices}, [good("a"), good("b")]).value == "b"
    alone: dict[str, Any] = {**choices, kind: ["gone", {"predict": "a", "when": "false"}]}
    run = run_graph({"predict": alone}, [down("gone"), good("a")])
    assert run.error is not None
    assert run.error.node == "predict/gone"


def test_a_condition_that_fails_is_a_failure_of_the_node() -> None:
    run = run_graph({"predict": {"sequence": [{"predict": "a", "when": "input.nosuch > 1.0"}]}}, [good("a")], {})
    assert run.error is not None
    assert (run.error.status, run.error.node) == (422, "predict/a")


@pytest.mark.parametrize("failing", [broken("b"), down("b"), silent("b", timeout=0.3)])
def test_a_step_that_is_skipped_on_failure_passes_its_input_through_and_marks_the_answer(failing: Any) -> None:
    run = run_graph({"predict": {"sequence": ["a", {"predict": "b", "on_error": "skip"}, "c"]}}, [echo("a"), failing, echo("c")], 1)
    assert run.value == ["c", ["a", 1]]
    assert run.answer is not None
    assert not run.answer.complete


def test_only_a_step_can_be_skipped_on_failure() -> None:
    for graph in ({"parallel": [{"predict": "a", "on_error": "skip"}]}, {"predict": "a", "on_error": "skip"}):
        with pytest.raises(ConfigError, match="only a step of a sequence can be skipped"):
            run_graph({"predict": graph}, [good("a")])
    run_graph({"predict": {"sequence": [{"predict": "a", "on_error": "skip"}]}}, [good("a")])
