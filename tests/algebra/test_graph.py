from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import plait
from plait.errors import ConfigError
from plait.graph.load import load_text
from plait.graph.spec import Config
from plait.nodes.sequence import Sequence

A = plait.predictor("a", "http://127.0.0.1:1")
B = plait.predictor("b", "http://127.0.0.1:2")
C = plait.predictor("c", "http://127.0.0.1:3")


def steps(graph: plait.Graph) -> list[str]:
    assert isinstance(graph.root, Sequence)
    return [step.label for step in graph.root.sequence]


def config(text: str) -> Config:
    return load_text(text, {}).config


# Steps.


def test_steps_associate():
    assert (A >> B) >> C == A >> (B >> C) == plait.sequence(A, B, C)


def test_a_sequence_with_options_stays_one_step():
    assert steps((A >> B).with_options(name="ab") >> C) == ["ab", "c"]
    assert steps(plait.sequence(A >> B, C)) == ["sequence", "c"]


@pytest.mark.parametrize("graph", ["x" >> A, A >> "x", {"value": 1} >> A, A >> {"predict": "x"}, A.root >> B])
def test_names_mappings_and_specs_are_steps_too(graph: plait.Graph):
    assert len(steps(graph)) == 2


def test_what_is_no_node_is_no_step():
    with pytest.raises(TypeError, match="unsupported operand"):
        A >> 3  # type: ignore[operator]
    with pytest.raises(TypeError, match="unsupported operand"):
        None >> A  # type: ignore[operator]


# Names.


def test_what_is_named_anywhere_within_is_gathered_in_order():
    graph = plait.switch({"input.x": plait.fallback(C, plait.parallel(x=A))}, default=B)
    assert list(graph.names.predictors) == ["c", "a", "b"]
    assert list(({"sequence": [{"fallback": [A]}]} >> B).names.predictors) == ["a", "b"]


def test_one_name_for_two_predictors_is_refused_when_they_meet():
    other = plait.predictor("a", "http://127.0.0.1:9")
    with pytest.raises(ConfigError, match=r"predictors.a: two different predictors have the name a \(give one of them another"):
        plait.parallel(A, plait.sequence(other))
    assert plait.parallel(A, plait.predictor("a", "http://127.0.0.1:1"), B).names.predictors.keys() == {"a", "b"}


def test_a_subgraph_is_asked_by_name_and_brings_what_it_needs():
    inner = plait.subgraph("inner", A >> B, timeout="1s", schema={"type": "object"})
    outer = inner >> C
    assert steps(outer) == ["inner", "c"]
    assert list(outer.names.predictors) == ["a", "b", "c"]
    assert outer.names.graphs["inner"].request_schema == {"type": "object"}


@pytest.mark.parametrize("node", ["a", {"predict": "a"}, plait.predict("a"), A, A.root])
def test_anything_that_is_a_node_can_be_a_subgraph(node: Any):
    assert plait.subgraph("inner", node).names.graphs["inner"].root == A.root


def test_two_subgraphs_of_one_name_are_refused_when_they_meet():
    with pytest.raises(ConfigError, match="two different graphs have the name g"):
        plait.subgraph("g", A) >> plait.subgraph("g", B)


def test_a_subgraph_cannot_have_the_name_of_a_predictor_as_that_is_what_the_name_means():
    with pytest.raises(ConfigError, match=r"graphs\.a: the name a means the predictor of that name"):
        plait.subgraph("a", A)
    with pytest.raises(ConfigError, match=r"give one of them another name\)"):
        plait.subgraph("b", A) >> B
    assert list(config(A.to_yaml("a")).graphs) == ["a"]


# Options.


def test_a_graph_never_changes():
    with pytest.raises(FrozenInstanceError):
        A.root = B.root  # type: ignore[misc]
    before = repr(A), A.to_yaml()
    A.with_options(optional=True)
    A.served(route="/x")
    assert (repr(A), A.to_yaml()) == before


def test_options_can_be_added_changed_and_taken_away():
    graph = plait.parallel(A, B, timeout="1s").with_options(timeout="300ms", optional=True).with_options(optional=None)
    assert graph == plait.parallel(A, B, timeout="300ms")
    assert plait.value(None).with_options(name="x") == plait.value(None, name="x")


