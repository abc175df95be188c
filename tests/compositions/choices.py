"""The nodes that choose: what they do, and how they fail."""

from __future__ import annotations

import plait
from tests.compositions.case import Answered, Case, Failed
from tests.compositions.predictors import Fails, Gone, Says, Silent

SWITCH = [
    Case(
        "node switch",
        "the first case that holds",
        """
        predict:
          switch:
            - {when: input.lang == "de", then: german}
            - {when: input.lang != "", then: english}
        """,
        lambda german, english: plait.switch({'input.lang == "de"': german, 'input.lang != ""': english}),
        {"german": Says("Gruß"), "english": Says("greeting")},
        Answered("Gruß", {"german": "ok"}),
        request={"lang": "de"},
        asked={"german": 1, "english": 0},
    ),
    Case(
        "node switch",
        "else, where none holds",
        """
        predict:
          switch:
            - {when: input.lang == "de", then: german}
            - else: english
        """,
        lambda german, english: plait.switch({'input.lang == "de"': german}, default=english),
        {"german": Says("Gruß"), "english": Says("greeting")},
        Answered("greeting", {"english": "ok"}),
        request={"lang": "en"},
    ),
    Case(
        "node switch",
        "no match and no else is a 422 that names the switch",
        """
        predict:
          sequence:
            - switch: [{when: input.lang == "de", then: german}]
              name: by_language
        """,
        lambda german: plait.sequence(plait.switch({'input.lang == "de"': german}, name="by_language")),
        {"german": Says("Gruß")},
        Failed(422, "no-case", "predict/by_language"),
        request={"lang": "fr"},
    ),
]

SPLIT = [
    Case(
        "node split",
        "by relative weight",
        "predict: {split: [{weight: 0, to: old}, {weight: 9, to: new}]}",
        lambda old, new: plait.split((0, old), (9, new)),
        {"old": Says("old"), "new": Says("new")},
        Answered("new", {"new": "ok"}),
        times=3,
        asked={"old": 0, "new": 3},
    ),
    Case(
        "node split",
        "a key makes it sticky",
        """
        predict:
          split: [{weight: 1, to: old}, {weight: 1, to: new}]
          key: headers["x-user"]
        """,
        lambda old, new: plait.split((1, old), (1, new), key='headers["x-user"]'),
        {"old": Says("old"), "new": Says("new")},
        Answered("new", {"new": "ok"}),
        headers={"X-User": "7"},
        times=8,
        asked={"old": 0, "new": 8},
    ),
]

FALLBACK = [
    Case(
        "node fallback",
        "the first that answers, whatever the failure of those before",
        "predict: {fallback: [a, b, c, d]}",
        lambda a, b, c, d: plait.fallback(a, b, c, d),  # noqa: PLW0108 - in a list, not by name
        {"a": Gone(), "b": Silent({"timeout": "50ms"}), "c": Says("c"), "d": Says("d")},
        Answered("c", {"a": "unreachable", "b": "timeout", "c": "ok"}),
        asked={"d": 0},
    ),
    Case(
        "node fallback",
        "a failed expression counts like any failure",
        """
        predict:
          fallback:
            - transform: ${input.absent}
            - a
        """,
        lambda a: plait.fallback(plait.transform("${input.absent}"), a),
        {"a": Says("a")},
        Answered("a", {"a": "ok"}),
        request={},
    ),
    Case(
        "node fallback",
        "all failed: the last one's failure",
        "predict: {fallback: [a, b]}",
        lambda a, b: plait.fallback(a, b),  # noqa: PLW0108 - in a list, not by name
        {"a": Gone(), "b": Fails(422)},
        Failed(422, "refused", "predict/b", {"a": "unreachable", "b": "error"}),
    ),
    Case(
        "node fallback",
        "a last value is a static answer",
        "predict: {fallback: [a, {value: {label: unknown}}]}",
        lambda a: plait.fallback(a, plait.value({"label": "unknown"})),
        {"a": Fails(500)},
        Answered({"label": "unknown"}, {"a": "error"}),
    ),
]

CASCADE = [
    Case(
        "node cascade",
        "in order, until an answer is good enough",
        """
        predict:
          cascade: [small, medium, large]
          until: output.sure > 0.9
        """,
        lambda small, medium, large: plait.cascade(small, medium, large, until="output.sure > 0.9"),
        {"small": Says({"sure": 0.5}), "medium": Says({"sure": 0.95}), "large": Says({"sure": 1.0})},
        Answered({"sure": 0.95}, {"small": "ok", "medium": "ok"}),
        asked={"large": 0},
    ),
    Case(
        "node cascade",
        "a failing one is passed over; if it never holds, the last answer",
        "predict: {cascade: [small, medium, large], until: output.sure > 0.9}",
        lambda small, medium, large: plait.cascade(small, medium, large, until="output.sure > 0.9"),
        {"small": Says({"sure": 0.5}), "medium": Says({"sure": 0.6}), "large": Fails(503)},
        Answered({"sure": 0.6}, {"small": "ok", "medium": "ok", "large": "error"}),
    ),
    Case(
        "node cascade",
        "all failed: the last one's failure",
        "predict: {cascade: [small, large], until: output.sure > 0.9}",
        lambda small, large: plait.cascade(small, large, until="output.sure > 0.9"),
        {"small": Fails(503), "large": Gone()},
        Failed(502, "unreachable", "predict/large", {"small": "error", "large": "unreachable"}),
    ),
]

CASES = [*SWITCH, *SPLIT, *FALLBACK, *CASCADE]
