"""Mapping without a call."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ExpressionFailed
from plait.testing import run_graph
from tests.nodes.fakes import good


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({"a": "${input.x}"}, {"a": [1, 2.50]}),
        ("${input}", {"x": [1, 2.50], "s": "t"}),
        ("<${input.s}>", "<t>"),
        (["${input.x[0]}", 1, None, True], [1, 1, None, True]),
        ("${input.x[0] + 1.0}", 2.0),
        ("${headers['x-user']}", "bob"),
        ("plain", "plain"),
        (None, None),
        ({}, {}),
    ],
)
def test_a_template_maps_what_there_is(template: Any, expected: Any) -> None:
    run = run_graph({"predict": {"transform": template}}, [], {"x": [1, 2.50], "s": "t"}, headers={b"x-user": b"bob"})
    assert run.value == expected
    assert run.parts == []


def test_a_failing_template_is_a_422_of_its_node() -> None:
    run = run_graph({"predict": {"sequence": ["a", {"transform": "${input.missing}", "name": "shape"}]}}, [good("a", {"x": 1})])
    assert isinstance(run.error, ExpressionFailed)
    assert (run.error.status, run.error.node) == (422, "predict/shape")
    assert "missing" in run.error.detail


def test_an_incomplete_input_stays_incomplete_through_a_template() -> None:
    graph = {"sequence": [{"predict": "a", "optional": True, "timeout": "10ms"}, {"transform": "${input}"}]}
    run = run_graph({"predict": graph}, [good("a", after=0.5)])
    assert run.answer is not None
    assert (run.value, run.answer.complete) == (None, False)
