"""The model of kinds that run their nodes one after the other, choose one, or copy."""

from __future__ import annotations

from hashlib import blake2b
from itertools import accumulate

import msgspec

from tests.laws.meaning import ABSENT, LEFT_OUT, UNFIT, Given, Model, Outcome, filled, good_enough, holds
from tests.laws.scene import Node


def sequence(node: Node, given: Given, model: Model) -> Outcome:
    """Steps in order; one that was left out passes its input on."""
    complete, calls = True, ()
    for step in node["sequence"]:
        found = model.outcome(step, given)
        calls += found.calls
        if found.failure:
            return found._replace(calls=calls)
        if found.mark != LEFT_OUT:
            given = given._replace(value=found.value, mark=found.mark)
        given = given.after(step, found.when)
        name = step.get("name") or step.get("predict")
        if name:
            given = given._replace(named={**given.named, name: (given.value, given.mark)})
        complete = complete and found.complete
    return Outcome(given.now, given.value, complete, mark=given.mark, calls=calls)


def switch(node: Node, given: Given, model: Model) -> Outcome:
    """The first case that holds."""
    for case in node["switch"]:
        chosen = True if "else" in case else holds(case["when"], given)
        if chosen is None:
            return Outcome(given.now, failure=UNFIT)
        if chosen:
            return model.outcome(case.get("then") or case["else"], given)
    return Outcome(given.now, failure=frozenset({"no-case"}))


def split(node: Node, given: Given, model: Model) -> Outcome:
    """The node to which the key belongs, or the only one that has any weight."""
    shares = [share for share in node["split"] if share["weight"]]
    if "key" not in node:
        return model.outcome(shares[0]["to"], given)
    key = filled(f"${{{node['key']}}}", given)
    if key.failure:
        return key
    same = repr(float(key.value)).encode() if type(key.value) in (int, float) else msgspec.json.encode(key.value)
    place = int.from_bytes(blake2b(same, digest_size=8).digest()) / 2**64
    bounds = accumulate(share["weight"] for share in shares)
    total = sum(share["weight"] for share in shares)
    return model.outcome(next(share["to"] for share, bound in zip(shares, bounds, strict=True) if place < bound / total), given)


def fallback(node: Node, given: Given, model: Model) -> Outcome:
    """The first that answers."""
    failure, calls = frozenset[str](), ()
    for choice in node["fallback"]:
        found = model.outcome(choice, given)
        calls += found.calls
        if not found.failure and found.mark != LEFT_OUT:
            return found._replace(calls=calls)
        failure, given = found.failure or failure, given.after(choice, found.when)
    return Outcome(given.now, failure=failure, mark="" if failure else LEFT_OUT, calls=calls)


def cascade(node: Node, given: Given, model: Model) -> Outcome:
    """The first answer that is good enough, else the last that could be judged."""
    last, failure, calls = Outcome(given.now, mark=LEFT_OUT), frozenset[str](), ()
    for choice in node["cascade"]:
        found = model.outcome(choice, given)
        calls += found.calls
        given = given.after(choice, found.when)
        if found.failure or found.mark == LEFT_OUT:
            failure = found.failure or failure
            continue
        enough = good_enough(node["until"], found.value)
        if enough is None:
            failure = UNFIT
            continue
        last = found
        if enough:
            break
    if last.mark == LEFT_OUT and failure:
        last = Outcome(given.now, failure=failure)
    return last._replace(when=given.now, calls=calls)


def shadow(node: Node, given: Given, model: Model) -> Outcome:
    """The answer of `of`; whoever stops that later than it ends does not stop the copy."""
    found, copy = model.outcome(node["of"], given), model.outcome(node["shadow"], given._replace(prompt=False))
    copied = tuple(call._replace(until=min(call.until, found.when)) for call in copy.calls)
    return found._replace(calls=found.calls + copied)


def instead(node: Node, given: Given, found: Outcome) -> Outcome:
    """What stands for a failure, where something may."""
    if not found.failure:
        return found
    if node.get("optional"):
        return Outcome(found.when, complete=False, mark=ABSENT, calls=found.calls)
    if node.get("on_error"):
        return Outcome(found.when, given.value, complete=False, mark=given.mark, calls=found.calls)
    return found
