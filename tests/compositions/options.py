"""Every option of every node."""

from __future__ import annotations

import plait
from tests.compositions.case import Answered, Case, Failed
from tests.compositions.predictors import ECHOES, Fails, Gone, Says, Silent, Wakes

CASES = [
    Case(
        "option name",
        "what later steps, parts and problems call the node",
        """
        predict:
          sequence:
            - {predict: embed, input: "${request.query}", name: query}
            - {predict: embed, input: "${request.text}", name: text}
            - transform: ["${query}", "${text}"]
        """,
        lambda embed: plait.sequence(
            embed.with_options(input="${request.query}", name="query"),
            embed.with_options(input="${request.text}", name="text"),
            plait.transform(["${query}", "${text}"]),
        ),
        {"embed": ECHOES},
        Answered(["shoes", "red shoes"], {"query": "ok", "text": "ok"}),
        request={"query": "shoes", "text": "red shoes"},
    ),
    Case(
        "option name",
        "without one, a predictor that is asked again has a further part",
        "predict: {sequence: [a, a]}",
        lambda a: a >> a,
        {"a": ECHOES},
        Answered(1, {"a": "ok", "a.2": "ok"}),
        request=1,
    ),
    Case(
        "option timeout",
        "how long the calls in the node may take together",
        "predict: {fallback: [{predict: large, timeout: 50ms}, small]}",
        lambda large, small: plait.fallback(large.with_options(timeout="50ms"), small),
        {"large": Silent(), "small": Says("cat")},
        Answered("cat", {"large": "timeout", "small": "ok"}),
    ),
    Case(
        "option timeout",
        "of the node's and the predictor's the shorter counts",
        "predict: {fallback: [{predict: large, timeout: 1m}, small], timeout: 10m}",
        lambda large, small: plait.fallback(large.with_options(timeout="1m"), small).served(timeout="10m"),
        {"large": Silent({"timeout": "50ms"}), "small": Says("cat")},
        Answered("cat", {"large": "timeout", "small": "ok"}),
    ),
    Case(
        "option input",
        "a template in place of the previous output",
        """
        predict:
          parallel:
            age: {predict: a, input: {value: "${input.age}"}}
            income: {predict: a, input: {value: "${input.income}"}}
        """,
        lambda a: plait.parallel(
            age=a.with_options(input={"value": "${input.age}"}), income=a.with_options(input={"value": "${input.income}"})
        ),
        {"a": ECHOES},
        Answered({"age": {"value": 41}, "income": {"value": 900}}, {"age": "ok", "income": "ok"}),
        request={"age": 41, "income": 900},
    ),
    Case(
        "option when",
        "a step that does not run passes its input through",
        "predict: {sequence: [{predict: translate, when: input.lang != 'en'}, classify]}",
        lambda translate, classify: translate.with_options(when="input.lang != 'en'") >> classify,
        {"translate": Says("never"), "classify": ECHOES},
        Answered({"lang": "en"}, {"translate": "skipped", "classify": "ok"}),
        request={"lang": "en"},
    ),
    Case(
        "option when",
        "a branch that does not run is left out, and not counted by require",
        """
        predict:
          parallel: [a, {predict: b, when: "'x-user' in headers"}]
          require: all
        """,
        lambda a, b: plait.parallel(a, b.with_options(when="'x-user' in headers"), require="all"),
        {"a": Says(1), "b": Says(2)},
        Answered({"a": 1}, {"a": "ok", "b": "skipped"}),
        asked={"b": 0},
    ),
    Case(
        "option when",
        "an item that does not run is null",
        "predict: {map: input, do: {predict: a, when: item == 'pear'}}",
        lambda a: plait.map("input", a.with_options(when="item == 'pear'")),
        {"a": ECHOES},
        Answered([None, "pear"], {"a.0": "skipped", "a.1": "ok"}),
        request=["apple", "pear"],
    ),
    Case(
        "option optional",
        "its failure leaves null and marks the answer incomplete",
        "predict: {parallel: [a, {predict: b, optional: true}, {predict: c, optional: true}]}",
        lambda a, b, c: plait.parallel(a, b.with_options(optional=True), c.with_options(optional=True)),
        {"a": Says(1), "b": Gone(), "c": Fails(500)},
        Answered({"a": 1, "b": None, "c": None}, {"a": "ok", "b": "unreachable", "c": "error"}, complete=False),
    ),
    Case(
        "option optional",
        "a step hands its null on",
        "predict: {sequence: [{predict: a, optional: true}, {transform: {was: '${input}'}}]}",
        lambda a: a.with_options(optional=True) >> plait.transform({"was": "${input}"}),
        {"a": Fails(500)},
        Answered({"was": None}, {"a": "error"}, complete=False),
        request=1,
    ),
    Case(
        "option on_error",
        "skip: the step's input goes on to the next, and the answer is incomplete",
        "predict: {sequence: [{predict: correct, on_error: skip}, classify]}",
        lambda correct, classify: correct.with_options(on_error="skip") >> classify,
        {"correct": Fails(500), "classify": ECHOES},
        Answered({"text": "helo"}, {"correct": "error", "classify": "ok"}, complete=False),
        request={"text": "helo"},
    ),
    Case(
        "option cache",
        "the same input is asked once",
        "predict: {predict: a, cache: {ttl: 1m}}",
        lambda a: a.with_options(cache={"ttl": "1m"}),
        {"a": ECHOES},
        Answered({"id": 1}, {"a": "ok"}),
        request={"id": 1},
        times=3,
        asked={"a": 1},
    ),
    Case(
        "option cache",
        "a key of one's own says which inputs are the same",
        """
        predict:
          map: input
          do: {predict: a, cache: {ttl: 1m, key: item.id}}
          concurrency: 1
        """,
        lambda a: plait.map("input", a.with_options(cache={"ttl": "1m", "key": "item.id"}), concurrency=1),
        {"a": ECHOES},
        Answered([{"id": 1, "n": 1}, {"id": 1, "n": 1}, {"id": 2, "n": 3}], {"a.0": "ok", "a.1": "ok", "a.2": "ok"}),
        request=[{"id": 1, "n": 1}, {"id": 1, "n": 2}, {"id": 2, "n": 3}],
        asked={"a": 2},
    ),
    Case(
        "option cache",
        "failures and incomplete answers are never kept",
        "predict: {parallel: [a, {predict: b, optional: true}], cache: {ttl: 1m}}",
        lambda a, b: plait.parallel(a, b.with_options(optional=True), cache={"ttl": "1m"}),
        {"a": Says(1), "b": Fails(500)},
        Answered({"a": 1, "b": None}, {"a": "ok", "b": "error"}, complete=False),
        times=2,
        asked={"a": 2, "b": 2},
    ),
    Case(
        "option on_error",
        "the step that comes next may fail all the same",
        "predict: {sequence: [{predict: correct, on_error: skip}, classify]}",
        lambda correct, classify: correct.with_options(on_error="skip") >> classify,
        {"correct": Gone(), "classify": Gone()},
        Failed(502, "unreachable", "predict/classify", {"correct": "unreachable", "classify": "unreachable"}),
    ),
    Case(
        "option retry",
        "a call that fails in one of these ways is made again",
        "predict: {predict: a, retry: {attempts: 2, on: [500]}}",
        lambda a: a.with_options(retry={"attempts": 2, "on": [500]}),
        {"a": Wakes("awake", 500)},
        Answered("awake", {"a": "ok"}),
        asked={"a": 2},
    ),
    Case(
        "option retry",
        "for all calls in the node, in place of what their predictors say",
        "predict: {sequence: [a, b], retry: {attempts: 1}}",
        lambda a, b: plait.sequence(a, b).with_options(retry={"attempts": 1}),
        {"a": ECHOES, "b": Fails(503, {"idempotent": True})},
        Failed(502, "bad-answer", "predict/b", {"a": "ok", "b": "error"}),
        asked={"a": 1, "b": 1},
    ),
    Case(
        "option retry",
        "a silent attempt leaves time for the next",
        "predict: {predict: a, retry: {attempts: 2, on: [timeout]}, timeout: 200ms}",
        lambda a: a.with_options(retry={"attempts": 2, "on": ["timeout"]}).served(timeout="200ms"),
        {"a": Wakes("awake")},
        Answered("awake", {"a": "ok"}),
        asked={"a": 2},
    ),
    Case(
        "option retry",
        "what says that the request is wrong is passed on",
        "predict: {predict: a, retry: {on: [connect, broken, timeout, 500, 503]}}",
        lambda a: a.with_options(retry={"on": ["connect", "broken", "timeout", 500, 503]}),
        {"a": Fails(422)},
        Failed(422, "refused", "predict", {"a": "error"}),
        asked={"a": 1},
    ),
    Case(
        "option hedge",
        "a slow call is sent a second time, and the first answer counts",
        "predict: {predict: a, hedge: {after: 20ms}}",
        lambda a: a.with_options(hedge={"after": "20ms"}),
        {"a": Wakes("awake")},
        Answered("awake", {"a": "ok"}),
        asked={"a": 2},
    ),
    Case(
        "option hedge",
        "a call that is answered in time is sent once",
        "predict: {sequence: [a, a], hedge: {after: 1s}}",
        lambda a: (a >> a).with_options(hedge={"after": "1s"}),
        {"a": ECHOES},
        Answered(1, {"a": "ok", "a.2": "ok"}),
        request=1,
        asked={"a": 2},
    ),
]
