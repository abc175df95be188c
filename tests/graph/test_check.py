"""What is wrong with a configuration as a whole, all of it at once."""

from __future__ import annotations

from typing import Any

import pytest

from plait.graph.check import DEEPEST_GRAPH, LARGEST_GRAPH, LARGEST_TOTAL, OWN_ROUTES, check
from plait.graph.spec import Config
from plait.graph.uses import graphs_used, predictors_used

PREDICTORS = {name: {"url": "http://127.0.0.1:1"} for name in ("setosa", "versicolor", "virginica")}


def config(graphs: dict[str, Any], **more: Any) -> Config:
    return Config.model_validate({"predictors": PREDICTORS, "graphs": graphs, **more})


def found(graphs: dict[str, Any], **more: Any) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.message, problem.hint) for problem in check(config(graphs, **more))]


def only(node: Any) -> tuple[str, str, str]:
    (problem,) = found({"predict": node})
    return problem


def test_a_sound_configuration_has_no_problems() -> None:
    label = {
        "sequence": [
            {"parallel": ["setosa", "versicolor", "virginica"], "merge": {"argmax": "output.prediction[0]"}, "timeout": "500ms"},
            {"transform": {"prediction": {"proba": "${input.score}", "label": "${input.label}"}}},
        ],
        "timeout": "1s",
    }
    assert found({"predict": {"parallel": list(PREDICTORS)}, "label": label, "both": {"parallel": ["predict", "label"]}}) == []


# Names.


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("setsa", "did you mean setosa?"),
        ("predic", "did you mean predict?"),
        ("xyz", "there are setosa, versicolor, virginica, predict, other"),
    ],
)
def test_an_unknown_name_is_a_problem_with_a_hint(name: str, hint: str) -> None:
    graphs = {"predict": {"sequence": ["setosa", {"parallel": {"x": name}}]}, "other": {"value": 1}}
    assert found(graphs) == [("graphs.predict.sequence[1].parallel.x", f"there is no predictor or graph {name}", hint)]


def test_a_name_is_the_predictor_even_where_a_graph_has_it_too() -> None:
    both = config({"setosa": {"sequence": ["setosa", "versicolor"]}, "predict": "setosa"})
    assert check(both) == []
    assert graphs_used(both, "predict") == []
    assert predictors_used(both, "predict") == ["setosa"]


def test_the_predictors_of_a_graph_are_those_that_it_reaches_in_the_order_of_naming() -> None:
    graphs = {
        "predict": {"parallel": ["inner", "virginica"]},
        "inner": {"sequence": ["setosa", "deepest"]},
        "deepest": "versicolor",
    }
    assert predictors_used(config(graphs), "predict") == ["virginica", "setosa", "versicolor"]


# Branches and requirements.


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (
            {"parallel": ["setosa", "setosa"]},
            ("graphs.predict.parallel[1]", "there is already a branch setosa", "give one of them another name"),
        ),
        (
            {"parallel": ["setosa", {"value": 1, "name": "setosa"}]},
            ("graphs.predict.parallel[1]", "there is already a branch setosa", "give one of them another name"),
        ),
        (
            {"parallel": ["setosa", {"value": 1}]},
            (
                "graphs.predict.parallel[1]",
                "a value in a list of branches needs a name",
                "add name: …, or write the branches as a mapping",
            ),
        ),
        (
            {"parallel": ["setosa", "versicolor"], "require": 3},
            ("graphs.predict.require", "3 branches can never answer where there are 2", "require 2 or fewer"),
        ),
        (
            {"parallel": ["setosa", "versicolor"], "require": ["setosa", "versicolour"]},
            ("graphs.predict.require[1]", "there is no branch versicolour", "the branches are setosa, versicolor"),
        ),
        (
            {"parallel": ["setosa"], "merge": "first", "require": "all"},
            ("graphs.predict.require", "merge first takes one answer only", "leave require out"),
        ),
    ],
)
def test_a_parallel_that_cannot_be_is_a_problem(node: Any, expected: tuple[str, str, str]) -> None:
    assert only(node) == expected


