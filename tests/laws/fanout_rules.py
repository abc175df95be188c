"""The model of kinds that run many nodes at once."""

from __future__ import annotations

from typing import Any

from tests.laws.leaf_rules import called
from tests.laws.meaning import (
    ABSENT,
    HAIR,
    LEFT_OUT,
    UNFIT,
    Called,
    Given,
    Model,
    Outcome,
    Tie,
    cut,
    filled,
    near,
    waiting,
)
from tests.laws.merge_rules import fit, merged
from tests.laws.scene import Node

TOO_FEW = frozenset({"requirement-failed"})


def parallel(node: Node, given: Given, model: Model) -> Outcome:
    """All branches at once, until the last has ended or the rest is not needed."""
    merge = node["merge"]
    ends = {name: fit(merge, branch, model.outcome(branch, given)) for name, branch in node["parallel"].items()}
    decided = _decided(node.get("require", "any"), ends, first=merge == "first")
    if decided is not None:
        return _stopped(node, given, decided, ends)
    calls = _starting(node["asks"], given) + tuple(call for end in ends.values() for call in end.calls)
    when = max(end.when for end in ends.values())
    complete = all(end.complete and not end.failure for end in ends.values())
    there = {name: end.value for name, end in ends.items() if not (end.failure or end.mark)}
    if not there and not (complete and merge in ("by_name", "list", "object")):
        return Outcome(when, complete=complete, mark=LEFT_OUT if complete else ABSENT, calls=calls)
    if "python" in merge:
        found = called(merge["python"], given._replace(value=there, now=when))
    else:
        found = merged(merge, there, ends, when)
    return found._replace(complete=complete, calls=calls)


def _decided(require: Any, ends: dict[str, Outcome], *, first: bool) -> Outcome | None:
    """The end that decides before all have ended, if one does."""
    total, failed = len(ends), 0
    needed = set(ends) if require == "all" else set(require) if isinstance(require, list) else set()
    quorum = len(needed) or {"any": 1}.get(require, require)
    for name, end in sorted(ends.items(), key=lambda item: item[1].when):
        if first and not end.failure and not end.mark:
            return end
        if end.mark == LEFT_OUT:
            quorum -= name in needed
            total -= 1
            needed -= {name}
        elif end.failure:
            failed += 1
        else:
            continue
        if total - failed < quorum or (end.failure and name in needed):
            return _at_once(end, [other for other in ends.values() if near(other.when, end.when)], counted=not needed)
    return None


def _at_once(end: Outcome, at_once: list[Outcome], *, counted: bool) -> Outcome:
    """A failure, with the codes of all that may have been the last one too many."""
    codes = frozenset[str]().union(*(other.failure for other in at_once))
    lost = counted and any(other.mark == LEFT_OUT for other in at_once)
    return Outcome(end.when, failure=codes | (TOO_FEW if lost else frozenset()))


def _stopped(node: Node, given: Given, decided: Outcome, ends: dict[str, Outcome]) -> Outcome:
    """The node's end, and what has become of its calls: those of the branch that decided alone have ended by themselves."""
    moment = decided.when
    at_once = [end for end in ends.values() if near(end.when, moment)]
    if not decided.failure and sum(not end.failure and not end.mark for end in at_once) > 1:
        raise Tie
    calls: tuple[Called, ...] = ()
    for name, end in ends.items():
        if len(at_once) == 1 and end is at_once[0]:
            calls += end.calls
        else:
            calls += cut(_starting(node["parallel"][name]["asks"], given) + end.calls, moment)
    return decided._replace(calls=calls)


def _starting(keys: list[str], given: Given) -> tuple[Called, ...]:
    """Calls of a branch that is about to begin."""
    return waiting(keys, given.item, given.now, given.now)


def each(node: Node, given: Given, model: Model) -> Outcome:
    """The node for every item, so many at a time."""
    items = filled(f"${{{node['map']}}}", given)
    if items.failure or not isinstance(items.value, list):
        return Outcome(given.now, failure=UNFIT)
    if len(items.value) > node.get("max_items", 1000):
        return Outcome(given.now, failure=frozenset({"too-many-items"}))
    return _Each(node, given, model).ended(items.value)


class _Each:
    """One list on its way."""

    def __init__(self, node: Node, given: Given, model: Model) -> None:
        self.node, self.given, self.model = node, given, model
        self.now = given.now
        self.ends: dict[int, Outcome] = {}
        self.calls: tuple[Called, ...] = ()

    def ended(self, items: list[Any]) -> Outcome:
        """What comes of it."""
        concurrency, left = self.node.get("concurrency", 16), dict(enumerate(items))
        running: set[int] = set()
        while left or running:
            while left and len(running) < concurrency:
                place = next(iter(left))
                self._begin(place, left.pop(place))
                running.add(place)
            place = min(running, key=lambda place: self.ends[place].when)
            running.discard(place)
            self.now = self.ends[place].when
            over = self._judged(running, len(items))
            if over is not None:
                return self._stopped(over, left)
        there = [self.ends[place] for place in range(len(items))]
        complete = all(end.complete and not end.failure for end in there)
        return Outcome(self.now, [end.value for end in there], complete, calls=self.calls + self._called())

    def _begin(self, place: int, value: Any) -> None:
        item = f"{self.given.item}.{place}"
        named = {**self.given.named, "item": (value, ""), "index": (place, "")}
        prompt = not near(self.now, self.given.now)  # a map that has not begun knows no items
        self.calls += waiting(self.node["do"]["asks"], item, self.given.now, self.now)
        self.ends[place] = self.model.outcome(
            self.node["do"], self.given._replace(value=value, now=self.now, named=named, mark="", item=item, prompt=prompt)
        )

    def _judged(self, running: set[int], total: int) -> frozenset[str] | None:
        """The failure of the whole, if too few items can still be answered."""
        ended = [end for place, end in self.ends.items() if place not in running]
        left_out, failed = sum(end.mark == LEFT_OUT for end in ended), sum(bool(end.failure) for end in ended)
        require = self.node["require"]
        counted = total - left_out
        quorum = counted if require == "all" else min({"any": 1}.get(require, require), counted)
        if counted - failed >= quorum:
            return None
        at_once = [end for end in self.ends.values() if near(end.when, self.now)]
        # If it is an item that did not have to run that decides, the failure is the last one before.
        deciding = ended if any(end.mark == LEFT_OUT for end in at_once) else at_once
        return frozenset[str]().union(*(end.failure for end in deciding))

    def _stopped(self, failure: frozenset[str], left: dict[int, Any]) -> Outcome:
        at_once = [end for end in self.ends.values() if near(end.when, self.now)]
        calls = self.calls
        for place in left:
            calls += waiting(self.node["do"]["asks"], f"{self.given.item}.{place}", self.given.now, self.now + 2 * HAIR)
        calls = cut(calls, self.now)
        for end in self.ends.values():
            calls += end.calls if len(at_once) == 1 and end is at_once[0] else cut(end.calls, self.now)
        return Outcome(self.now, failure=failure, calls=calls)

    def _called(self) -> tuple[Called, ...]:
        return tuple(call for end in self.ends.values() for call in end.calls)
