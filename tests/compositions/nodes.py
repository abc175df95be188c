"""The nodes that ask, that order, and that only compute: what they do, and how they fail."""

from __future__ import annotations

import plait
from tests.compositions import functions
from tests.compositions.case import Answered, Case, Failed
from tests.compositions.predictors import ECHOES, Fails, Gone, Says, Silent

PREDICT = [
    Case(
        "node predict",
        "the long form of a name, for when options are needed",
        "predict: {predict: a, input: {x: '${input.n}'}}",
        lambda a: a.with_options(input={"x": "${input.n}"}),
        {"a": ECHOES},
        Answered({"x": 7}, {"a": "ok"}),
        request={"n": 7},
    ),
    Case(
        "node predict",
        "a predictor without a connection is 502, its part unreachable",
        "predict: a",
        lambda a: a,
        {"a": Gone()},
        Failed(502, "unreachable", "predict", {"a": "unreachable"}),
    ),
    Case(
        "node predict",
        "no answer in time is 504, its part timeout",
        "predict: a",
        lambda a: a,
        {"a": Silent({"timeout": "50ms"})},
        Failed(504, "timeout", "predict", {"a": "timeout"}),
    ),
    Case(
        "node predict",
        "a 5xx is 502, its part error",
        "predict: a",
        lambda a: a,
        {"a": Fails(503)},
        Failed(502, "bad-answer", "predict", {"a": "error"}),
    ),
    Case(
        "node predict",
        "a 404 says that the proxy is set up wrongly: 502",
        "predict: a",
        lambda a: a,
        {"a": Fails(404)},
        Failed(502, "bad-answer", "predict", {"a": "error"}),
    ),
    Case(
        "node predict",
        "a 422 says that the request is wrong: passed on",
        "predict: a",
        lambda a: a,
        {"a": Fails(422)},
        Failed(422, "refused", "predict", {"a": "error"}),
    ),
    Case(
        "node predict",
        "a predictor that was taken out is 503",
        "predict: a",
        lambda a: a,
        {"a": Says(1, {"enabled": False})},
        Failed(503, "excluded", "predict"),
        asked={"a": 0},
    ),
]

SEQUENCE = [
    Case(
        "node sequence",
        "a step's input is the previous step's output",
        """
        predict:
          sequence: [a, b]
        """,
        lambda a, b: a >> b,
        {"a": Says({"n": 1}), "b": Says(lambda asked: {"seen": asked})},
        Answered({"seen": {"n": 1}}, {"a": "ok", "b": "ok"}),
    ),
    Case(
        "node sequence",
        "after a step that fails nothing more is asked",
        "predict: {sequence: [a, b, c]}",
        lambda a, b, c: a >> b >> c,
        {"a": Says(1), "b": Fails(500), "c": Says(3)},
        Failed(502, "bad-answer", "predict/b", {"a": "ok", "b": "error"}),
        asked={"a": 1, "b": 1, "c": 0},
    ),
]

PARALLEL = [
    Case(
        "node parallel",
        "all at once on the same input, keyed by branch",
        "predict: {parallel: [a, b]}",
        lambda a, b: plait.parallel(a, b),  # noqa: PLW0108 - in a list, not by name
        {"a": ECHOES, "b": Says({"n": 2})},
        Answered({"a": {"n": 1}, "b": {"n": 2}}, {"a": "ok", "b": "ok"}),
        request={"n": 1},
    ),
    Case(
        "node parallel",
        "a mapping names its branches, of any kind; a part is called as its branch",
        """
        predict:
          parallel:
            money: a
            words: {sequence: [b, {transform: "${input.text}"}]}
        """,
        lambda a, b: plait.parallel(money=a, words=b >> plait.transform("${input.text}")),
        {"a": Says(1), "b": Says({"text": "hello"})},
        Answered({"money": 1, "words": "hello"}, {"money": "ok", "b": "ok"}),
    ),
    Case(
        "node parallel",
        "its own options are merge and require, also within another",
        """
        predict:
          parallel:
            money: a
            words: {parallel: [b, c], merge: {max: output.p}, require: any}
        """,
        lambda a, b, c: plait.parallel(money=a, words=plait.parallel(b, c, merge=plait.max("output.p"), require="any")),
        {"a": Says(1), "b": Says({"p": 0.5}), "c": Gone()},
        Answered({"money": 1, "words": 0.5}, {"money": "ok", "b": "ok", "c": "unreachable"}, complete=False),
    ),
    Case(
        "node parallel",
        "a list item that is no predictor's name has a name",
        "predict: {parallel: [a, {value: 2, name: two}]}",
        lambda a: plait.parallel(a, plait.value(2, name="two")),
        {"a": Says(1)},
        Answered({"a": 1, "two": 2}, {"a": "ok"}),
    ),
]

PLAIN = [
    Case(
        "node transform",
        "a pure mapping: any YAML; a string that is one single ${…} keeps the type",
        """
        predict:
          transform:
            n: ${input.n}
            text: "n is ${input.n}, ${input.words[1]}"
            list: [1, null, "${input.words}"]
        """,
        lambda: plait.transform(
            {"n": "${input.n}", "text": "n is ${input.n}, ${input.words[1]}", "list": [1, None, "${input.words}"]}
        ),
        {},
        Answered({"n": 1.5, "text": "n is 1.5, b", "list": [1, None, ["a", "b"]]}),
        request={"n": 1.5, "words": ["a", "b"]},
    ),
    Case(
        "node transform",
        "an expression that fails is a 422 of its node",
        "predict: {sequence: [a, {transform: {x: '${input.absent}'}}]}",
        lambda a: a >> plait.transform({"x": "${input.absent}"}),
        {"a": Says({})},
        Failed(422, "expression-failed", "predict/transform", {"a": "ok"}),
    ),
    Case(
        "node python",
        "a function, in a thread, gets the input and a context",
        "predict: {sequence: [a, {python: 'tests.compositions.functions:grade'}]}",
        lambda a: a >> plait.python(functions.grade),
        {"a": ECHOES},
        Answered({"grade": 9, "of": 95}, {"a": "ok"}),
        request={"score": 95},
    ),
    Case(
        "node python",
        "so does a coroutine function, on the loop",
        "predict: {python: 'tests.compositions.functions:later'}",
        lambda: plait.python("tests.compositions.functions:later"),
        {},
        Answered([1, "7"]),
        request=1,
        headers={"X-User": "7"},
    ),
    Case(
        "node python",
        "one that raises is a 502 of its node",
        "predict: {python: 'tests.compositions.functions:fails', name: rule}",
        lambda: plait.python(functions.fails, name="rule"),
        {},
        Failed(502, "code-failed", "predict"),
    ),
    Case(
        "node value",
        "a constant",
        "predict: {value: {any: [1, 2.5, null, '${kept}']}}",
        lambda: plait.value({"any": [1, 2.5, None, "${kept}"]}),
        {},
        Answered({"any": [1, 2.5, None, "${kept}"]}),
    ),
]

CASES = [*PREDICT, *SEQUENCE, *PARALLEL, *PLAIN]
