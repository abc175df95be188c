"""All branches at once: order, requirement, partial answers, exclusion."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import BadAnswer, ConfigError, PlaitError, TimedOut, Unreachable
from plait.testing import FakePredictor, GraphRun, run_graph
from tests.nodes.fakes import broken, down, echo, good, silent

ABC = ["a", "b", "c"]
# The same branches as leaves, and as nodes that need a task each.
FORMS: list[Any] = [ABC, {name: {"sequence": [{"transform": "${input}"}, name]} for name in ABC}]


def parallel(predictors: list[FakePredictor], form: Any = ABC, **options: Any) -> GraphRun:
    return run_graph({"predict": {"parallel": form, **options}}, predictors, "q")


def complete(run: GraphRun) -> bool:
    assert run.answer is not None
    return run.answer.complete


@pytest.mark.parametrize("form", FORMS)
def test_every_branch_gets_the_same_input_at_once(form: Any) -> None:
    run = parallel([echo("a", after=0.1), echo("b", after=0.3), echo("c", after=0.2)], form)
    assert run.value == {"a": ["a", "q"], "b": ["b", "q"], "c": ["c", "q"]}
    assert run.seconds == pytest.approx(0.3)
    assert complete(run)


@pytest.mark.parametrize("form", FORMS)
def test_the_answer_has_the_declared_order_and_the_parts_that_of_arrival(form: Any) -> None:
    run = parallel([good("a", after=0.3), good("b", after=0.2), good("c", after=0.1)], form)
    assert run.answer is not None
    assert run.answer.raw == b'{"a":"a","b":"b","c":"c"}'
    assert [part.key for part in run.parts] == ["c", "b", "a"]


def test_branches_of_a_mapping_have_its_keys() -> None:
    run = parallel([good("a")], {"x": "a", "y": {"predict": "a", "name": "n"}, "z": {"value": 1}})
    assert run.value == {"x": "a", "y": "a", "z": 1}
    assert [(part.key, part.node) for part in run.parts] == [("x", "predict/x"), ("n", "predict/n")]


def test_branches_of_a_list_have_the_names_of_their_nodes() -> None:
    graphs = {
        "predict": {"parallel": ["a", "inner", {"predict": "a", "name": "again"}, {"value": 1, "name": "one"}]},
        "inner": {"value": 0},
    }
    assert run_graph(graphs, [good("a")]).value == {"a": "a", "inner": 0, "again": "a", "one": 1}


def test_parallels_nest() -> None:
    form = {"x": {"parallel": ["a", "b"]}, "y": {"parallel": {"z": "c"}}}
    run = parallel([good("a", after=0.2), good("b", after=0.1), good("c")], form)
    assert run.answer is not None
    assert run.answer.raw == b'{"x":{"a":"a","b":"b"},"y":{"z":"c"}}'
    assert [part.node for part in run.parts] == ["predict/y/z", "predict/x/b", "predict/x/a"]


def test_errors_carry_the_path_of_the_branch() -> None:
    graphs = {"label": {"sequence": [{"parallel": ["setosa", "versicolor"]}, {"transform": "${input}"}]}}
    run = run_graph(graphs, [good("setosa", after=0.1), broken("versicolor")], graph="label")
    assert run.error is not None
    assert run.error.node == "label/parallel/versicolor"


# What is required.


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("require", "broken_ones", "met"),
    [
        ("all", "", True),
        ("all", "b", False),
        ("any", "ab", True),
        ("any", "abc", False),
        (1, "bc", True),
        (2, "b", True),
        (2, "bc", False),
        (3, "a", False),
        (["a"], "bc", True),
        (["a"], "a", False),
        (["a", "c"], "b", True),
        (["a", "c"], "c", False),
    ],
)
def test_a_requirement_is_met_or_not(form: Any, require: Any, broken_ones: str, met: bool) -> None:  # noqa: FBT001
    run = parallel([broken(name) if name in broken_ones else good(name, after=0.1) for name in ABC], form, require=require)
    assert run.left == 0
    if met:
        assert list(run.value) == [name for name in ABC if name not in broken_ones]
        assert complete(run) is not bool(broken_ones)
    else:
        assert isinstance(run.error, BadAnswer)
        assert run.error.predictor in broken_ones


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("require", ["all", 3, ["b"]])
def test_the_rest_is_cancelled_as_soon_as_the_requirement_cannot_be_met(form: Any, require: Any) -> None:
    predictors = [silent("a"), broken("b", after=0.1), silent("c")]
    run = parallel(predictors, form, require=require)
    assert isinstance(run.error, BadAnswer)
    assert run.seconds == pytest.approx(0.1)
    assert run.statuses == {"a": "cancelled", "b": "error", "c": "cancelled"}
    assert (run.left, predictors[0].cancelled, predictors[2].cancelled) == (0, 1, 1)


def test_it_fails_with_the_failure_that_decided() -> None:
    run = parallel([broken("a", after=0.1), down("b"), good("c", after=0.5)], require=2)
    assert isinstance(run.error, BadAnswer)
    assert run.statuses == {"a": "error", "b": "unreachable", "c": "cancelled"}
    run = parallel([down("a"), down("b"), silent("c", timeout=0.2)], require="any")
    assert isinstance(run.error, TimedOut)
    assert run.error.node == "predict/c"


@pytest.mark.parametrize("form", FORMS)
def test_a_met_requirement_still_waits_for_the_others(form: Any) -> None:
    run = parallel([good("a"), good("b", after=0.5), broken("c", after=0.9)], form, require="any")
    assert run.seconds == pytest.approx(0.9)
    assert run.value == {"a": "a", "b": "b"}


# Partial answers.


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("milliseconds", [30, 140, 251, 300, 1000, 1999])
def test_a_partial_answer_comes_at_the_deadline_and_within_20_ms(form: Any, milliseconds: int) -> None:
    run = parallel([good("a"), silent("b"), good("c", after=3.0)], form, require="any", timeout=f"{milliseconds}ms")
    assert run.value == {"a": "a"}
    assert not complete(run)
    assert 0 <= run.seconds - milliseconds / 1000 <= 0.02
    assert run.statuses == {"a": "ok", "b": "timeout", "c": "timeout"}
    assert run.left == 0


def test_the_nodes_own_timeout_leaves_time_for_the_next_step() -> None:
    steps = [{"parallel": ["a", "b"], "require": "any", "timeout": "300ms"}, "c"]
    run = run_graph({"predict": {"sequence": steps}}, [good("a"), silent("b"), echo("c")])
    assert run.value == ["c", {"a": "a"}]
    assert not complete(run)
    assert 0.3 <= run.seconds <= 0.32


def test_with_all_the_timeout_is_all_or_nothing() -> None:
    run = parallel([good("a"), silent("b"), good("c")], timeout="300ms")
    assert isinstance(run.error, TimedOut)
    assert 0.3 <= run.seconds <= 0.32


def test_a_missing_deep_branch_makes_the_whole_answer_incomplete() -> None:
    run = parallel([good("a"), broken("b"), good("c")], {"x": {"parallel": ["a", "b"], "require": "any"}, "y": "c"})
    assert run.value == {"x": {"a": "a"}, "y": "c"}
    assert not complete(run)


# Excluded predictors.


@pytest.mark.parametrize("form", [ABC, {"a": "a", "b": {"predict": "b", "optional": True}, "c": "c"}])
@pytest.mark.parametrize("require", ["all", "any", 3, ["a"]])
def test_an_excluded_predictors_branch_is_as_if_it_were_not_there(form: Any, require: Any) -> None:
    predictors = [good("a"), good("b"), good("c")]
    run = run_graph({"predict": {"parallel": form, "require": require}}, predictors, excluded=["b"])
    assert run.value == {"a": "a", "c": "c"}
    assert complete(run)
    assert (list(run.statuses), predictors[1].asked) == (["a", "c"], [])


def test_all_means_the_others_and_lists_are_shorter() -> None:
    run = run_graph({"predict": {"parallel": ABC, "merge": "list"}}, [good("a"), good("b"), good("c")], excluded=["a"])
    assert run.value == ["b", "c"]
    run = run_graph({"predict": {"parallel": ABC}}, [good("a"), broken("b"), good("c")], excluded=["a"])
    assert isinstance(run.error, BadAnswer)


def test_an_excluded_branch_is_checked_all_the_same() -> None:
    with pytest.raises(ConfigError) as caught:
        run_graph({"predict": {"parallel": ["a", {"predict": "b", "input": "${nosuch}"}]}}, [good("a"), good("b")], excluded=["b"])
    assert [problem.path for problem in caught.value.problems] == ["graphs.predict.parallel[1].input"]


@pytest.mark.parametrize(
    ("excluded", "options", "path", "message"),
    [
        (ABC, {}, "graphs.predict.parallel", "every branch is excluded"),
        (["a"], {"require": ["c", "a"]}, "graphs.predict.require[1]", "the branch a is excluded and can never answer"),
    ],
)
def test_what_exclusion_makes_impossible_is_a_problem(excluded: list[str], options: Any, path: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run_graph({"predict": {"parallel": ABC, **options}}, [good(name) for name in ABC], excluded=excluded)
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [(path, message)]


# Completeness: false exactly when something is missing because it failed.


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({"parallel": ["ok", "bad"], "require": "any"}, False),
        ({"parallel": ["ok", "slow"], "require": "any"}, False),
        ({"parallel": ["ok", "bad"], "merge": "first"}, True),
        ({"parallel": ["ok", "slow"], "merge": "first"}, True),
        ({"parallel": ["ok", "out"]}, True),
        ({"parallel": ["ok", {"predict": "bad", "optional": True}]}, False),
        ({"parallel": ["ok", {"predict": "ok", "optional": True, "name": "x"}]}, True),
        ({"predict": "bad", "optional": True}, False),
        ({"parallel": {"x": "ok", "y": {"transform": "${input.none}"}}, "require": "any"}, False),
        ({"parallel": ["ok", "empty"], "merge": {"argmax": "output.score"}, "require": "any"}, False),
        ({"parallel": ["ok"], "merge": "list"}, True),
        ({"parallel": {"x": {"parallel": ["ok", "bad"], "require": "any"}, "y": "later"}, "merge": "first"}, False),
        (
            {
                "parallel": {"x": {"sequence": ["later", {"parallel": ["ok", "bad"], "require": "any"}]}, "y": "ok"},
                "merge": "first",
            },
            True,
        ),
    ],
)
def test_an_answer_is_complete_unless_something_failed_that_belongs_in_it(graph: Any, expected: bool) -> None:  # noqa: FBT001
    predictors = [
        good("ok", {"score": 1}),
        good("empty", {}),
        broken("bad"),
        silent("slow"),
        good("out"),
        good("later", {"score": 0}, after=0.1),
    ]
    assert complete(run_graph({"predict": {**graph, "timeout": "1s"}}, predictors, {}, excluded=["out"])) is expected


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("options", [{}, {"require": "any"}, {"merge": "first"}, {"require": ["b"]}])
def test_a_client_that_leaves_cancels_every_branch(form: Any, options: Any) -> None:
    predictors = [silent("a"), silent("b"), good("c", after=1.0)]
    run = run_graph({"predict": {"parallel": form, **options}}, predictors, cancel_after=0.1)
    assert (run.answer, run.error, run.left) == (None, None, 0)
    assert run.statuses == dict.fromkeys(ABC, "cancelled")
    assert [predictor.cancelled for predictor in predictors] == [1, 1, 1]


@pytest.mark.parametrize("error", [Unreachable("no"), TimedOut("late")])
def test_a_branch_that_fails_before_the_others_begin_spares_them(error: PlaitError) -> None:
    class Refusing(FakePredictor):
        def ask(self, message: Any, run: Any, now: float, deadline: float, receiver: Any) -> Any:
            call = super().ask(message, run, now, deadline, receiver)
            call.finish(message)
            return call

    first = Refusing("a", error=lambda: error)
    others = [good("b"), good("c")]
    run = parallel([first, *others])
    assert run.error is error
    assert (run.statuses, run.left) == ({"a": error.part, "b": "cancelled", "c": "cancelled"}, 0)
    assert [predictor.asked for predictor in others] == [[], []]


@pytest.mark.parametrize("failing", [{"transform": "${input.nosuch}"}, {"predict": "a", "when": "input.nosuch"}])
def test_a_branch_that_a_decision_kept_from_beginning_has_parts_that_say_so(failing: Any) -> None:
    branches = {"x": failing, "y": {"sequence": [{"value": 1}, "b", "c"]}}
    run = run_graph({"predict": {"parallel": branches}}, [good("a"), good("b"), good("c")], {})
    assert run.error is not None
    assert {key: status for key, status in run.statuses.items() if key in "bc"} == {"b": "cancelled", "c": "cancelled"}
    assert run.left == 0
