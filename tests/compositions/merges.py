"""Every merge, and every form of `require`."""

from __future__ import annotations

import re
from typing import Any

import plait
from tests.compositions import functions
from tests.compositions.case import Answered, Case, Failed
from tests.compositions.predictors import Fails, Gone, Says, Silent

A = {"label": "cat", "p": 0.5, "rows": [[1, 2], [3, 4]]}
B = {"label": "dog", "p": 0.75, "rows": [[5, 6], [7, 8]]}
C = {"label": "cat", "p": 0.5, "rows": [[1, 2], [3, 4]]}


def merge(file: str, python: Any, says: str, gives: Any, answers: tuple[Any, ...] = (A, B)) -> Case:
    """A merge of the answers of `a`, `b` and so on, while another predictor is missing."""
    name = re.match(r"\W?(\w+)", file)
    assert name
    there = dict(zip("abc", answers, strict=False))
    return Case(
        f"merge {name[1]}",
        says,
        f"predict: {{parallel: [{', '.join(there)}, gone], require: any, merge: {file}}}",
        lambda **predictors: plait.parallel(*predictors.values(), require="any", merge=python),
        {**{name: Says(answer) for name, answer in there.items()}, "gone": Gone()},
        Answered(gives, {**dict.fromkeys(there, "ok"), "gone": "unreachable"}, complete=False),
    )


