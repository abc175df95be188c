"""From a configuration to calls."""

from __future__ import annotations

from typing import Any

import pytest

from plait.background import Background
from plait.errors import BadRequest, ConfigError, InvalidRequest
from plait.graph.compile import Compiled, compile_graph
from plait.graph.spec import Config
from plait.nodes.ask import Ask
from plait.nodes.fanout import FanOut
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


@pytest.mark.parametrize("graph", ["a", {"sequence": ["a", "a"]}, {"fallback": ["a", "inner"]}, "inner", {"value": 1}])
def test_whatever_a_graph_is_made_of_it_needs_no_task(graph: Any) -> None:
    assert isinstance(compiled({"predict": graph, "inner": {"parallel": ["a"], "schema": {"type": "object"}}}).call, Leaf)


def test_an_option_that_is_not_used_adds_nothing() -> None:
    assert isinstance(compiled({"predict": "a"}).call, Ask)
    assert isinstance(compiled({"predict": {"parallel": ["a"]}}).call, FanOut)
    assert isinstance(compiled({"predict": {"predict": "a", "optional": False}}).call, Ask)


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
