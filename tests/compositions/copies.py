"""The nodes that repeat: one for every item, and a copy that nobody waits for."""

from __future__ import annotations

import plait
from tests.compositions.case import Answered, Case, Failed
from tests.compositions.predictors import ECHOES, Fails, Says, Silent

MAP = [
    Case(
        "node map",
        "the node for every item, in order; it knows item and index",
        """
        predict:
          map: input.items
          do:
            sequence:
              - a
              - transform: {line: "${index}", name: "${item}", eur: "${input}"}
        """,
        lambda a: plait.map("input.items", a >> plait.transform({"line": "${index}", "name": "${item}", "eur": "${input}"})),
        {"a": Says({"apple": 3, "pear": 5}.get)},
        Answered([{"line": 0, "name": "pear", "eur": 5}, {"line": 1, "name": "apple", "eur": 3}], {"a.0": "ok", "a.1": "ok"}),
        request={"items": ["pear", "apple"]},
    ),
    Case(
        "node map",
        "at most `concurrency` at once: while the first is silent no other is asked",
        """
        predict:
          map: input
          do: a
          concurrency: 1
          timeout: 50ms
        """,
        lambda a: plait.map("input", a, concurrency=1).served(timeout="50ms"),
        {"a": Silent()},
        Failed(504, "timeout", "predict/a", {"a.0": "timeout", "a.1": "cancelled", "a.2": "cancelled"}),
        request=[1, 2, 3],
        asked={"a": 1},
    ),
    Case(
        "node map",
        "more than `max_items` is a 422",
        "predict: {map: input, do: a, max_items: 2}",
        lambda a: plait.map("input", a, max_items=2),
        {"a": ECHOES},
        Failed(422, "too-many-items", "predict"),
        request=[1, 2, 3],
        asked={"a": 0},
    ),
    Case(
        "node map",
        "what is no list is a 422",
        "predict: {map: input, do: a}",
        lambda a: plait.map("input", a),
        {"a": ECHOES},
        Failed(422, "expression-failed", "predict"),
        request={"no": "list"},
    ),
    Case(
        "node map",
        "with `require: all` one failing item fails the node",
        "predict: {map: input, do: a, require: all}",
        lambda a: plait.map("input", a, require="all"),
        {"a": Fails(500)},
        Failed(502, "bad-answer", "predict/a", {"a.0": "error"}),
        request=[1],
    ),
    Case(
        "node map",
        "with `require: any` a missing item is null",
        """
        predict:
          map: input
          do: {sequence: [a, {transform: "${input.n}"}]}
          require: any
        """,
        lambda a: plait.map("input", a >> plait.transform("${input.n}"), require="any"),
        {"a": ECHOES},
        Answered([1, None], {"a.0": "ok", "a.1": "ok"}, complete=False),
        request=[{"n": 1}, {"m": 2}],
    ),
    Case(
        "node map",
        "with a number so many must answer",
        "predict: {map: input, do: {transform: '${input.n}'}, require: 2}",
        lambda: plait.map("input", plait.transform("${input.n}"), require=2),
        {},
        Failed(422, "expression-failed", "predict/transform"),
        request=[{"n": 1}, {}, {}],
    ),
]

SHADOW = [
    Case(
        "node shadow",
        "the answer of one; the other gets a copy, and delays nothing",
        """
        predict:
          shadow: candidate
          of: current
        """,
        lambda candidate, current: plait.shadow(candidate, of=current),
        {"candidate": Silent({"timeout": "50ms"}), "current": Says("cat")},
        Answered("cat", {"current": "ok"}),
        asked={"candidate": 1, "current": 1},
    ),
    Case(
        "node shadow",
        "only a sample is copied",
        "predict: {shadow: candidate, of: current, sample: 0%}",
        lambda candidate, current: plait.shadow(candidate, of=current, sample="0%"),
        {"candidate": Silent({"timeout": "50ms"}), "current": Says("cat")},
        Answered("cat", {"current": "ok"}),
        asked={"candidate": 0, "current": 1},
    ),
    Case(
        "node shadow",
        "a failure is that of the node that answers",
        "predict: {shadow: candidate, of: current}",
        lambda candidate, current: plait.shadow(candidate, of=current),
        {"candidate": Silent({"timeout": "50ms"}), "current": Fails(500)},
        Failed(502, "bad-answer", "predict/current", {"current": "error"}),
    ),
]

CASES = [*MAP, *SHADOW]
