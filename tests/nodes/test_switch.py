"""switch: the first case that holds."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ConfigError
from plait.testing import run_graph
from tests.nodes.fakes import echo, good

CASES: list[dict[str, Any]] = [
    {"when": "input.breed == 'calico'", "then": "ukiyo_e"},
    {"when": "input.age > 10.0", "then": {"sequence": ["old", "oil"]}},
    {"else": {"value": "plain"}},
]


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ({"breed": "calico", "age": 12}, "ukiyo_e"),
        ({"breed": "tabby", "age": 12}, ["oil", "old"]),
        ({"breed": "tabby", "age": 2}, "plain"),
    ],
)
def test_the_first_case_that_holds_runs(request_: dict[str, Any], answer: Any) -> None:
    run = run_graph({"predict": {"switch": CASES}}, [good("ukiyo_e"), good("old"), echo("oil")], request_)
    assert run.value == answer


def test_without_a_case_that_holds_it_is_a_422_that_names_the_switch() -> None:
    graphs = {"predict": {"sequence": ["a", {"switch": [{"when": "input == 'b'", "then": "a"}], "name": "which"}]}}
    run = run_graph(graphs, [good("a")])
    assert run.error is not None
    assert (run.error.status, run.error.code, run.error.node) == (422, "no-case", "predict/which")


def test_a_condition_that_fails_is_a_422_that_names_the_switch() -> None:
    run = run_graph({"predict": {"switch": [{"when": "input.nosuch == 1.0", "then": "a"}, {"else": "a"}]}}, [good("a")], {})
    assert run.error is not None
    assert (run.error.status, run.error.node) == (422, "predict")


def test_a_case_sees_the_request_and_earlier_steps() -> None:
    step = {"switch": [{"when": "detector == 'cat' && request.deep", "then": "breed"}, {"else": {"value": "no"}}]}
    run = run_graph(
        {"predict": {"sequence": ["detector", {"transform": 1}, step]}}, [good("detector", "cat"), echo("breed")], {"deep": True}
    )
    assert run.value == ["breed", 1]


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ([{"else": "a"}, {"when": "true", "then": "a"}], "never reached"),
        ([{"when": " true", "then": "a"}, {"else": "a"}], "the cases after this one are never reached"),
        ([{"when": "input == 1.0", "then": "a"}, {"when": "input == 1.0 ", "then": "b"}], "case 1 has the same condition"),
        ([{"when": "input.", "then": "a"}], "Syntax error"),
        ([{"when": "true", "then": "nosuch"}], "no predictor or graph nosuch"),
    ],
)
def test_what_can_never_run_is_a_problem(cases: list[Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run_graph({"predict": {"switch": cases}}, [good("a")])
