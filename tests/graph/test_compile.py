"""From a configuration to calls."""

from __future__ import annotations

from typing import Any

import pytest

from plait.background import Background
from plait.errors import BadRequest, ConfigError, InvalidRequest
from plait.graph.compile import Compiled, compile_graph
from plait.graph.spec import Config
from plait.testing import FakePredictor
from plait.types import Leaf, Message


def compiled(graphs: dict[str, Any], name: str = "predict", **more: Any) -> Compiled:
    config = Config.model_validate({"predictors": {"a": {"url": "http://127.0.0.1:1"}}, "graphs": graphs, **more})
    return compile_graph(config, name, {"a": FakePredictor("a")}, Background())


@pytest.mark.parametrize(
    ("graph", "defaults", "seconds"),
    [
        ({"value": 1}, {}, 2.0),
        ({"value": 1, "timeout": "300ms"}, {}, 0.3),
        ({"value": 1}, {"graph": {"timeout": "5s"}}, 5.0),
        ({"value": 1, "timeout": "1s"}, {"graph": {"timeout": "5s"}}, 1.0),
    ],
)
def test_a_graph_has_its_own_timeout_else_the_default(graph: Any, defaults: Any, seconds: float) -> None:
    found = compiled({"predict": graph}, defaults=defaults)
    assert (found.name, found.timeout, found.validate) == ("predict", seconds, None)


def test_a_graph_with_a_schema_checks_requests() -> None:
    found = compiled({"predict": {"value": 1, "schema": {"type": "array"}}})
    assert found.validate is not None
    found.validate(Message(b"[]"))
    with pytest.raises(InvalidRequest):
        found.validate(Message(b"{}"))


@pytest.mark.parametrize(
    ("graph", "leaf"),
    [
        ("a", True),
        ({"parallel": ["a"]}, True),
        ({"parallel": {"x": "a", "y": {"parallel": ["a"]}, "z": "inner"}}, True),
        ({"parallel": {"x": {"predict": "a", "timeout": "1s"}}, "merge": {"argmax": "output.x"}, "timeout": "1500ms"}, True),
        ({"sequence": ["a"]}, True),
        ({"sequence": ["a", "a"]}, False),
        ({"parallel": {"x": "a", "y": {"sequence": ["a", "a"]}}}, False),
        ("guarded", False),
        ({"value": 1}, False),
    ],
)
def test_what_needs_no_task_is_a_leaf(graph: Any, leaf: bool) -> None:  # noqa: FBT001
    inner = {"parallel": ["a"], "timeout": "1s"}
    graphs = {"predict": graph, "inner": inner, "guarded": {**inner, "schema": {"type": "object"}}}
    assert isinstance(compiled(graphs).call, Leaf) is leaf


def test_a_graph_with_problems_is_refused_with_all_of_them() -> None:
    with pytest.raises(ConfigError) as caught:
        compiled({"predict": {"parallel": {"x": "nobody", "y": "inner"}, "schema": {"type": 1}}, "inner": {"transform": "${no}"}})
    assert sorted(problem.path for problem in caught.value.problems) == [
        "graphs.inner.transform",
        "graphs.predict.parallel.x",
        "graphs.predict.schema.type",
    ]


def test_the_deepest_graph_that_check_allows_compiles() -> None:
    chain: dict[str, Any] = {f"g{place}": {"sequence": [f"g{place + 1}"]} for place in range(31)}
    assert compiled({**chain, "g31": {"parallel": ["a"]}}, "g0").name == "g0"


@pytest.mark.parametrize(
    ("root", "looked_into"),
    [
        ({"sequence": ["a", {"transform": "${request.x}"}]}, True),
        ({"transform": {"x": "${input.x}"}}, True),
        ({"parallel": ["a"]}, False),
        ({"parallel": ["a"], "merge": {"max": "output.n"}}, False),
    ],
)
def test_a_name_twice_in_a_request_is_refused_only_where_the_graph_looks_into_it(root: Any, *, looked_into: bool) -> None:
    validate = compiled({"predict": root}).validate
    assert (validate is not None) is looked_into
    if validate is not None:
        validate(Message(b'{"x":1}'))
        with pytest.raises(BadRequest, match="twice"):
            validate(Message(b'{"x":1,"x":2}'))