BY_P, BY_WEIGHT = "output.p", {"b": 3}
MERGES = [
    merge("by_name", "by_name", "the default; a missing branch is left out", {"a": A, "b": B}),
    merge("list", "list", "null keeps a missing branch's place", [A, B, None]),
    merge(
        "object", "object", "a shallow merge of the fields; a later branch wins", {"x": 2, "y": {}}, ({"x": 1}, {"x": 2, "y": {}})
    ),
    merge("{argmax: output.p}", plait.argmax(BY_P), "the branch with the highest number", {"label": "b", "score": 0.75}),
    merge("{argmax: output}", plait.argmax("output"), "of equal ones the first in the file", {"label": "a", "score": 1}, (1, 1)),
    merge("{argmin: output.p}", plait.argmin(BY_P), "the branch with the lowest number", {"label": "a", "score": 0.5}),
    merge(
        "{vote: output.label}",
        plait.vote("output.label"),
        "the label that most branches give",
        {"label": "cat", "votes": {"cat": 2, "dog": 1}},
        (A, B, C),
    ),
    merge(
        "{vote: output.label, weights: {b: 3}}",
        plait.vote("output.label", weights=BY_WEIGHT),
        "by weight; a missing weight is 1",
        {"label": "dog", "votes": {"cat": 2, "dog": 3}},
        (A, B, C),
    ),
    merge("{mean: output.p}", plait.mean(BY_P), "of numbers", 0.625),
    merge("{mean: output.p, weights: {b: 3}}", plait.mean(BY_P, weights=BY_WEIGHT), "by weight; a missing weight is 1", 0.6875),
    merge("{mean: output.rows}", plait.mean("output.rows"), "of nested lists of the same shape", [[3, 4], [5, 6]]),
    merge("{max: output.p}", plait.max(BY_P), "the highest number", 0.75),
    merge("{min: output.p}", plait.min(BY_P), "the lowest number", 0.5),
    merge("{sum: output.p}", plait.sum(BY_P), "the sum of the numbers", 1.25),
    merge(
        '{python: "tests.compositions.functions:longest"}',
        functions.longest,
        "what a function makes of the answers by branch",
        "b",
        ("xx", "xxx"),
    ),
]
FURTHER = [
    Case(
        "merge first",
        "the fastest success; the others are cancelled, and the answer is complete",
        "predict: {parallel: [slow, gone, quick], merge: first}",
        lambda slow, gone, quick: plait.parallel(slow, gone, quick, merge="first"),
        {"slow": Silent(), "gone": Silent({"timeout": "100ms"}), "quick": Says("quick")},
        Answered("quick", {"slow": "cancelled", "gone": "cancelled", "quick": "ok"}),
    ),
    Case(
        "merge first",
        "all failed: the failure that decided it",
        "predict: {parallel: [a, slow], merge: first}",
        lambda a, slow: plait.parallel(a, slow, merge="first"),
        {"a": Gone(), "slow": Silent({"timeout": "100ms"})},
        Failed(504, "timeout", "predict/slow", {"a": "unreachable", "slow": "timeout"}),
    ),
    Case(
        "merge max",
        "a branch that gives no number where one is needed has failed",
        "predict: {parallel: [a, b], require: any, merge: {max: output.p}}",
        lambda a, b: plait.parallel(a, b, require="any", merge=plait.max("output.p")),
        {"a": Says({"p": 1}), "b": Says({"p": "high"})},
        Answered(1, {"a": "ok", "b": "ok"}, complete=False),
    ),
    Case(
        "merge mean",
        "lists of different shapes are a 422",
        "predict: {parallel: [a, b], merge: {mean: output}}",
        lambda a, b: plait.parallel(a, b, merge=plait.mean("output")),
        {"a": Says([1, 2]), "b": Says([1])},
        Failed(422, "expression-failed", "predict", {"a": "ok", "b": "ok"}),
    ),
]
REQUIRE = [
    Case(
        "require all",
        "one that fails fails the node, and the rest is cancelled",
        "predict: {parallel: [a, b], require: all}",
        lambda a, b: plait.parallel(a, b, require="all"),
        {"a": Fails(500), "b": Silent()},
        Failed(502, "bad-answer", "predict/a", {"a": "error", "b": "cancelled"}),
    ),
    Case(
        "require any",
        "one that answers is enough; the others are waited for until the time is up",
        "predict: {parallel: [a, b, c], require: any, timeout: 100ms}",
        lambda a, b, c: plait.parallel(a, b, c, require="any").served(timeout="100ms"),
        {"a": Says(1), "b": Silent(), "c": Gone()},
        Answered({"a": 1}, {"a": "ok", "b": "timeout", "c": "unreachable"}, complete=False),
    ),
    Case(
        "require any",
        "none that answers: the failure that decided it",
        "predict: {parallel: [a, b], require: any}",
        lambda a, b: plait.parallel(a, b, require="any"),
        {"a": Gone(), "b": Silent({"timeout": "100ms"})},
        Failed(504, "timeout", "predict/b", {"a": "unreachable", "b": "timeout"}),
    ),
    Case(
        "require 2",
        "a number: so many must answer",
        "predict: {parallel: [a, b, c], require: 2}",
        lambda a, b, c: plait.parallel(a, b, c, require=2),
        {"a": Says(1), "b": Fails(500), "c": Says(3)},
        Answered({"a": 1, "c": 3}, {"a": "ok", "b": "error", "c": "ok"}, complete=False),
    ),
    Case(
        "require 2",
        "once it can no longer be met, the rest is cancelled",
        "predict: {parallel: [a, b, c], require: 2}",
        lambda a, b, c: plait.parallel(a, b, c, require=2),
        {"a": Fails(500), "b": Silent({"timeout": "100ms"}), "c": Silent()},
        Failed(504, "timeout", "predict/b", {"a": "error", "b": "timeout", "c": "cancelled"}),
    ),
    Case(
        "require names",
        "those that are named must answer, others may",
        "predict: {parallel: [a, b], require: [a]}",
        lambda a, b: plait.parallel(a, b, require=["a"]),
        {"a": Says(1), "b": Gone()},
        Answered({"a": 1}, {"a": "ok", "b": "unreachable"}, complete=False),
    ),
    Case(
        "require names",
        "one that is named and fails fails the node",
        "predict: {parallel: [a, b], require: [a]}",
        lambda a, b: plait.parallel(a, b, require=["a"]),
        {"a": Gone(), "b": Silent()},
        Failed(502, "unreachable", "predict/a", {"a": "unreachable", "b": "cancelled"}),
    ),
]

CASES = [*MERGES, *FURTHER, *REQUIRE]
