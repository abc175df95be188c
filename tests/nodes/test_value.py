"""A constant."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ConfigError
from plait.testing import run_graph


@pytest.mark.parametrize("value", [None, True, 0, -1.5, "text", "${input}", [], {"a": [{"b": None}]}])
def test_a_value_is_the_answer_whatever_the_input(value: Any) -> None:
    run = run_graph({"predict": {"value": value}}, [], {"x": 1})
    assert run.value == value
    assert type(run.value) is type(value)


@pytest.mark.parametrize("value", [object(), "\ud800", {"deep": [object()]}])
def test_what_is_no_json_is_a_problem(value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        run_graph({"predict": {"sequence": [{"value": value}]}}, [])
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [
        ("graphs.predict.sequence[0].value", "is no JSON value")
    ]
