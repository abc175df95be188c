"""What a graph means, said a second time and without concurrency: each node's answer, and the moment of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from plait.clock import BUCKET
from plait.nodes.ask import LEAST
from tests.laws.random_graphs import Behaviour, Node

TIMEOUT, BAD, UNFIT = (frozenset({code}) for code in ("timeout", "bad-answer", "expression-failed"))


class Tie(Exception):
    """Two answers are the first at the same moment: which of them it is, is not said."""


class Given(NamedTuple):
    """What a node is run with."""

    value: Any
    now: float
    deadline: float
    absent: bool = False


class Outcome(NamedTuple):
    """When a node ends, and how.

    `failure` holds the codes of errors, more than one where they come at the same moment; `absent` says that the value is the null
    of an optional node that failed.
    """

    when: float
    value: Any = None
    complete: bool = True
    failure: frozenset[str] = frozenset()
    absent: bool = False


def outcome(node: Node, given: Given, cast: Mapping[str, Behaviour]) -> Outcome:
    """What a node with its options does."""
    if "timeout" in node:
        given = given._replace(deadline=min(given.deadline, given.now + float(node["timeout"].removesuffix("ms")) / 1000))
    found = None
    if "input" in node:
        evaluated = _template(node["input"], given)
        found = evaluated if evaluated.failure else None
        given = given._replace(value=evaluated.value, absent=evaluated.absent)
    if found is None:
        found = next(rule for kind, rule in _RULES.items() if kind in node)(node, given, cast)
    return Outcome(found.when, None, complete=False, absent=True) if found.failure and node.get("optional") else found


def _predict(node: Node, given: Given, cast: Mapping[str, Behaviour]) -> Outcome:
    one = cast[node["predict"]]
    if given.deadline - given.now <= LEAST:
        return Outcome(given.now, failure=TIMEOUT)
    cut = (int(min(given.now + one.timeout, given.deadline) / BUCKET) + 1) * BUCKET
    if one.after is None or given.now + one.after > cut:
        return Outcome(cut, failure=TIMEOUT)
    when = given.now + one.after
    return Outcome(when, failure=BAD) if one.answer is None else Outcome(when, one.answer)


def _sequence(node: Node, given: Given, cast: Mapping[str, Behaviour]) -> Outcome:
    complete = True
    for step in node["sequence"]:
        found = outcome(step, given, cast)
        if found.failure:
            return found
        given = given._replace(value=found.value, now=found.when, absent=found.absent)
        complete = complete and found.complete
    return Outcome(given.now, given.value, complete, absent=given.absent)


def _parallel(node: Node, given: Given, cast: Mapping[str, Behaviour]) -> Outcome:
    branches, merge = node["parallel"], node["merge"]
    ends = {name: _fit(merge, branch, outcome(branch, given, cast)) for name, branch in branches.items()}
    failed = 0
    for name, end in sorted(ends.items(), key=lambda item: item[1].when):
        if merge == "first" and not end.failure and not end.absent:
            if sum(other.when == end.when and not other.failure and not other.absent for other in ends.values()) > 1:
                raise Tie
            return end
        if end.failure:
            failed += 1
            if _lost(node.get("require", "any"), name, failed, len(ends)):
                return end._replace(
                    failure=frozenset().union(*(other.failure for other in ends.values() if other.when == end.when))
                )
    there = {name: end.value for name, end in ends.items() if not end.failure and not end.absent}
    when = max(end.when for end in ends.values())
    if not there:
        return Outcome(when, None, complete=False, absent=True)
    return Outcome(when, _merged(merge, there, ends), not failed and all(end.complete for end in ends.values()))


def _fit(merge: Any, branch: Node, end: Outcome) -> Outcome:
    """A branch whose answer the merge cannot take has failed; an optional one is left out, unless its null has a place."""
    optional, keeps_null = bool(branch.get("optional")), merge in ("by_name", "list")
    wanted = dict if merge == "object" else int if isinstance(merge, dict) else object
    if end.failure or (end.absent and optional and not keeps_null):
        return end
    if isinstance(end.value, wanted):
        return end._replace(absent=False)
    return end._replace(complete=False, absent=True) if optional else end._replace(failure=UNFIT)


def _lost(require: Any, name: str, failed: int, total: int) -> bool:
    if isinstance(require, list):
        return name in require
    quorum: int = {"all": total, "any": 1}.get(require, require)
    return total - failed < quorum


def _merged(merge: Any, there: dict[str, Any], ends: Mapping[str, Outcome]) -> Any:
    if merge == "by_name":
        return there
    if merge == "list":
        return [there.get(name) for name in ends]
    if merge == "object":
        return {key: value for fields in there.values() for key, value in fields.items()}
    best = (max if "argmax" in merge else min)(there, key=there.__getitem__)
    return {"label": best, "score": there[best]}


def _transform(node: Node, given: Given, cast: Mapping[str, Behaviour]) -> Outcome:
    return _template(node["transform"], given)


def _value(node: Node, given: Given, cast: Mapping[str, Behaviour]) -> Outcome:
    return Outcome(given.now, node["value"])


def _template(template: Any, given: Given) -> Outcome:
    if template == "${input.q}":
        there = isinstance(given.value, dict) and "q" in given.value
        return Outcome(given.now, given.value["q"]) if there else Outcome(given.now, failure=UNFIT)
    if isinstance(template, dict):
        return Outcome(given.now, dict.fromkeys(template, given.value))
    if template == "${input}":
        return Outcome(given.now, given.value, absent=given.absent)
    return Outcome(given.now, template)


_RULES = {"predict": _predict, "sequence": _sequence, "parallel": _parallel, "transform": _transform, "value": _value}
