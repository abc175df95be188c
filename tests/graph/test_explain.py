"""A graph for readers."""

from __future__ import annotations

from typing import Any

from plait.graph.explain import explain_json, explain_text
from plait.graph.spec import Config

GRAPHS: dict[str, Any] = {
    "predict": {"parallel": ["setosa", {"predict": "versicolor", "name": "second", "timeout": "250ms", "optional": True}]},
    "label": {
        "sequence": [
            {
                "parallel": {"x": "setosa", "y": {"sequence": ["versicolor", "predict"]}},
                "merge": {"argmax": "output.p[0]"},
                "require": ["x"],
            },
            {"transform": {"label": "${input.label}"}, "input": "${request}", "name": "shape"},
            {"value": "é"},
        ],
        "timeout": "1s",
        "route": "/label",
        "description": "The likeliest class.",
    },
    "fastest": {"parallel": ["setosa", "versicolor"], "merge": "first"},
    "alone": "setosa",
}
CONFIG = Config.model_validate(
    {
        "predictors": {
            "setosa": {"url": "http://127.0.0.1:8000", "timeout": "300ms"},
            "versicolor": {"url": "http://127.0.0.1:8001", "enabled": False},
        },
        "graphs": GRAPHS,
    }
)


def test_a_graph_is_drawn_as_a_tree_with_what_matters_of_each_node() -> None:
    assert explain_text(CONFIG, "label") == (
        """\
label  POST /label  timeout 1s
   The likeliest class.
└─ sequence
   ├─ parallel · require x · merge argmax output.p[0]
   │  ├─ x · asks setosa · http://127.0.0.1:8000 · timeout 300ms
   │  └─ y: sequence
   │     ├─ versicolor · http://127.0.0.1:8001 · timeout 1s · excluded
   │     └─ predict · graph predict
   ├─ shape: transform · {"label": "${input.label}"} · input "${request}"
   └─ value · "é\""""
    )


def test_options_and_defaults_are_shown() -> None:
    assert explain_text(CONFIG, "predict") == (
        """\
predict  POST /predict  timeout 2s
└─ parallel · require all · merge by_name
   ├─ setosa · http://127.0.0.1:8000 · timeout 300ms
   └─ second · asks versicolor · http://127.0.0.1:8001 · timeout 1s · excluded · within 250ms · optional"""
    )


def test_the_fastest_answer_and_a_single_predictor_are_shown() -> None:
    assert "└─ parallel · the fastest answer" in explain_text(CONFIG, "fastest")
    assert explain_text(CONFIG, "alone").splitlines()[1:] == ["└─ setosa · http://127.0.0.1:8000 · timeout 300ms"]


def test_the_same_facts_are_there_for_machines() -> None:
    found = explain_json(CONFIG, "label")
    assert (found["route"], found["timeout"], found["description"]) == ("/label", "1s", "The likeliest class.")
    root = found["root"]
    assert (root["kind"], root["label"], root["facts"]) == ("sequence", "sequence", [])
    parallel, shape, value = root["children"]
    assert [child["label"] for child in parallel["children"]] == ["x", "y"]
    assert parallel["children"][0] == {
        "kind": "predict",
        "label": "x",
        "facts": [],
        "asks": "setosa",
        "url": "http://127.0.0.1:8000",
    }
    assert parallel["children"][1]["children"][1] == {"kind": "predict", "label": "predict", "facts": [], "asks": "predict"}
    assert shape["facts"] == ['{"label": "${input.label}"}', 'input "${request}"']
    assert value == {"kind": "value", "label": "value", "facts": ['"é"']}


def test_rules_stand_below_the_nodes() -> None:
    often = {"count": 5, "within": "1m", "by": "part"}
    rules = [
        {"name": "alarm", "on": "part", "when": "output.p > 0.9", "do": {"alert": "pager"}, **often},
        {"on": "result", "when": "true", "do": {"set": {"a.b": 1}, "drop": "c", "respond": {"status": 403, "body": {"d": 2}}}},
    ]
    graphs = {"predict": {"predict": "setosa", "rules": rules}}
    config = CONFIG.model_copy(update={"graphs": Config.model_validate({"graphs": graphs}).graphs})
    assert explain_text(config, "predict").splitlines()[-2:] == [
        "   rule alarm · on part · when output.p > 0.9 · 5 times within 1m by part · alert pager",
        '   rule 2 · on result · when true · set a.b 1 · drop c · respond 403 {"d": 2}',
    ]
    assert explain_json(config, "predict")["rules"] == [
        {
            "name": "alarm",
            "on": "part",
            "when": "output.p > 0.9",
            "counts": ["5 times within 1m by part"],
            "does": ["alert pager"],
        },
        {"name": "2", "on": "result", "when": "true", "counts": [], "does": ["set a.b 1", "drop c", 'respond 403 {"d": 2}']},
    ]
