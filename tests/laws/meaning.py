"""What a node is run with and what comes of it, in the model: an answer at a moment, and the calls until then."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from tests.laws.scene import Behaviour, Node

HAIR = 1e-6
ABSENT, LEFT_OUT = "absent", "left out"
NO_PART = ""
CANCELLED = frozenset({"cancelled"})
UNFIT = frozenset({"expression-failed"})
TIMEOUT = frozenset({"timeout"})
CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    "true": lambda _request, _given: True,
    "false": lambda _request, _given: False,
    "request.q == 1.0": lambda request, _given: request["q"] == 1,
    "input.q > 2.0": lambda _request, given: given["q"] > 2,
    "request.nosuch": lambda request, _given: request["nosuch"],
}
JUDGEMENTS: dict[str, Callable[[Any], bool]] = {
    "true": lambda _output: True,
    "false": lambda _output: False,
    "output.q > 2.0": lambda output: output["q"] > 2,
    "output == 3.0": lambda output: output == 3,
}


class Tie(Exception):
    """Two answers are the first at the same moment: which of them it is, is not said."""


class Given(NamedTuple):
    """What a node is run with; `prompt` is whether nothing before it in its branch had to wait, be it for no time at all."""

    value: Any
    now: float
    deadline: float
    request: Any
    named: Mapping[str, tuple[Any, str]] = {}
    mark: str = ""
    item: str = ""
    prompt: bool = True

    def after(self, node: Node, moment: float) -> Given:
        """The same once a node has ended."""
        at_once = ("transform" in node or "value" in node) and "cache" not in node
        return self._replace(now=moment, prompt=self.prompt and at_once)


class Called(NamedTuple):
    """One call, from when to when, and what its part may say; more than one word where things come at the same moment.

    A call that waits for its turn has no part (`NO_PART`) unless it is cut off. Being cut off later than `until` means nothing.
    A call that is not `prompt` may just not have begun when things are cut off at the moment of its beginning.
    """

    key: str
    began: float
    ended: float
    statuses: frozenset[str]
    output: Any = None
    until: float = math.inf
    prompt: bool = False


class Outcome(NamedTuple):
    """When a node ends, and how.

    `failure` holds the codes of errors, more than one where they come at the same moment; `mark` says that the value is the null
    of an optional node that failed, or that the node did not run.
    """

    when: float
    value: Any = None
    complete: bool = True
    failure: frozenset[str] = frozenset()
    mark: str = ""
    calls: tuple[Called, ...] = ()


class Model(Protocol):
    """What the rules of the kinds ask."""

    cast: Mapping[str, Behaviour]

    def outcome(self, node: Node, given: Given) -> Outcome:
        """What a node within does."""
        ...


def near(one: float, other: float) -> bool:
    """Whether two moments are the same."""
    return abs(one - other) <= HAIR


def holds(text: str, given: Given) -> bool | None:
    """Whether a condition does; None if it fails."""
    try:
        return CONDITIONS[text](given.request, given.value)
    except (KeyError, TypeError):
        return None


def good_enough(text: str, output: Any) -> bool | None:
    """Whether an answer is; None if the condition fails."""
    try:
        return JUDGEMENTS[text](output)
    except (KeyError, TypeError):
        return None


def filled(template: Any, given: Given) -> Outcome:
    """What a template gives."""
    if isinstance(template, list):
        return Outcome(given.now, template)
    if isinstance(template, dict):
        return Outcome(given.now, dict.fromkeys(template, given.value))
    if template == "${input}":
        return Outcome(given.now, given.value, mark=given.mark)
    if not isinstance(template, str):
        return Outcome(given.now, template)
    name, _, field = template.removeprefix("${").removesuffix("}").partition(".")
    if not field:
        value, mark = given.named[name]
        return Outcome(given.now, value, mark=mark)
    whole = given.request if name == "request" else given.value
    there = isinstance(whole, dict) and field in whole
    return Outcome(given.now, whole[field]) if there else Outcome(given.now, failure=UNFIT)


def kept_from_running(keys: Iterable[str], given: Given, status: str) -> tuple[Called, ...]:
    """Calls that were not made, each with a part that says so."""
    return tuple(Called(key + given.item, given.now, given.now, frozenset({status}), prompt=given.prompt) for key in keys)


def waiting(keys: Iterable[str], item: str, began: float, ended: float) -> tuple[Called, ...]:
    """Calls that wait for their turn for so long."""
    return tuple(Called(key + item, began, ended, frozenset({NO_PART})) for key in keys)


def cut(calls: Iterable[Called], moment: float) -> tuple[Called, ...]:
    """What has become of calls when those who made them were stopped."""
    found: list[Called] = []
    for call in calls:
        after = call if moment > call.until + HAIR else _cut(call, moment)
        if near(call.until, moment):
            found.append(call._replace(statuses=call.statuses | (after.statuses if after else {NO_PART})))
        elif after is not None:
            found.append(after)
    return tuple(found)


def _cut(call: Called, moment: float) -> Called | None:
    if call.ended < moment - HAIR:
        return call
    if call.began > moment + HAIR:
        return None
    statuses = CANCELLED
    if near(call.ended, moment):
        statuses |= call.statuses
    if near(call.began, moment) and not call.prompt:
        statuses |= {NO_PART}
    return call._replace(ended=min(call.ended, moment), statuses=statuses)


def allowed(calls: Iterable[Called]) -> dict[str, frozenset[str]]:
    """What the part of each key may say."""
    found: dict[str, frozenset[str]] = {}
    for call in calls:
        before = found.get(call.key, frozenset({NO_PART}))
        either = before | call.statuses
        found[call.key] = either if NO_PART in before and NO_PART in call.statuses else either - {NO_PART}
    return found
