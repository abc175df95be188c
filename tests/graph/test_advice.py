"""What `check` says of configurations that are sound, but seldom meant so."""

from __future__ import annotations

import pytest

from plait.graph.load import load_text

FILE = """\
predictors:
  a: {url: "http://127.0.0.1:1"}
  b: {url: "http://127.0.0.1:2"}
graphs:
  predict:
    sequence:
      - STEP
      - THEN
"""


def warnings(step: str, then: str) -> list[str]:
    return load_text(FILE.replace("STEP", step).replace("THEN", then), {}).warnings


def test_a_file_without_graphs_serves_nothing_and_says_so() -> None:
    (warning,) = load_text("server: {port: 1}", {}).warnings
    assert warning == "plait.yaml:1:1 graphs: there is no graph, so nothing is served (add one under graphs)"


def test_a_partial_parallel_before_a_step_that_calls_needs_a_timeout_of_its_own() -> None:
    (warning,) = warnings("parallel: [a, b]\n        require: any", "b")
    assert warning.startswith("plait.yaml:7:9 graphs.predict.sequence[0]: a branch that hangs can hold it until the time is up")
    assert warning.endswith("the step b can call nobody (give it a timeout of its own)")


@pytest.mark.parametrize(
    ("step", "then"),
    [
        ("{parallel: [a, b], require: any, timeout: 500ms}", "b"),
        ("{parallel: [a, b]}", "b"),
        ("{parallel: [a, b], merge: first}", "b"),
        ("{parallel: [a, b], require: 1}", "{transform: 1}"),
        ("b", "{parallel: [a, b], require: [a]}"),
    ],
)
def test_what_leaves_time_or_needs_none_is_not_mentioned(step: str, then: str) -> None:
    assert warnings(step, then) == []


@pytest.mark.parametrize("then", ["{sequence: [{transform: 1}, a]}", "{parallel: {x: b}}"])
def test_a_call_is_found_wherever_it_stands_in_a_later_step(then: str) -> None:
    (warning,) = warnings("{parallel: [a, b], require: [a]}", then)
    assert "give it a timeout of its own" in warning
