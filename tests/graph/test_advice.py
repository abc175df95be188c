"""What `check` says of configurations that are sound, but seldom meant so."""

from __future__ import annotations

import pytest

from plait.graph.load import load_text

FILE = """\
predictors:
  a: {url: "http://127.0.0.1:1", timeout: 5s}
  b: {url: "http://127.0.0.1:2", timeout: 5s}
  quick: {url: "http://127.0.0.1:3"}
graphs:
  predict:
    sequence:
      - STEP
      - THEN
"""
ADVICE = "a predictor that hangs can hold it until the time is up, and then "


def warnings(step: str, then: str) -> list[str]:
    return load_text(FILE.replace("STEP", step).replace("THEN", then), {}).warnings


def test_a_file_without_graphs_serves_nothing_and_says_so() -> None:
    (warning,) = load_text("server: {port: 1}", {}).warnings
    assert warning == "plait.yaml:1:1 graphs: there is no graph, so nothing is served (add one under graphs)"


def test_a_partial_step_that_may_use_up_the_time_of_a_later_call_needs_a_timeout_of_its_own() -> None:
    (warning,) = warnings("parallel: [a, b]\n        require: any", "b")
    assert warning == f"plait.yaml:8:9 graphs.predict.sequence[0]: {ADVICE}b cannot be asked (give it a shorter timeout of its own)"


@pytest.mark.parametrize("then", ["{sequence: [{transform: 1}, quick]}", "{parallel: {x: b}}"])
def test_a_call_is_found_wherever_it_stands_in_a_later_step(then: str) -> None:
    (warning,) = warnings("{parallel: [a, b], require: [a]}", then)
    assert ADVICE in warning


@pytest.mark.parametrize(
    "choices", ["{fallback: [a, quick]}", '{cascade: [a, quick], until: "true"}', "{fallback: [{sequence: [quick, a]}, b]}"]
)
def test_a_choice_that_may_use_up_the_time_of_the_next_needs_a_timeout_of_its_own(choices: str) -> None:
    (warning,) = warnings("quick", choices)
    assert ADVICE in warning


@pytest.mark.parametrize(
    ("step", "then"),
    [
        ("{parallel: [a, b], require: any, timeout: 500ms}", "b"),
        ("{parallel: [a, b]}", "b"),
        ("{parallel: [a, b], merge: first}", "b"),
        ("{parallel: [a, b], require: 1}", "{transform: 1}"),
        ("b", "{parallel: [a, b], require: [a]}"),
        ("{parallel: [quick, {predict: a, name: slow, timeout: 1s}], require: any}", "b"),
        ("{fallback: [quick, a]}", "b"),
        ("{fallback: [{predict: a, timeout: 300ms}, quick]}", "b"),
        ("{fallback: [a, {value: 1}]}", "quick"),
    ],
)
def test_what_leaves_time_or_needs_none_is_not_mentioned(step: str, then: str) -> None:
    assert warnings(step, then) == []


def test_a_name_that_hides_an_earlier_steps_output_is_told() -> None:
    step = "{predict: a, name: score}"
    (warning,) = warnings(step, "{parallel: {x: {sequence: [{transform: 1, name: score}]}, y: b}}")
    where = "graphs.predict.sequence[1].parallel.x.sequence[0].name"
    assert f"{where}: the name score hides the output of an earlier step, graphs.predict.sequence[0]" in warning
    assert warnings(step, "{parallel: {x: {transform: 1, name: score}, y: b}}") == []
    assert warnings("a", "{sequence: [a, a]}") == []


@pytest.mark.parametrize(
    ("weights", "told"), [((95, 10), True), ((90, 9.5), True), ((95, 5), False), ((9, 1), False), ((1, 2), False)]
)
def test_weights_that_read_like_percentages_but_are_not_are_told(weights: tuple[float, float], *, told: bool) -> None:
    first, second = weights
    found = warnings("quick", f"{{split: [{{weight: {first}, to: quick}}, {{weight: {second}, to: b}}]}}")
    assert bool(found) is told
    assert all("add up to" in warning for warning in found)
