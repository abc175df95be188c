"""What any node may say besides its kind: name, timeout, input, optional."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ConfigError, ExpressionFailed, TimedOut
from plait.testing import run_graph
from tests.nodes.fakes import broken, down, echo, good, silent

NODES: list[Any] = [{"predict": "a"}, {"sequence": ["a"]}, {"parallel": ["a"]}, {"transform": "${input}"}, {"value": 1}]


@pytest.mark.parametrize("node", NODES)
def test_any_node_takes_every_option(node: Any) -> None:
    run = run_graph(
        {"predict": {"sequence": [{**node, "name": "n", "timeout": "1s", "input": "${request}", "optional": True}]}}, [good("a")]
    )
    assert run.error is None


@pytest.mark.parametrize("node", NODES)
def test_any_nodes_name_is_seen_by_later_steps(node: Any) -> None:
    run = run_graph(
        {"predict": {"sequence": [{**node, "name": "n"}, {"transform": {"was": "${n}", "is": "${input}"}}]}}, [good("a")]
    )
    assert run.value["was"] == run.value["is"]


# timeout


@pytest.mark.parametrize(
    "node",
    [
        {"predict": "a"},
        {"sequence": ["b", "a"]},
        {"parallel": ["a", "b"]},
        {"parallel": {"x": {"sequence": ["a"]}}},
        {"predict": "inner"},
    ],
)
def test_a_timeout_ends_the_calls_in_any_node(node: Any) -> None:
    graphs = {"predict": {"sequence": [{**node, "timeout": "300ms"}]}, "inner": {"parallel": ["a"]}}
    run = run_graph(graphs, [silent("a"), good("b")])
    assert isinstance(run.error, TimedOut)
    assert 0.3 <= run.seconds <= 0.32
    assert run.left == 0
    assert [part.status for part in run.parts if part.predictor == "a"] == ["timeout"]


def test_a_timeout_longer_than_what_is_left_widens_nothing() -> None:
    run = run_graph({"predict": {"sequence": [{"predict": "a", "timeout": "5s"}]}}, [silent("a")])
    assert 2.0 <= run.seconds <= 2.02


def test_a_timeout_counts_from_when_its_node_begins() -> None:
    run = run_graph({"predict": {"sequence": ["a", {"predict": "b", "timeout": "300ms"}]}}, [good("a", after=0.5), silent("b")])
    assert 0.8 <= run.seconds <= 0.82


def test_a_timeout_is_not_spent_by_what_comes_after() -> None:
    run = run_graph(
        {"predict": {"sequence": [{"predict": "a", "timeout": "300ms"}, "b"]}}, [good("a", after=0.2), good("b", after=0.5)]
    )
    assert run.value == "b"
    assert run.seconds == pytest.approx(0.7)


def test_of_the_nodes_and_the_predictors_timeout_the_shorter_counts() -> None:
    for own, predictors in (("200ms", 0.4), ("400ms", 0.2)):
        run = run_graph({"predict": {"sequence": [{"predict": "a", "timeout": own}]}}, [silent("a", timeout=predictors)])
        assert 0.2 <= run.seconds <= 0.22


# input


def test_input_stands_in_for_the_previous_output() -> None:
    steps = [{"value": {"x": 1}}, {"predict": "a", "input": {"got": "${input.x}", "asked": "${request}"}}]
    assert run_graph({"predict": {"sequence": steps}}, [echo("a")], "q").value == ["a", {"got": 1, "asked": "q"}]


@pytest.mark.parametrize("given", [None, 0, "", [], {}])
def test_an_empty_input_is_an_input(given: Any) -> None:
    assert run_graph({"predict": {"predict": "a", "input": given}}, [echo("a")], "q").value == ["a", given]


def test_every_branch_may_have_an_input_of_its_own() -> None:
    graph = {"parallel": {"x": {"predict": "a", "input": "${input.x}"}, "y": "a"}}
    assert run_graph({"predict": graph}, [echo("a")], {"x": 1}).value == {"x": ["a", 1], "y": ["a", {"x": 1}]}


def test_the_input_of_a_parallel_is_what_its_merge_sees_as_input() -> None:
    graph = {"parallel": ["a"], "input": 3, "merge": {"argmax": "output[1] * input"}}
    assert run_graph({"predict": graph}, [echo("a")], 0).value == {"label": "a", "score": 9}


def test_a_failing_input_is_a_422_of_its_node_and_nobody_is_asked() -> None:
    predictor = echo("a")
    run = run_graph({"predict": {"sequence": [{"predict": "a", "input": "${input.x}"}]}}, [predictor], {})
    assert isinstance(run.error, ExpressionFailed)
    assert (run.error.node, run.error.status, predictor.asked) == ("predict/a", 422, [])


# optional


@pytest.mark.parametrize(
    "node",
    [
        {"predict": "bad"},
        {"predict": "gone"},
        {"sequence": ["ok", "bad"]},
        {"transform": "${input.x}"},
        {"predict": "ok", "input": "${input.x}"},
    ],
)
def test_the_failure_of_an_optional_node_leaves_null_and_an_incomplete_answer(node: Any) -> None:
    steps = [{**node, "optional": True, "name": "maybe"}, {"transform": {"maybe": "${maybe}", "input": "${input}"}}]
    run = run_graph({"predict": {"sequence": steps}}, [broken("bad"), down("gone"), good("ok")], {})
    assert run.value == {"maybe": None, "input": None}
    assert run.answer is not None
    assert not run.answer.complete


def test_an_optional_branch_that_failed_is_there_as_null() -> None:
    graph = {"parallel": ["ok", {"predict": "bad", "optional": True}]}
    run = run_graph({"predict": graph}, [good("ok"), broken("bad")])
    assert run.value == {"ok": "ok", "bad": None}
    assert run.statuses == {"bad": "error", "ok": "ok"}


def test_an_optional_node_that_times_out_leaves_null_at_its_timeout() -> None:
    run = run_graph({"predict": {"sequence": [{"predict": "a", "optional": True, "timeout": "100ms"}]}}, [silent("a")])
    assert run.value is None
    assert 0.1 <= run.seconds <= 0.12


def test_a_client_that_leaves_is_no_failure_that_optional_stands_in_for() -> None:
    last = good("b")
    run = run_graph({"predict": {"sequence": [{"predict": "a", "optional": True}, "b"]}}, [silent("a"), last], cancel_after=0.1)
    assert (run.answer, run.error, last.asked, run.left) == (None, None, [], 0)


@pytest.mark.parametrize(
    "option", [{"timeout": 5}, {"timeout": "0s"}, {"timeout": "-1s"}, {"optional": 1}, {"name": "in"}, {"nmae": "x"}]
)
def test_an_option_that_is_none_is_refused(option: Any) -> None:
    with pytest.raises(ValueError, match="validation error"):
        run_graph({"predict": {"sequence": [{"predict": "a", **option}]}}, [good("a")])


def test_a_template_that_does_not_compile_is_a_problem_of_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        run_graph({"predict": {"sequence": [{"predict": "a", "input": {"x": ["${inptu.x}"]}}]}}, [good("a")])
    assert [problem.path for problem in caught.value.problems] == ["graphs.predict.sequence[0].input.x[0]"]
