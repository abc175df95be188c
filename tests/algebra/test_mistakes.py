"""Every mistake is told when it is made, in the words in which a file's would be, with how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest

import plait
from plait.errors import ConfigError, Problem

A = plait.predictor("a", "http://127.0.0.1:1")
B = plait.predictor("b", "http://127.0.0.1:2")
LOOP: list[Any] = []
LOOP.append(LOOP)


def problems(make: Callable[[], object]) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        make()
    return caught.value.problems


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: plait.parallel(A, timeot="1s"), "unknown key timeot (did you mean timeout?)"),
        (lambda: plait.parallel(A, timeot=None), "unknown key timeot (did you mean timeout?)"),
        (lambda: plait.predictor("a", "http://a", timeot=None), "predictors.a: unknown key timeot (did you mean timeout?)"),
        (lambda: plait.cascade(A, until=None), "needs until (add until: …)"),
        (lambda: plait.predict("a", tmeout="1s"), "unknown key tmeout (did you mean timeout?)"),
        (lambda: plait.parallel(A, route="/x"), "route is an option of graphs (write .served(route=…) behind it)"),
        (lambda: plait.parallel(A, {"predict": 3}), "parallel[1].predict: must be text (put it in quotes)"),
        (lambda: plait.parallel(A, {"sequense": []}), "parallel[1]: does not say what it does (did you mean sequence?)"),
        (lambda: plait.parallel({"A": A}), "parallel.A: is no name (names are lower-case letters"),
        (plait.parallel, "parallel: must not be empty"),
        (lambda: plait.parallel(A, b=B), "parallel: has branches with and without a name (name all of them, or none)"),
        (lambda: plait.parallel(A, merge="fist"), "merge: is no merge (did you mean first?)"),
        (lambda: plait.parallel(A, require="some"), "require: is no requirement (take all, any"),
        (lambda: plait.sequence(A, 3), "sequence[1]: is no node (write the name of a predictor"),
        (lambda: A.with_options(timeout=3), "timeout: a duration needs its unit, such as 3s or 3ms"),
        (lambda: A.with_options(optional="yes"), "optional: must be true or false (yes is text)"),
        (lambda: A.with_options(on_error="pass"), "on_error: must be 'skip'"),
        (lambda: A.with_options(whem="x"), "unknown key whem (did you mean when?)"),
        (lambda: plait.switch(A), "switch[0]: is no pair (write (CEL, node))"),
        (lambda: plait.switch((A, "input.x")), "switch[0].when: must be text"),
        (lambda: plait.switch({"input.x": A}, default=3), "switch[1].else: is no node"),
        (lambda: plait.split(A, B), "split[0]: is no pair (write (weight, node))"),
        (lambda: plait.split((9, A), (-1, B)), "split[1].weight: must be at least 0"),
        (lambda: plait.cascade(A, until=3), "until: must be text"),
        (lambda: plait.argmax(3), "argmax: must be text"),
        (lambda: plait.vote("output", {"a": -1}), "weights.a: must be at least 0"),
        (
            lambda: plait.predictor("a", "ftp://x"),
            "predictors.a.url: is no http URL (write it as http://host:port or https://host:port)",
        ),
        (lambda: plait.predictor("a"), 'predictors.a: needs url (add url: "http://host:port")'),
        (lambda: plait.predictor("A", "http://a"), "predictors.A: is no name"),
        (lambda: plait.predictor("a", "http://a", timeuot="1s"), "predictors.a: unknown key timeuot (did you mean timeout?)"),
        (lambda: plait.subgraph("in", A), "graphs.in: in is a word of the expression language (take another name)"),
        (lambda: plait.subgraph("g", A, rout="/x"), "unknown key rout (did you mean route?)"),
        (lambda: A.served(route="x"), "route: is no route (write it as /path/of/segments)"),
        (lambda: A.served(schema=[]), "schema: must be a mapping"),
        (lambda: A.served(sample={1, 2}), "sample: is no JSON value, but set (write objects, lists"),
        (lambda: A.served(schema={"const": float("inf")}), "schema.const: is no finite number"),
        (lambda: plait.transform({"x": [object()]}), "transform.x[0]: is no JSON value, but object"),
        (lambda: plait.transform({"x": A}), "transform.x: is no JSON value, but plait.nodes.predict.Predict"),
        (lambda: plait.transform({1: 2}), "transform: has a key that is no text, but int"),
        (lambda: plait.transform({"\ud800": 2}), "transform: has a key that is no valid Unicode text"),
        (lambda: plait.value("\ud800"), "value: is no valid Unicode text"),
        (lambda: plait.value(float("nan")), "value: is no finite number"),
        (lambda: plait.value(1 << 64), "value: is too large for a whole number of 64 bits (make it a float)"),
        (lambda: plait.value(LOOP), "is nested more than 64 deep"),
        (lambda: plait.sequence({"value": {"x": b"x"}}), "sequence[0].value.x: is no JSON value, but bytes"),
        (lambda: plait.predict("a", input={"x": {1}}), "input.x: is no JSON value, but set"),
    ],
)
def test_a_mistake_is_told_with_advice(make: Callable[[], object], told: str):
    assert told in "\n".join(map(str, problems(make)))


def test_nodes_cannot_nest_without_end():
    graph = reduce(lambda inner, _: plait.fallback(inner), range(63), A)
    with pytest.raises(ConfigError, match="nests more than 64 nodes deep"):
        plait.fallback(graph)


def test_all_mistakes_are_told_at_once():
    found = problems(lambda: plait.parallel(A, {"predict": 3}, timeout=1, merge="x", nme="y"))
    assert {problem.path for problem in found} == {"parallel[1].predict", "merge", "timeout", ""}


def test_a_mistake_reads_whole_as_an_exception():
    with pytest.raises(ConfigError, match=r"^unknown key timeot \(did you mean timeout\?\)$"):
        plait.parallel(A, timeot="1s")
