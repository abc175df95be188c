"""From named answers to one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ConfigError, ExpressionFailed, PlaitError
from plait.testing import FakePredictor, GraphRun, run_graph
from tests.laws.seeded import SEEDED
from tests.nodes.fakes import broken, down, good

MERGES: list[Any] = [
    "by_name",
    "list",
    "object",
    "first",
    {"argmax": "output"},
    {"argmin": "output.a"},
    {"argmax": "output[0] + 1.0"},
]


def merged(merge: Any, answers: dict[str, Any], *, require: Any = None, broken_ones: str = "", after: float = 0.0) -> GraphRun:
    predictors = [
        broken(name) if name in broken_ones else FakePredictor(name, answer, after=after) for name, answer in answers.items()
    ]
    options = {} if require is None else {"require": require}
    return run_graph({"predict": {"parallel": list(answers), "merge": merge, **options}}, predictors)


def raw(run: GraphRun) -> bytes:
    assert run.answer is not None, run.error
    return run.answer.raw


ANSWERS = {"a": {"p": 1, "q": [1]}, "b": {"p": 2, "r": None}, "c": {"s": "é"}}


@pytest.mark.parametrize(
    ("merge", "whole", "without_b"),
    [
        ("by_name", '{"a":{"p":1,"q":[1]},"b":{"p":2,"r":null},"c":{"s":"é"}}', '{"a":{"p":1,"q":[1]},"c":{"s":"é"}}'),
        ("list", '[{"p":1,"q":[1]},{"p":2,"r":null},{"s":"é"}]', '[{"p":1,"q":[1]},null,{"s":"é"}]'),
        ("object", '{"p":2,"q":[1],"r":null,"s":"é"}', '{"p":1,"q":[1],"s":"é"}'),
    ],
)
def test_whole_answers_are_merged_with_and_without_a_branch(merge: str, whole: str, without_b: str) -> None:
    assert raw(merged(merge, ANSWERS)) == whole.encode()
    assert raw(merged(merge, ANSWERS, require="any", broken_ones="b")) == without_b.encode()


@pytest.mark.parametrize(
    ("merge", "expected"),
    [("by_name", b'{"a":1.50,"b":[ 1E2 ]}'), ("list", b"[1.50,[ 1E2 ]]"), ("first", b"1.50"), ({"argmax": "output"}, None)],
)
def test_answers_keep_their_bytes(merge: Any, expected: bytes | None) -> None:
    class Bytes(FakePredictor):
        def outcome(self, message: Any) -> Any:
            return type(message)(b"1.50" if self.name == "a" else b"[ 1E2 ]")

    run = run_graph({"predict": {"parallel": ["a", "b"], "merge": merge, "require": "any"}}, [Bytes("a"), Bytes("b")])
    assert raw(run) == (expected or b'{"label":"a","score":1.50}')


def test_first_gives_the_fastest_success_and_cancels_the_others() -> None:
    predictors = [good("a", after=0.3), broken("b", after=0.1), good("c", after=0.2)]
    run = run_graph({"predict": {"parallel": ["a", "b", "c"], "merge": "first"}}, predictors)
    assert run.value == "c"
    assert run.answer is not None
    assert run.answer.complete
    assert run.seconds == pytest.approx(0.2)
    assert run.statuses == {"a": "cancelled", "b": "error", "c": "ok"}
    assert (run.left, predictors[0].cancelled) == (0, 1)


def test_first_fails_with_the_last_failure_when_all_have_failed() -> None:
    predictors = [broken("a", after=0.3), broken("b", after=0.1)]
    run = run_graph({"predict": {"parallel": ["a", "b"], "merge": "first"}}, predictors)
    assert run.error is not None
    assert run.error.predictor == "a"
    assert run.seconds == pytest.approx(0.3)


SCORES = {
    "a": {"prediction": [0.25, 0.75]},
    "b": {"prediction": [0.5, 0.5]},
    "c": {"prediction": [0.5, 0.5]},
    "d": {"prediction": [0.25, 1]},
}


@pytest.mark.parametrize(
    ("merge", "expected"),
    [
        ({"argmax": "output.prediction[0]"}, b'{"label":"b","score":0.5}'),
        ({"argmin": "output.prediction[0]"}, b'{"label":"a","score":0.25}'),
        ({"argmax": "output.prediction[1]"}, b'{"label":"d","score":1}'),
        ({"argmax": "output.prediction[0] * -100.0"}, b'{"label":"a","score":-25.0}'),
        ({"argmin": "output.prediction[0] + output.prediction[1]"}, b'{"label":"a","score":1.0}'),
    ],
)
def test_the_best_branch_is_picked_and_ties_go_to_the_first_in_the_file(merge: Any, expected: bytes) -> None:
    assert raw(merged(merge, SCORES)) == expected
    backwards = [FakePredictor(name, answer, after=1 - place / 10) for place, (name, answer) in enumerate(SCORES.items())]
    assert raw(run_graph({"predict": {"parallel": list(SCORES), "merge": merge}}, backwards)) == expected


def test_a_selector_sees_request_input_and_earlier_steps_too() -> None:
    steps = [
        {"value": {"factor": 2}, "name": "settings"},
        {"parallel": ["a", "b"], "merge": {"argmax": "output * settings.factor * input.factor * request.sign"}},
    ]
    run = run_graph({"predict": {"sequence": steps}}, [FakePredictor("a", 1), FakePredictor("b", 2)], {"sign": -1})
    assert run.value == {"label": "a", "score": -4}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"other": 1}, "there is no field score"),
        ({"score": "high"}, "output.score: a number is needed"),
        ({"score": [1, 2]}, "output.score: a number is needed"),
        ({"score": True}, "output.score: a number is needed"),
        ({"score": None}, "output.score: a number is needed"),
        ([{"score": 1}], "there is no field score"),
    ],
)
def test_a_branch_whose_selector_fails_has_failed(answer: Any, reason: str) -> None:
    answers = {"a": {"score": 1}, "b": answer, "c": {"score": 2}}
    run = merged({"argmax": "output.score"}, answers, require="any")
    assert run.value == {"label": "c", "score": 2}
    assert run.answer is not None
    assert not run.answer.complete
    assert run.statuses == dict.fromkeys("abc", "ok")
    run = merged({"argmax": "output.score"}, answers)
    assert isinstance(run.error, ExpressionFailed)
    assert (run.error.status, run.error.node) == (422, "predict")
    assert reason in run.error.detail
    assert run.error.detail.endswith("(in the answer of b)")


def test_a_failing_selector_cancels_the_rest_when_all_are_required() -> None:
    predictors = [FakePredictor("a", "none"), good("b", after=1.0)]
    run = run_graph({"predict": {"parallel": ["a", "b"], "merge": {"argmax": "output"}}}, predictors)
    assert isinstance(run.error, ExpressionFailed)
    assert run.seconds == pytest.approx(0)
    assert (run.left, run.statuses) == (0, {"a": "ok", "b": "cancelled"})


def test_object_needs_objects() -> None:
    run = merged("object", {"a": {"x": 1}, "b": [1]})
    assert isinstance(run.error, ExpressionFailed)
    assert run.error.detail == "merge object needs an object (in the answer of b)"
    assert merged("object", {"a": {"x": 1}, "b": [1]}, require="any").value == {"x": 1}


@pytest.mark.parametrize(
    ("merge", "message"),
    [
        ("best", "is no merge"),
        ({"argmax": "output.x", "argmin": "output.x"}, "is no merge"),
        ({}, "is no merge"),
    ],
)
def test_what_is_no_merge_is_refused(merge: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        merged(merge, {"a": 1})


@pytest.mark.parametrize("text", ["", "output.", "outptu.x", "a.x"])
def test_a_selector_that_does_not_compile_is_a_problem_of_its_place(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        merged({"argmax": text}, {"a": 1})
    assert [problem.path for problem in caught.value.problems] == ["graphs.predict.merge.argmax"]


def test_first_with_another_requirement_is_a_problem() -> None:
    assert merged("first", {"a": 1}, require="any").value == 1
    for require in ("all", 1, ["a"]):
        with pytest.raises(ConfigError) as caught:
            merged("first", {"a": 1}, require=require)
        assert [problem.path for problem in caught.value.problems] == ["graphs.predict.require"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "é"]), inner, max_size=2),
    max_leaves=4,
)


@SEEDED
@given(st.sampled_from(MERGES), st.tuples(JSON, JSON, JSON), st.sampled_from(["all", "any", 2]))
def test_whatever_predictors_answer_there_is_an_answer_or_an_honest_error(
    merge: Any, answers: tuple[Any, ...], require: Any
) -> None:
    given_require = None if merge == "first" else require
    run = merged(merge, dict(zip("abc", answers, strict=True)), require=given_require)
    assert run.left == 0
    if run.answer is not None:
        assert run.answer.value is not None or run.answer.raw == b"null"
    else:
        assert isinstance(run.error, PlaitError)
        assert run.error.status == 422


@pytest.mark.parametrize(
    ("merge", "answer"),
    [
        ("by_name", {"gone": None, "a": {"n": 1}}),
        ("list", [None, {"n": 1}]),
        ("object", {"n": 1}),
        ("first", {"n": 1}),
        ({"argmax": "output.n"}, {"label": "a", "score": 1}),
        ({"vote": "output.n"}, {"label": 1, "votes": {"1": 1}}),
        ({"mean": "output.n"}, 1.0),
        ({"min": "output.n"}, 1),
    ],
)
def test_an_optional_branch_that_failed_is_null_where_it_has_a_place_and_left_out_elsewhere(merge: Any, answer: Any) -> None:
    graphs = {"predict": {"parallel": [{"predict": "gone", "optional": True}, "a"], "merge": merge}}
    run = run_graph(graphs, [down("gone"), good("a", {"n": 1}, after=0.1)])
    assert run.value == answer
    assert run.answer is not None
    assert run.answer.complete is (merge == "first")  # where those that lost do not count


def test_the_fastest_of_an_optional_branch_and_a_failing_one_is_null() -> None:
    graphs = {"predict": {"parallel": [{"predict": "gone", "optional": True}, "bad"], "merge": "first"}}
    run = run_graph(graphs, [down("gone"), broken("bad", after=0.1)])
    assert run.value is None
    assert run.answer is not None
    assert not run.answer.complete


@pytest.mark.parametrize("merge", ["object", "first", {"argmax": "output.n"}, {"sum": "output.n"}])
def test_nothing_but_optional_branches_that_failed_is_null(merge: Any) -> None:
    graphs = {"predict": {"parallel": [{"predict": "gone", "optional": True}], "merge": merge}}
    run = run_graph(graphs, [down("gone")])
    assert run.value is None
    assert run.answer is not None
    assert not run.answer.complete