def test_a_predictors_long_form_needs_no_name_in_a_list() -> None:
    assert found({"predict": {"parallel": [{"predict": "setosa", "timeout": "1s"}, {"value": 1, "name": "one"}]}}) == []


# Timeouts.


@pytest.mark.parametrize(("own", "around"), [("2s", "2s"), ("3s", "2s"), ("2001ms", "2s")])
def test_a_timeout_that_is_not_shorter_than_the_one_around_it_is_a_problem(own: str, around: str) -> None:
    text = "3s" if own == "3s" else own
    node = {"sequence": [{"parallel": {"x": {"predict": "setosa", "timeout": own}}}], "timeout": around}
    assert only(node) == (
        "graphs.predict.sequence[0].parallel.x.timeout",
        f"a timeout of {text} never counts within one of {around}",
        f"make it shorter than {around}",
    )


def test_the_nearest_timeout_around_is_the_one_that_counts() -> None:
    inner = {"sequence": [{"predict": "setosa", "timeout": "600ms"}], "timeout": "500ms"}
    path, message, _ = only({"sequence": [inner], "timeout": "1s"})
    assert (path, message) == (
        "graphs.predict.sequence[0].sequence[0].timeout",
        "a timeout of 600ms never counts within one of 500ms",
    )


def test_defaults_predictors_and_the_timeouts_of_used_graphs_are_not_judged() -> None:
    graphs = {
        "predict": {"sequence": [{"predict": "setosa", "timeout": "5s"}]},
        "outer": {"sequence": ["inner"], "timeout": "1s"},
        "inner": {"predict": "setosa", "timeout": "9s"},
    }
    assert found(graphs, defaults={"graph": {"timeout": "3s"}, "predictor": {"timeout": "1m"}}) == []


# Routes.


@pytest.mark.parametrize("route", [*OWN_ROUTES, "/health/all", "/v2/models/x", "/metadata/predict", "/jobs/1"])
def test_plaits_own_routes_are_taken(route: str) -> None:
    assert found({"predict": {"value": 1, "route": route}}) == [
        ("graphs.predict.route", f"the route {route} is one of plait's own", "give the graph another route")
    ]


@pytest.mark.parametrize("route", ["/healthy", "/v1x", "/predict/get", "/predict/get/tests", "/x/health"])
def test_routes_that_only_look_like_plaits_own_are_free(route: str) -> None:
    assert found({"predict": {"value": 1, "route": route}}) == []


def test_a_route_of_another_graph_is_taken() -> None:
    graphs = {
        "predict": {"value": 1},
        "a": {"value": 1, "route": "/predict"},
        "b": {"value": 1, "route": "/x"},
        "c": {"value": 1, "route": "/x"},
        "d": {"value": 1, "route": "/predict/e"},
        "e": {"value": 1},
    }
    hint = "give one of them another route"
    assert found(graphs) == [
        ("graphs.a.route", "the route /predict is already that of graph predict", hint),
        ("graphs.c.route", "the route /x is already that of graph b", hint),
        ("graphs.e", "the route /predict/e is already that of graph d", hint),
    ]


# Expressions and schemas.


@pytest.mark.parametrize(
    ("node", "path"),
    [
        ({"transform": "${input.}"}, "graphs.predict.transform"),
        ({"transform": {"a": ["x", "${unknown}"]}}, "graphs.predict.transform.a[1]"),
        ({"sequence": [{"transform": "${later}"}, {"value": 1, "name": "later"}]}, "graphs.predict.sequence[0].transform"),
        ({"parallel": {"x": {"value": 1}, "y": {"transform": "${x}"}}}, "graphs.predict.parallel.y.transform"),
        (
            {"sequence": [{"sequence": [{"value": 1, "name": "in_there"}]}, {"transform": "${in_there}"}]},
            "graphs.predict.sequence[1].transform",
        ),
        ({"predict": "setosa", "input": "${output}"}, "graphs.predict.input"),
        ({"parallel": ["setosa"], "merge": {"argmin": "1 +"}}, "graphs.predict.merge.argmin"),
        ({"value": 1, "schema": {"type": "nope"}}, "graphs.predict.schema.type"),
        ({"value": 1, "schema": {"properties": {"a": {"pattern": "("}}}}, "graphs.predict.schema.properties.a.pattern"),
    ],
)
def test_what_does_not_compile_is_a_problem_of_its_place(node: Any, path: str) -> None:
    found_path, message, _ = only(node)
    assert found_path == path
    assert message


