"""What `check` says of rules: what they name, what they look at, and what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ConfigError
from plait.graph.check import check
from plait.graph.load import load_text
from plait.graph.spec import Config
from tests.rules.acting import SINKS

ALERT = {"alert": "pager"}


def problems(*rules: dict[str, Any], graph: Any = None, **config: Any) -> list[tuple[str, str, str]]:
    """The path within the graph's rules, the message and the hint of each problem."""
    predictors = {name: {"url": "http://127.0.0.1:1"} for name in ("fraud", "spam")}
    graph = graph or {"parallel": ["fraud", "spam"]}
    data = {"predictors": predictors, "graphs": {"predict": {**graph, "rules": list(rules)}}, "sinks": SINKS, **config}
    found = check(Config.model_validate(data))
    return [(problem.path.removeprefix("graphs.predict.rules"), problem.message, problem.hint) for problem in found]


def on_part(when: str = "true", **do: Any) -> dict[str, Any]:
    return {"on": "part", "when": when, "do": do or ALERT}


def on_result(when: str = "true", **do: Any) -> dict[str, Any]:
    return {"on": "result", "when": when, "do": do or ALERT}


def test_good_rules_have_no_problems() -> None:
    assert not problems(
        on_part("part == 'fraud' && output.score > request.limit && headers['x-user'] != ''"),
        on_part(respond={"status": 403, "body": {"why": "${output.why} of ${part}"}}),
        on_result("fraud != null && spam.score > 0.5 && result.spam != null", defer="later"),
        on_result(set={"a.b": "${fraud.score}"}, drop="spam"),
        {**on_part(), "count": 5, "within": "1m", "by": "request.user"},
    )


@pytest.mark.parametrize(
    ("rule", "path", "message", "hint"),
    [
        (on_part(alert="pagr"), "[0].do.alert", "there is no sink pagr", "did you mean pager?"),
        (on_part(defer="latr"), "[0].do.defer", "there is no sink latr", "did you mean later?"),
        (on_part(alert="later"), "[0].do.alert", "later is a queue, which begins jobs and takes no alerts", "write defer: later"),
        (on_part(defer="pager"), "[0].do.defer", "pager is no queue, so that no job can begin there", "did you mean later?"),
        (
            on_part(set={"a": 1}),
            "[0].do.set",
            "a rule on a part has no result yet that it could change",
            "write on: result; it sees each part's answer by its key",
        ),
        (
            on_part(drop="a"),
            "[0].do.drop",
            "a rule on a part has no result yet that it could take from",
            "write on: result; it sees each part's answer by its key",
        ),
        (on_part("part == 'frud'"), "[0].when", "no part has the key 'frud'", "did you mean fraud?"),
        (
            on_result(respond={"status": 204}),
            "[0].do.respond.status",
            "an answer with the status 204 has no body",
            "use 200, or another that has one",
        ),
    ],
)
def test_what_makes_no_sense_is_told_with_how_to_mend_it(rule: dict[str, Any], path: str, message: str, hint: str) -> None:
    assert problems(rule) == [(path, message, hint)]


@pytest.mark.parametrize(
    ("rule", "path", "hint"),
    [
        (on_result("frud.score > 0.5"), "[0].when", "did you mean fraud?"),
        (on_result("part == 'fraud'"), "[0].when", "part is known in rules on parts only"),
        (on_part("result.a"), "[0].when", "result is known in rules on the result only"),
        (on_result(set={"a.b": ["${spm}"]}), '[0].do.set["a.b"][0]', "did you mean spam?"),
        (on_part(respond={"body": {"a": "${otput}"}}), "[0].do.respond.body.a", "did you mean output?"),
        ({**on_part(), "count": 2, "within": "1s", "by": "requst.a"}, "[0].by", "did you mean request?"),
    ],
)
def test_a_name_that_is_not_known_there_is_told_with_the_nearest(rule: dict[str, Any], path: str, hint: str) -> None:
    ((where, message, advice),) = problems(rule)
    assert (where, advice) == (path, hint)
    assert "there is no " in message


def test_two_rules_of_one_name_are_refused() -> None:
    rules = [{**on_part(), "name": "a"}, {**on_result(), "name": "a"}]
    assert problems(*rules) == [("[1].name", "another rule of this graph is called a", "give one of them another name")]


def test_parts_of_graphs_items_and_predictors_that_were_taken_out_are_known() -> None:
    graphs = {"sub": {"parallel": ["fraud", "spam"]}}
    graph = {"parallel": {"one": "sub", "two": {"map": "request.a", "do": "spam"}, "fraud": "fraud"}}
    rules = [on_part("part == 'one.fraud' || part == 'spam.0'"), on_result("fraud == null")]
    predictors = {"fraud": {"url": "http://127.0.0.1:1", "enabled": False}, "spam": {"url": "http://127.0.0.1:1"}}
    assert not problems(*rules, graph=graph, predictors=predictors, graphs={**graphs, "predict": {**graph, "rules": rules}})


def test_a_sink_that_is_wrong_by_itself_is_told_of_once() -> None:
    text = """\
predictors: {a: {url: "http://127.0.0.1:1"}}
graphs: {predict: {predict: a, rules: [{on: result, when: "true", do: {defer: later}}]}}
sinks: {later: {queue: lowest, graph: predict}}
"""
    with pytest.raises(ConfigError) as refused:
        load_text(text, {})
    assert [problem.path for problem in refused.value.problems] == ["sinks.later.queue"]


def test_misspelt_keys_of_rules_are_told_with_the_nearest() -> None:
    text = """\
predictors: {a: {url: "http://127.0.0.1:1"}}
graphs:
  predict:
    predict: a
    rules:
      - {on: result, wen: "true", do: {alrt: pager, respond: {stats: 403}}}
sinks: {pager: {log: info}}
"""
    with pytest.raises(ConfigError) as refused:
        load_text(text, {})
    found = {(problem.path, problem.message, problem.hint) for problem in refused.value.problems}
    assert ("graphs.predict.rules[0]", "unknown key wen", "did you mean when?") in found
    assert ("graphs.predict.rules[0].do", "unknown key alrt", "did you mean alert?") in found
    assert ("graphs.predict.rules[0].do.respond", "unknown key stats", "did you mean status?") in found
