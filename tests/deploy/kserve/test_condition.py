"""Conditions: the CEL holds exactly where gjson finds something."""

from __future__ import annotations

import re

import msgspec
import pytest

from plait.deploy.kserve.condition import condition
from plait.deploy.kserve.gjson import Unreadable
from plait.expr import expression
from tests.expr.situations import raw

DOCUMENTS: list[str] = [
    '{"instances": [{"modelId": "1"}]}',
    '{"instances": [{"modelId": 1}]}',
    '{"instances": [{"modelId": "2"}, {"modelId": "1"}]}',
    '{"instances": []}',
    '{"instances": {"modelId": "1"}}',
    '{"predictions": ["dog"]}',
    '{"predictions": ["cat", "dog"]}',
    '{"predictions": [0]}',
    '{"predictions": [{"label": "dog", "score": [0.8, 0.2]}]}',
    '{"predictions": [{"label": "cat"}, {"label": "dog"}]}',
    '{"predictions": [{"label": null}]}',
    '{"predictions": null}',
    '{"decision_picker": "ERROR"}',
    '{"decision_picker": ["ERROR"]}',
    '{"instances": [{"data": 0.95}]}',
    '{"instances": [{"data": 0.7}]}',
    '{"instances": [{"data": "0.7"}]}',
    '{"instances": [{"data": false}]}',
    '{"instances": [{"data": true}]}',
    '{"a.b": {"c d": 1}}',
    '[{"label": "dog"}]',
    '"dog"',
    "3",
    "null",
    "{}",
    "[]",
]
# Which of them gjson 1.18 finds something in, as it says itself.
FOUND: dict[str, list[int]] = {
    'instances.#(modelId=="1")': [0, 1, 2],
    "instances.#(modelId==1)": [0, 1, 2],
    'instances.#(modelId!="1")': [2],
    'instances.#(modelId%"[12]")': [],
    'predictions.#(label=="dog")': [8, 9],
    'predictions.#(label=="dog").score': [8],
    'predictions.#(label=="dog").score.2': [],
    'predictions.#(label=="dog")#': [5, 6, 7, 8, 9, 10],
    "predictions.#(label)": [8, 9, 10],
    'predictions.#(label%"d*")': [8, 9],
    'predictions.#(label!%"d*")': [9],
    'predictions.#(=="dog")': [5, 6, 7],
    "predictions.0": [5, 6, 7, 8, 9, 10],
    "predictions.1": [6, 9],
    "predictions.0.label": [8, 9, 10],
    "predictions": [5, 6, 7, 8, 9, 10, 11],
    "predictions.#": [5, 6, 7, 8, 9, 10],
    "predictions.#.label": [5, 6, 7, 8, 9, 10],
    "[@this].#(decision_picker==ERROR)": [12],
    '[@this].#(predictions.0=="dog")': [5, 7],
    "[@this].#(instances.0.data>0.9)": [14],
    "[@this].#(instances.0.data<=0.5)": [17],
    "[@this].#(instances.0.data>0.5 && instances.0.data<=0.9)": [14, 15, 16],
    '[@this].#(instances.0.data>="0")': [14, 15, 16, 18],
    "[@this].#(instances.0.data!=true)": [14, 15, 16, 17],
    '[@this].#(predictions.#(label=="dog"))': [8, 9],
    "[@this].0.predictions": [5, 6, 7, 8, 9, 10, 11],
    "[@this].1": [],
    "@this.predictions": [5, 6, 7, 8, 9, 10, 11],
    "@this": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25],
    "a\\.b.c d": [19],
    '#(label=="dog")': [20],
    '[@this].#(a\\.b.c d%"1")': [],
    "instances.0.modelId": [0, 1, 2],
    "instances|0|modelId": [0, 1, 2],
    '[@this].#(decision_picker%"E?R*R")': [12],
    '[@this].#(decision_picker%"*RR*")': [12],
    '[@this].#(decision_picker%"E*R")': [12],
}


def holds(cel: str, document: str) -> bool:
    return raw(expression(cel, ()), msgspec.json.decode(document)) == b"true"


@pytest.mark.parametrize("path", FOUND)
def test_a_condition_holds_where_the_router_finds_something(path: str) -> None:
    cel = condition(path)
    assert [place for place, document in enumerate(DOCUMENTS) if holds(cel, document)] == FOUND[path]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a.*", "wildcards"),
        ("a?", "wildcards"),
        ("a.@reverse", "a modifier"),
        ("[a,b]", "a multipath"),
        ("{a,b}", "a multipath"),
        ("!true", "a static value"),
        ("a..b", "a name in it is empty"),
        ("a.", "a name in it is empty"),
        ("..0", "a name in it is empty"),
        ("a#b", "# within a name"),
        ("a.#b", "# must stand alone"),
        ("a.#(b==1", "not closed"),
        ('a.#(b=="1)', "not closed"),
        ("a.#()", "is empty"),
        ("a.#(b==1)c", "followed by a point"),
        ("a.#(b==~true)", "comparisons with ~"),
        ("a.#(b!1)", "the comparison !1"),
        ("a.#(b==nan)", "a number that JSON does not have"),
        ("a.#(b>1e999)", "out of a double's range"),
        ('a.#(b=="\\x")', "JSON's escapes"),
        ("a.#(b==1)#|0", "a pipe behind #"),
        ("a.#([@this].#(b==1))", "@this within a query"),
        ("a.#(b.#(c==1).d==2)", "what a query or # finds"),
        ("a.#(b.#(c==1))", "a macro inside a macro"),
        ("a.#(b==1).c.#(d==1)", "a query behind a query"),
        ('a.#(b%"x?y")', "matches() would compile its pattern"),
        (".".join(["a"] * 60), "longer than 1024 characters"),
        ('{.target == "blue"}', "a multipath"),
    ],
)
def test_what_cannot_be_carried_over_is_refused_with_the_reason(path: str, said: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(said)):
        condition(path)


def test_a_condition_reads_as_what_it_asks() -> None:
    assert condition("predictions") == "type(input) == map && has(input.predictions)"
    assert condition('labels.#(=="dog")') == (
        'type(input) == map && has(input.labels) && type(input.labels) == list && input.labels.exists(x, (x == "dog" || x == 0.0))'
    )


def test_text_that_looks_like_a_variable_of_the_environment_stays_text() -> None:
    cel = condition('[@this].#(a=="${env.HOME}")')
    assert "${" not in cel
    assert holds(cel, '{"a": "${env.HOME}"}')


def test_a_number_is_an_item_and_no_name() -> None:
    assert holds(condition("a.0"), '{"a": [1]}')
    assert not holds(condition("a.0"), '{"a": {"0": 1}}')  # the router would look there too; docs/kserve.md says so