# Cycles.


@pytest.mark.parametrize(
    ("uses", "cycles"),
    [
        ({"a": "a"}, ["a → a"]),
        ({"a": "b", "b": "a"}, ["a → b → a"]),
        ({"a": "c", "b": "c", "c": "b"}, ["b → c → b"]),
        ({"a": "bc", "b": "a", "c": "a"}, ["a → b → a", "a → c → a"]),
        ({"a": "b", "b": "b", "c": "d", "d": "c"}, ["b → b", "c → d → c"]),
        ({"a": "bb", "b": "cc", "c": ""}, []),
        ({"a": "aa"}, ["a → a"]),
    ],
)
def test_every_cycle_is_a_problem_once_at_its_first_graph(uses: dict[str, str], cycles: list[str]) -> None:
    graphs = {name: {"sequence": [*others, {"value": 1}]} for name, others in uses.items()}
    expected = [(f"graphs.{cycle[0]}", f"asks itself: {cycle}", "break the cycle") for cycle in cycles]
    assert sorted(found(graphs)) == sorted(expected)


# Sizes.


def doubling(depth: int) -> dict[str, Any]:
    graphs: dict[str, Any] = {f"g{place}": {"parallel": {"x": f"g{place + 1}", "y": f"g{place + 1}"}} for place in range(depth)}
    return {**graphs, f"g{depth}": "setosa"}


def test_graphs_that_double_at_every_level_are_refused_where_they_grow_too_large() -> None:
    for depth in (14, 60, 500):
        assert found(doubling(depth)) == [
            (f"graphs.g{depth - 12}", "has 16,381 nodes with those of the graphs that it uses", f"{LARGEST_GRAPH:,} are the most")
        ]


def test_a_long_chain_of_graphs_is_refused_where_it_grows_too_deep() -> None:
    chain: dict[str, Any] = {f"g{place}": {"sequence": [f"g{place + 1}"]} for place in range(2000)}
    assert found({**chain, "g2000": "setosa"}) == [
        ("graphs.g1968", "nests 65 nodes deep with the graphs that it uses", f"{DEEPEST_GRAPH} are the most")
    ]


def test_many_graphs_of_a_large_one_are_refused_together() -> None:
    graphs = {**doubling(10), **{f"h{place}": "g0" for place in range(24)}}
    (problem,) = found(graphs)
    assert problem == (
        "graphs",
        "have 106,411 nodes in all, each with those of the graphs that it uses",
        f"{LARGEST_TOTAL:,} are the most",
    )


# Everything at once.


def test_every_problem_is_found_at_once_and_each_only_once() -> None:
    graphs = {
        "predict": {"parallel": ["setsa", "inner", "round"], "require": 4, "route": "/health"},
        "inner": {"sequence": [{"transform": "${nothing}"}, "nobody"], "schema": {"type": 1}},
        "round": {"sequence": ["again", {"predict": "setosa", "timeout": "9s"}], "timeout": "1s"},
        "again": {"parallel": ["round", {"value": 1}]},
        "uses": {"sequence": ["inner", "inner", "predict"]},
    }
    assert sorted(path for path, *_ in found(graphs)) == [
        "graphs.again.parallel[1]",
        "graphs.inner.schema.type",
        "graphs.inner.sequence[0].transform",
        "graphs.inner.sequence[1]",
        "graphs.predict.parallel[0]",
        "graphs.predict.require",
        "graphs.predict.route",
        "graphs.round",
        "graphs.round.sequence[1].timeout",
    ]