def test_the_options_of_a_kind_can_be_added_later_too():
    assert plait.parallel(A, B).with_options(merge=plait.max("output")) == plait.parallel(A, B, merge=plait.max("output"))
    assert plait.fallback(A).with_options(fallback=[A, B]) == plait.fallback(A, B)


def test_options_of_a_graph_can_be_added_changed_and_taken_away():
    graph = (A >> B).served(timeout="1s", route="/x").served(timeout="2s", route=None, sample=None)
    assert graph == (A >> B).served(timeout="2s", sample=None)
    assert graph.spec("g").has_sample


def test_options_of_a_graph_that_is_asked_by_name_are_its_own():
    inner = plait.subgraph("inner", A, timeout="1s").served(route="/x", sample=None)
    assert inner == plait.subgraph("inner", A, timeout="1s", route="/x", sample=None)
    assert plait.Proxy({"inner": inner}).config.route("inner") == "/x"
    assert steps(inner.served(timeout="2s") >> B) == ["inner", "b"]


@pytest.mark.parametrize("options", [{"timeout": "1s"}, {"schema": {}}])
def test_options_that_hold_for_a_whole_graph_are_not_lost_within_another(options: Any):
    with pytest.raises(ConfigError, match=r"would be lost: (timeout|schema) .*plait\.subgraph"):
        A.served(**options) >> B
    assert steps(A.served(route="/x", sample=1, description="x") >> B) == ["a", "b"]


# Text.


@pytest.mark.parametrize(
    ("graph", "text"),
    [
        (A, "<Graph a>"),
        (A >> plait.transform({"x": 1}), "<Graph a >> transform>"),
        (plait.parallel(A, when=None) >> B, "<Graph parallel(a) >> b>"),
        (plait.parallel(x=A, b=B), "<Graph parallel(x=a, b)>"),
        (plait.parallel(x=A >> B), "<Graph parallel(x=sequence(a, b))>"),
        (plait.switch({"input.x": A}, default=B), "<Graph switch(a, b)>"),
        (
            plait.sequence(plait.sequence(plait.sequence(plait.sequence(plait.sequence(A))))),
            "<Graph sequence(sequence(sequence(sequence(…))))>",
        ),
    ],
)
def test_a_graph_is_shown_in_a_few_words(graph: plait.Graph, text: str):
    assert repr(graph) == text


def test_a_large_graph_is_shown_in_one_line():
    assert len(repr(plait.parallel(*(f"predictor_{number}" for number in range(100))))) < 140


# Files.


def test_a_file_has_all_that_a_graph_names():
    text = (plait.subgraph("inner", A) >> B).served(route="/x").to_yaml("outer")
    assert config(text) == config(
        """
        predictors: {a: {url: "http://127.0.0.1:1"}, b: {url: "http://127.0.0.1:2"}}
        graphs: {outer: {sequence: [inner, b], route: /x}, inner: a}
        """
    )


def test_a_graph_without_a_name_is_predict_and_a_subgraph_has_its_own():
    assert list(config(A.to_yaml()).graphs) == ["predict"]
    assert list(config(plait.subgraph("inner", A).to_yaml()).graphs) == ["inner"]


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(ConfigError, match="two different graphs have the name predict"):
        (plait.subgraph("predict", A) >> B).to_yaml()


def test_what_is_too_deep_for_a_file_is_refused():
    graph = A
    for _ in range(40):
        graph = plait.fallback(graph)
    with pytest.raises(ConfigError, match="is nested more than 64 deep"):
        graph.to_yaml()


def test_a_timeout_of_the_first_node_is_the_graphs_as_in_a_file():
    graph = plait.parallel(A, B, timeout="300ms")
    assert config(graph.to_yaml()).graphs["predict"] == graph.spec("predict")
    assert graph.spec("predict").timeout == 0.3


def test_a_first_node_keeps_its_timeout_where_the_graph_has_one_too():
    graph = plait.parallel(A, B, timeout="300ms").served(timeout="1s")
    assert config(graph.to_yaml()).graphs["predict"] == graph.spec("predict")
    assert graph.spec("predict").root.children()[0].node.timeout == 0.3


def test_a_notebook_shows_a_picture():
    picture = ET.fromstring((A >> plait.parallel(x=A, y=B))._repr_svg_())  # noqa: S314 - it is our own
    words = {text for element in picture.iter() if (text := element.text)}
    assert {"a", "127.0.0.1:1 · timeout 1s", "parallel", "x", "y"} <= words
