"""The model of the merges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from tests.laws.meaning import ABSENT, LEFT_OUT, UNFIT, Outcome
from tests.laws.scene import Node


def fit(merge: Any, branch: Node, end: Outcome) -> Outcome:
    """A branch whose answer the merge cannot take has failed; an optional one is left out, unless its null has a place."""
    optional, keeps_null = bool(branch.get("optional")), merge in ("by_name", "list") or "python" in merge
    if end.failure or end.mark == LEFT_OUT or (end.mark == ABSENT and optional and not keeps_null):
        return end
    if _takes(merge, end.value):
        return end._replace(mark="")
    return end._replace(complete=False, mark=ABSENT) if optional else end._replace(failure=UNFIT)


def _takes(merge: Any, value: Any) -> bool:
    if merge == "object":
        return isinstance(value, dict)
    if isinstance(merge, str) or "python" in merge:
        return True
    if "mean" in merge:
        return _numeric(value)
    return isinstance(value, (int, float, str) if "vote" in merge else (int, float))


def _numeric(value: Any) -> bool:
    return all(map(_numeric, value)) if isinstance(value, list) else isinstance(value, (int, float))


def merged(merge: Any, there: dict[str, Any], ends: Mapping[str, Outcome], when: float) -> Outcome:
    """The answers that are there as one."""
    if merge == "by_name":
        return Outcome(when, there)
    if merge == "list":
        return Outcome(when, [there.get(name) for name in ends])
    if merge == "object":
        return Outcome(when, {key: value for fields in there.values() for key, value in fields.items()})
    (kind,) = merge.keys() - {"weights"}
    weights = {name: merge.get("weights", {}).get(name, 1) for name in there}
    if kind == "mean":
        return _mean(there, weights, when)
    return Outcome(when, _vote(there, weights) if kind == "vote" else _number(kind, there))


def _number(kind: str, there: dict[str, Any]) -> Any:
    if kind == "sum":
        return math.fsum(there.values())
    choose = max if "max" in kind else min
    best = choose(there, key=there.__getitem__)
    return {"label": best, "score": there[best]} if kind.startswith("arg") else there[best]


def _vote(there: dict[str, Any], weights: dict[str, float]) -> Any:
    votes: dict[str, float] = {}
    labels: dict[str, Any] = {}
    for name, value in there.items():
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        votes[text] = votes.get(text, 0) + weights[name]
        labels.setdefault(text, value)
    return {"label": labels[max(votes, key=votes.__getitem__)], "votes": votes}


def _mean(there: dict[str, Any], weights: dict[str, float], when: float) -> Outcome:
    total = math.fsum(weights.values())
    if not total:
        return Outcome(when, failure=UNFIT)
    try:
        return Outcome(when, _averaged(list(there.values()), [weight / total for weight in weights.values()]))
    except ValueError:  # answers of different shapes
        return Outcome(when, failure=UNFIT)


def _averaged(values: list[Any], shares: list[float]) -> Any:
    if not any(isinstance(value, list) for value in values):
        return math.fsum(value * share for value, share in zip(values, shares, strict=True))
    if not all(isinstance(value, list) for value in values):
        raise ValueError
    return [_averaged(list(column), shares) for column in zip(*values, strict=True)]
