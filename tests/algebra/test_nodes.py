"""Every function says what a mapping in a file says: the same spec comes out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

import plait
from plait.algebra.options import GraphOptions, NodeOptions, PredictorOptions
from plait.graph import spec as specs
from plait.nodes.merges import BY_EXPRESSION
from plait.nodes.node import NodeSpec
from plait.nodes.union import BY_KEY, Node
from plait.spec.predictor import Predictor
from tests.nodes import functions

A = plait.predictor("a", "http://127.0.0.1:1")
B = plait.predictor("b", "http://127.0.0.1:2")

NODES: list[tuple[plait.Graph, Any]] = [
    (A, "a"),
    (plait.predict("a"), "a"),
    (plait.predict("a", name="x", timeout="300ms"), {"predict": "a", "name": "x", "timeout": "300ms"}),
    (plait.sequence(A, "b", {"value": 1}), {"sequence": ["a", "b", {"value": 1}]}),
    (A >> B, {"sequence": ["a", "b"]}),
    (plait.parallel(A, B), {"parallel": ["a", "b"]}),
    (plait.parallel({"x": A, "y": "b"}), {"parallel": {"x": "a", "y": "b"}}),
    (plait.parallel(x=A, y=B), {"parallel": {"x": "a", "y": "b"}}),
    (plait.parallel(x={"value": 1}, y=A, optional=True), {"parallel": {"x": {"value": 1}, "y": "a"}, "optional": True}),
    (plait.parallel(A, B, require=["a"]), {"parallel": ["a", "b"], "require": ["a"]}),
    (plait.parallel(A, B, require=1, merge="list"), {"parallel": ["a", "b"], "require": 1, "merge": "list"}),
    (plait.switch({"input.x": A}), {"switch": [{"when": "input.x", "then": "a"}]}),
    (plait.switch({"input.x": A}, default=B), {"switch": [{"when": "input.x", "then": "a"}, {"else": "b"}]}),
    (
        plait.switch(("input.x", A), {"input.y": B}, name="s"),
        {"switch": [{"when": "input.x", "then": "a"}, {"when": "input.y", "then": "b"}], "name": "s"},
    ),
    (plait.split((9, A), (1, B)), {"split": [{"weight": 9, "to": "a"}, {"weight": 1, "to": "b"}]}),
    (plait.split((0.5, A), key="input.id"), {"split": [{"weight": 0.5, "to": "a"}], "key": "input.id"}),
    (plait.fallback(A, B, {"value": None}), {"fallback": ["a", "b", {"value": None}]}),
    (plait.cascade(A, B, until="output.ok"), {"cascade": ["a", "b"], "until": "output.ok"}),
    (plait.map("input.items", A), {"map": "input.items", "do": "a"}),
    (
        plait.map("input", A, concurrency=2, max_items=5, require="any", timeout="1s"),
        {"map": "input", "do": "a", "concurrency": 2, "max_items": 5, "require": "any", "timeout": "1s"},
    ),
    (plait.shadow(A, of=B), {"shadow": "a", "of": "b"}),
    (plait.shadow(A, of=B, sample="10%", name="s"), {"shadow": "a", "of": "b", "sample": "10%", "name": "s"}),
    (plait.python("rules:grade"), {"python": "rules:grade"}),
    (plait.python(functions.double, name="d"), {"python": "tests.nodes.functions:double", "name": "d"}),
    (plait.parallel(A, merge=functions.best), {"parallel": ["a"], "merge": {"python": "tests.nodes.functions:best"}}),
    (plait.transform({"x": ("${input}", 1.0)}), {"transform": {"x": ["${input}", 1.0]}}),
    (plait.transform(None), {"transform": None}),
    (plait.value(None, name="v"), {"value": None, "name": "v"}),
]
MERGES: list[tuple[Any, Any]] = [
    ("by_name", "by_name"),
    ("list", "list"),
    ("object", "object"),
    ("first", "first"),
    (plait.argmax("output.p"), {"argmax": "output.p"}),
    (plait.argmin("output.p"), {"argmin": "output.p"}),
    (plait.vote("output.l"), {"vote": "output.l"}),
    (plait.vote("output.l", {"a": 2}), {"vote": "output.l", "weights": {"a": 2}}),
    (plait.mean("output.p", weights={"a": 0.5}), {"mean": "output.p", "weights": {"a": 0.5}}),
    (plait.max("output.p"), {"max": "output.p"}),
    (plait.min("output.p"), {"min": "output.p"}),
    (plait.sum("output.p"), {"sum": "output.p"}),
    ({"argmax": "output.p"}, {"argmax": "output.p"}),
    ({"python": "rules:grade"}, {"python": "rules:grade"}),
]
OPTIONS: dict[str, Any] = {
    "name": "x",
    "timeout": "300ms",
    "input": {"data": "${request}"},
    "optional": True,
    "when": "input.x > 1.0",
    "on_error": "skip",
    "retry": {"attempts": 2, "on": ["connect", 503]},
    "hedge": {"after": "50ms"},
    "cache": {"ttl": "1m", "key": "input.id"},
}


def spec(data: Any) -> NodeSpec:
    adapter: TypeAdapter[NodeSpec] = TypeAdapter(Node)
    return adapter.validate_python(data)


def same(one: NodeSpec, other: NodeSpec) -> bool:
    return one == other and one.model_fields_set == other.model_fields_set


@pytest.mark.parametrize(("graph", "data"), NODES, ids=lambda value: repr(value) if isinstance(value, plait.Graph) else "")
def test_a_function_says_what_a_file_says(graph: plait.Graph, data: Any):
    assert same(graph.root, spec(data))


@pytest.mark.parametrize(("merge", "data"), MERGES, ids=str)
def test_a_merge_says_what_a_file_says(merge: Any, data: Any):
    assert same(plait.parallel(A, B, merge=merge).root, spec({"parallel": ["a", "b"], "merge": data}))


@pytest.mark.parametrize("key", OPTIONS)
@pytest.mark.parametrize(
    "base",
    ["predict", "sequence", "parallel", "switch", "split", "fallback", "cascade", "map", "shadow", "python", "transform", "value"],
)
def test_an_option_is_a_keyword_everywhere_and_can_be_added_later(base: str, key: str):
    option = {key: OPTIONS[key]}
    made: dict[str, Any] = {
        "predict": lambda **given: plait.predict("a", **given),
        "sequence": lambda **given: plait.sequence(A, **given),
        "parallel": lambda **given: plait.parallel(A, **given),
        "switch": lambda **given: plait.switch({"input.x": A}, **given),
        "split": lambda **given: plait.split((1, A), **given),
        "fallback": lambda **given: plait.fallback(A, **given),
        "cascade": lambda **given: plait.cascade(A, until="output", **given),
        "map": lambda **given: plait.map("input", A, **given),
        "shadow": lambda **given: plait.shadow(A, of=B, **given),
        "python": lambda **given: plait.python("rules:grade", **given),
        "transform": lambda **given: plait.transform(1, **given),
        "value": lambda **given: plait.value(1, **given),
    }
    graph: plait.Graph = made[base](**option)
    assert getattr(graph.root, key) is not None
    assert same(graph.root, made[base]().with_options(**option).root)


def test_there_is_a_function_for_every_kind_and_merge():
    for name in (*BY_KEY, *BY_EXPRESSION):
        assert callable(getattr(plait, name))


def test_type_checkers_know_every_option():
    own = {field.alias or name for name, field in specs.GraphOptions.model_fields.items()}
    assert set(NodeOptions.__annotations__) == set(NodeSpec.model_fields) == set(OPTIONS)
    assert set(PredictorOptions.__annotations__) == set(Predictor.model_fields) - {"url"}
    assert set(GraphOptions.__annotations__) == own


def test_none_says_that_an_option_is_not_given_but_input_may_be_null():
    assert plait.predict("a", timeout=None, when=None).root.model_fields_set == {"predict"}
    assert plait.predict("a", input=None).root.has_input


def test_a_predictor_takes_the_options_of_a_file():
    graph = plait.predictor("a", "http://a", timeout="300ms", headers={"X-A": "1"}, pass_status=[422], enabled=False)
    data = {"url": "http://a", "timeout": "300ms", "headers": {"X-A": "1"}, "pass_status": [422], "enabled": False}
    assert graph.names.predictors == {"a": Predictor.model_validate(data)}
