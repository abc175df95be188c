"""What a file says of repeating, limiting and replicas: problems with their place and how to mend them, and how it is shown."""

from __future__ import annotations

import pytest

from plait.errors import ConfigError
from plait.graph.explain import explain_text
from plait.graph.load import load_checked, load_text
from plait.graph.schema import json_schema

FILE = """
defaults: {predictor: {DEFAULTS}}
predictors:
  a: {OPTIONS}
  b: {url: "http://127.0.0.1:8001"}
graphs:
  predict: {sequence: [NODE, b]}
  outer: {predict: predict, MORE}
"""
NOT_TWICE = 'url: "http://a", idempotent: false'
CAUSES = "(name connect, timeout, broken, 408, 425, 429 or a status from 500 to 599)"
TWICE = "must not reach it twice, says `idempotent: false` (leave out the hedge, and all but `connect` of the retry)"
NODE_TWICE = (
    "would have calls of a repeated, which says `idempotent: false` (leave out the hedge, and all but `connect` of the retry, or "
)
NODE_TWICE += "let the predictor say `idempotent: true`)"
BY_DEFAULT = "predictors.a.idempotent: says that it must not be asked twice, and by the defaults it would be "


def problems(options: str, node: str = "a", defaults: str = "", more: str = "") -> list[str]:
    text = FILE.replace("OPTIONS", options).replace("NODE", node).replace("DEFAULTS", defaults).replace("MORE", more)
    try:
        load_text(text, {})
    except ConfigError as exc:
        return [f":{problem.line}:{problem.column} {problem}" for problem in exc.problems]
    return []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ('url: "http://a", urls: ["http://b"]', ":4:3 predictors.a: has both url and urls (leave one of them out)"),
        ('urls: ["http://a", "http://a"]', ":4:3 predictors.a: has the same replica twice (name each once)"),
        ("urls: []", ':4:3 predictors.a: needs url (add url: "http://host:port")'),
        (
            'urls: ["http://a", "ftp://b"]',
            ":4:26 predictors.a.urls[1]: is no http URL (write it as http://host:port or https://host:port)",
        ),
        ('url: "http://a", retry: {on: [tiemout]}', f":4:37 predictors.a.retry.on[0]: is nothing to ask again after {CAUSES}"),
        ('url: "http://a", retry: {on: [503, 404]}', f":4:42 predictors.a.retry.on[1]: is nothing to ask again after {CAUSES}"),
        ('url: "http://a", retry: {attempts: 0}', ":4:42 predictors.a.retry.attempts: must be at least 1"),
        ('url: "http://a", retry: 3', ":4:31 predictors.a.retry: must be a mapping (write retry: {attempts: 3})"),
        ('url: "http://a", hedge: true', ":4:31 predictors.a.hedge: must be a mapping (write hedge: {after: p95})"),
        (
            'url: "http://a", limit: {in_flight: 0}',
            ":4:43 predictors.a.limit.in_flight: is no limit (write adaptive, or a number from 1 to 100000)",
        ),
        (
            'url: "http://a", eject: true',
            ":4:31 predictors.a.eject: is no rule (write eject: {failures: 4}, or eject: false for none)",
        ),
        (f"{NOT_TWICE}, hedge: {{}}", f":4:3 predictors.a: {TWICE}"),
        (f"{NOT_TWICE}, retry: {{on: [503]}}", f":4:3 predictors.a: {TWICE}"),
    ],
)
def test_a_wrong_policy_is_one_problem_with_its_place_and_how_to_mend_it(options: str, said: str) -> None:
    assert problems(options) == [said]


@pytest.mark.parametrize("option", ["retry: {on: [timeout]}", "hedge: {after: 50ms}"])
def test_a_node_must_not_repeat_what_must_not_be_repeated(option: str) -> None:
    found = problems(NOT_TWICE, f"{{predict: a, {option}}}")
    assert found == [f":7:24 graphs.predict.sequence[0]: {NODE_TWICE}"]


def test_nor_may_one_around_it_or_around_its_graph() -> None:
    assert problems(NOT_TWICE, "{sequence: [a], hedge: {}}") == [f":7:36 graphs.predict.sequence[0].sequence[0]: {NODE_TWICE}"]
    assert problems(NOT_TWICE, more="retry: {on: [503]}") == [f":8:3 graphs.outer: {NODE_TWICE}"]


def test_nor_may_the_defaults() -> None:
    hedge = "give the hedge to those predictors that may be asked twice, and take it out of the defaults"
    assert problems(NOT_TWICE, defaults="hedge: {}") == [f":4:36 {BY_DEFAULT}({hedge})"]
    retry = "give it a retry of its own, such as retry: {on: [connect]}"
    assert problems(NOT_TWICE, defaults="retry: {on: [503]}") == [f":4:36 {BY_DEFAULT}({retry})"]
    assert problems(f"{NOT_TWICE}, retry: {{on: [connect]}}", defaults="retry: {on: [503]}") == []


@pytest.mark.parametrize("option", ["retry: {attempts: 5}", "retry: {on: [connect]}", "retry: {attempts: 1, on: [503]}"])
def test_what_sends_nothing_twice_is_for_all(option: str) -> None:
    assert problems(NOT_TWICE, f"{{predict: a, {option}}}", defaults=option) == []


def test_a_reader_is_shown_the_replicas_and_how_calls_are_repeated() -> None:
    options = 'urls: ["http://a:1", "dns+http://b"], retry: {attempts: 2, on: [503, timeout]}, hedge: {}'
    text = FILE.replace("OPTIONS", options).replace("NODE", "a, {predict: a, hedge: {after: 50ms}}").replace("DEFAULTS", "")
    lines = explain_text(load_text(text.replace("MORE", ""), {}).config, "predict").splitlines()
    facts = "http://a:1 · dns+http://b · timeout 1s · 2 attempts on 503, timeout"
    assert lines[2].strip() == f"├─ a · {facts} · hedged after p95"
    assert lines[3].strip() == f"├─ a · {facts} · hedged after 50ms"


def test_a_variable_wins_over_all_of_a_predictors_replicas(tmp_path) -> None:  # noqa: ANN001 - pytest's
    (tmp_path / "plait.yaml").write_text('predictors: {a: {urls: ["http://b:1", "http://c:1"]}}\ngraphs: {predict: a}\n')
    loaded = load_checked(tmp_path / "plait.yaml", {"SERVICE_A": "d:2"})
    assert (loaded.config.predictors["a"].places, loaded.warnings) == (("http://d:2",), [])


def test_the_schema_takes_the_same_causes() -> None:
    causes = json_schema()["$defs"]["RetrySpec"]["properties"]["on"]["anyOf"][0]["items"]
    assert causes["anyOf"][0]["enum"] == ["connect", "timeout", "broken", 408, 425, 429]
    assert (causes["anyOf"][1]["minimum"], causes["anyOf"][1]["maximum"]) == (500, 599)
