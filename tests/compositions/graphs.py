"""What holds for a graph as a whole: its options, graphs as nodes, what expressions know, and partial answers."""

from __future__ import annotations

import plait
from tests.compositions.case import Answered, Case, Failed
from tests.compositions.predictors import ECHOES, Gone, Says, Silent

OPTIONS = [
    Case(
        "graph route",
        "a path of its own",
        """
        grader:
          predict: a
          route: /grades/new
        """,
        lambda a: {"grader": a.served(route="/grades/new")},
        {"a": Says(1)},
        Answered(1, {"a": "ok"}),
        graph="grader",
        route="/grades/new",
    ),
    Case(
        "graph timeout",
        "how long an answer may take in all",
        "predict: {sequence: [a, b], timeout: 100ms}",
        lambda a, b: (a >> b).served(timeout="100ms"),
        {"a": Says(1), "b": Silent()},
        Failed(504, "timeout", "predict/b", {"a": "ok", "b": "timeout"}),
    ),
    Case(
        "graph schema",
        "a request that violates it is a 422, and nobody is asked",
        """
        predict:
          predict: a
          schema: {type: object, required: [data]}
        """,
        lambda a: a.served(schema={"type": "object", "required": ["data"]}),
        {"a": ECHOES},
        Failed(422, "invalid-request", ""),
        request={"dat": 1},
        asked={"a": 0},
    ),
    Case(
        "graph schema",
        "one that keeps it passes as it is",
        "predict: {predict: a, schema: {type: object, required: [data]}}",
        lambda a: a.served(schema={"type": "object", "required": ["data"]}),
        {"a": ECHOES},
        Answered({"data": 1}, {"a": "ok"}),
        request={"data": 1},
    ),
    Case(
        "graph late",
        "who answers in time is answered as ever",
        "predict: {parallel: [a, b], require: any, timeout: 900ms, late: keep}",
        lambda a, b: plait.parallel(a, b, require="any").served(timeout="900ms", late="keep"),
        {"a": Says(1), "b": Says(2)},
        Answered({"a": 1, "b": 2}, {"a": "ok", "b": "ok"}),
    ),
]
RULES = [
    Case(
        "graph rules",
        "a rule on a part answers at once, and the calls under way are stopped",
        """
        predict:
          parallel: [a, b]
          rules:
            - {on: part, when: "part == 'a' && output.p > 0.9", do: {respond: {body: {sure: "${output.p}"}}}}
        """,
        lambda a, b: plait.parallel(a, b).served(
            rules=[{"on": "part", "when": "part == 'a' && output.p > 0.9", "do": {"respond": {"body": {"sure": "${output.p}"}}}}]
        ),
        {"a": Says({"p": 0.95}), "b": Silent()},
        Answered({"sure": 0.95}, {"a": "ok", "b": "cancelled"}),
    ),
    Case(
        "graph rules",
        "one that does not hold changes nothing",
        """
        predict: {parallel: [a, b], rules: [{on: part, when: "output > 9.0", do: {respond: {body: no}}}]}
        """,
        lambda a, b: plait.parallel(a, b).served(rules=[{"on": "part", "when": "output > 9.0", "do": {"respond": {"body": "no"}}}]),
        {"a": Says(1), "b": Says(2)},
        Answered({"a": 1, "b": 2}, {"a": "ok", "b": "ok"}),
    ),
    Case(
        "graph rules",
        "rules on the result set and drop fields of it, in order",
        """
        predict:
          parallel: [a, gone]
          require: any
          rules:
            - {on: result, when: gone == null, do: {set: {a.alone: true, n: "${request.n}"}}}
            - {on: result, when: result.a.alone, do: {drop: a.p}}
        """,
        lambda a, gone: plait.parallel(a, gone, require="any").served(
            rules=[
                {"on": "result", "when": "gone == null", "do": {"set": {"a.alone": True, "n": "${request.n}"}}},
                {"on": "result", "when": "result.a.alone", "do": {"drop": "a.p"}},
            ]
        ),
        {"a": Says({"p": 1, "q": 2}), "gone": Gone()},
        Answered({"a": {"q": 2, "alone": True}, "n": 7}, {"a": "ok", "gone": "unreachable"}, complete=False),
        request={"n": 7},
    ),
    Case(
        "graph rules",
        "they do not act where the graph is used as a node",
        """
        predict: {sequence: [inner]}
        inner: {predict: a, rules: [{on: result, when: "true", do: {respond: {body: no}}}]}
        """,
        lambda a: {
            "predict": plait.sequence(
                plait.subgraph("inner", a, rules=[{"on": "result", "when": "true", "do": {"respond": {"body": "no"}}}])
            )
        },
        {"a": Says(1)},
        Answered(1, {"inner.a": "ok"}),
    ),
]
AS_NODES = [
    Case(
        "graph as a node",
        "in it, request is what it was given, and its parts are named after the node",
        """
        predict: {sequence: [{transform: {n: "${request.m}"}}, inner, {transform: ["${input}", "${request}"]}]}
        inner: {sequence: [a, {transform: {asked: "${request}"}}]}
        """,
        lambda a: {
            "predict": plait.transform({"n": "${request.m}"})
            >> plait.subgraph("inner", a >> plait.transform({"asked": "${request}"}))
            >> plait.transform(["${input}", "${request}"])
        },
        {"a": ECHOES},
        Answered([{"asked": {"n": 1}}, {"m": 1}], {"inner.a": "ok"}),
        request={"m": 1},
    ),
    Case(
        "graph as a node",
        "its schema holds there",
        """
        predict: {sequence: [{transform: {n: "${request.m}"}}, inner]}
        inner: {predict: a, schema: {properties: {n: {type: number}}}}
        """,
        lambda a: {
            "predict": plait.transform({"n": "${request.m}"})
            >> plait.subgraph("inner", a, schema={"properties": {"n": {"type": "number"}}})
        },
        {"a": ECHOES},
        Failed(422, "invalid-request", "predict/inner"),
        request={"m": "one"},
    ),
    Case(
        "graph as a node",
        "its timeout holds there",
        """
        predict: {fallback: [inner, {value: late}]}
        inner: {predict: a, timeout: 50ms}
        """,
        lambda a: {"predict": plait.fallback(plait.subgraph("inner", a, timeout="50ms"), plait.value("late"))},
        {"a": Silent()},
        Answered("late", {"inner.a": "timeout"}),
    ),
    Case(
        "graph as a node",
        "what is missing in it is missing in the whole",
        """
        predict: {sequence: [inner]}
        inner: {parallel: [a, gone], require: any}
        """,
        lambda a, gone: {"predict": plait.sequence(plait.subgraph("inner", plait.parallel(a, gone, require="any")))},
        {"a": Says(1), "gone": Gone()},
        Answered({"a": 1}, {"inner.a": "ok", "inner.gone": "unreachable"}, complete=False),
    ),
    Case(
        "graph as a node",
        "a name means the predictor first: a graph may have the name of the predictor that it asks",
        "a: {sequence: [a]}",
        lambda a: {"a": plait.sequence(a)},
        {"a": Says(1)},
        Answered(1, {"a": "ok"}),
        graph="a",
    ),
]
VARIABLES = [
    Case(
        "variables",
        "a step sees request, headers and every earlier step by name",
        """
        predict:
          sequence:
            - a
            - {predict: b, name: second}
            - {predict: c, input: 0}
            - transform: ["${request.n}", "${headers['x-user']}", "${a.n}", "${second.n}", "${input}"]
        """,
        lambda a, b, c: plait.sequence(
            a,
            b.with_options(name="second"),
            c.with_options(input=0),
            plait.transform(["${request.n}", "${headers['x-user']}", "${a.n}", "${second.n}", "${input}"]),
        ),
        {"a": Says({"n": 1}), "b": Says({"n": 2}), "c": ECHOES},
        Answered([0, "7", 1, 2, 0], {"a": "ok", "second": "ok", "c": "ok"}),
        request={"n": 0},
        headers={"X-User": "7"},
    ),
    Case(
        "variables",
        "so do all nodes within later steps",
        """
        predict:
          sequence:
            - a
            - parallel:
                x: {sequence: [b, {transform: "${a.n + input.n}"}]}
                y: {switch: [{when: a.n == 1.0, then: {value: one}}]}
        """,
        lambda a, b: (
            a
            >> plait.parallel(
                x=b >> plait.transform("${a.n + input.n}"),
                y=plait.switch({"a.n == 1.0": plait.value("one")}),
            )
        ),
        {"a": Says({"n": 1}), "b": Says({"n": 2})},
        Answered({"x": 3, "y": "one"}, {"a": "ok", "b": "ok"}),
    ),
]
ALL_OR_NOTHING = Case(
    "partial",
    "all or nothing, in one line: the graph's timeout",
    """
    predict:
      parallel: [quick, slow]
      timeout: 100ms
    """,
    lambda quick, slow: plait.parallel(quick, slow).served(timeout="100ms"),
    {"quick": Says(1), "slow": Silent()},
    Failed(504, "timeout", "predict/slow", {"quick": "ok", "slow": "timeout"}),
)
WHAT_THERE_IS = Case(
    "partial",
    "what has arrived, in one line: a timeout for each predictor (here 200ms), and `require: any`",
    """
    predict:
      parallel: [quick, gone, slow]
      require: any
    """,
    lambda quick, gone, slow: plait.parallel(quick, gone, slow, require="any"),
    {"quick": Says(1), "gone": Gone(), "slow": Silent({"timeout": "200ms"})},
    Answered({"quick": 1}, {"quick": "ok", "gone": "unreachable", "slow": "timeout"}, complete=False),
)
PARTIAL = [
    ALL_OR_NOTHING,
    WHAT_THERE_IS,
    Case(
        "partial",
        "a client may shorten the time; a step that would then have to call fails",
        "predict: {sequence: [{parallel: [quick, slow], require: any, timeout: 1m}, last], timeout: 10m}",
        lambda quick, slow, last: (plait.parallel(quick, slow, require="any", timeout="1m") >> last).served(timeout="10m"),
        {"quick": Says(1), "slow": Silent({"timeout": "1m"}), "last": ECHOES},
        Failed(504, "timeout", "predict/last", {"quick": "ok", "slow": "timeout", "last": "timeout"}),
        headers={"X-Request-Timeout": "100ms"},
        asked={"last": 0},
    ),
    Case(
        "partial",
        "when the time is up, merges and plain work still run on what has arrived",
        """
        predict:
          sequence:
            - {parallel: [quick, slow], require: any, merge: {sum: output}}
            - switch: [{when: input > 0.0, then: {transform: {sum: "${input}"}}}]
          timeout: 100ms
        """,
        lambda quick, slow: plait.sequence(
            plait.parallel(quick, slow, require="any", merge=plait.sum("output")),
            plait.switch({"input > 0.0": plait.transform({"sum": "${input}"})}),
        ).served(timeout="100ms"),
        {"quick": Says(1), "slow": Silent()},
        Answered({"sum": 1}, {"quick": "ok", "slow": "timeout"}, complete=False),
    ),
    Case(
        "partial",
        "with a timeout of its own it leaves time for the step behind it",
        """
        predict:
          sequence:
            - {parallel: [quick, slow], require: any, timeout: 100ms}
            - last
        """,
        lambda quick, slow, last: plait.parallel(quick, slow, require="any", timeout="100ms") >> last,
        {"quick": Says(1), "slow": Silent(), "last": ECHOES},
        Answered({"quick": 1}, {"quick": "ok", "slow": "timeout", "last": "ok"}, complete=False),
    ),
]

CASES = [*OPTIONS, *RULES, *AS_NODES, *VARIABLES, *PARTIAL]
