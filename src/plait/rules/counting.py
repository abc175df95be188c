"""Counts of matches over time: a sliding window for each value, and a rest once the rule has acted."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.rules.acting import Match

KEYS = 10_000
"""Values of one rule of which matches are counted; the one that was seen longest ago is forgotten when there are more."""
MOMENTS = 1_000_000
"""Matches of one rule whose moments are kept; values are forgotten as above when there are more."""
RULES = 10_000
"""Rules; the one that matched longest ago is forgotten when there are more."""
REMEMBERED = 10_000
"""Matches of one rule that can come again, and are known then."""
LONGEST_KEY = 64
"""Letters of a value that are kept as they are; of longer ones a digest is."""


class Counting:
    """Counts the matches of all rules of one plait.

    Args:
        now: The present moment in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._rules: OrderedDict[str, Windows] = OrderedDict()

    def __call__(self, match: Match) -> bool:
        """Count a match; true if the rule is to act on it."""
        windows = self._rules.get(match.rule)
        if windows is None:
            windows = self._rules[match.rule] = Windows(match.times, match.within)
            if len(self._rules) > RULES:
                self._rules.popitem(last=False)
        self._rules.move_to_end(match.rule)
        return windows.count(match.key, match.once, self._now())


class Windows:
    """Counts the matches of one rule.

    It acts on a match that is the last of `count` within `within` seconds; then nothing is counted of that value for as long.

    Args:
        count: On how many matches it acts.
        within: In how many seconds.
        keys: How many values it may have.
        moments: How many matches it may keep in all.
    """

    __slots__ = ("_count", "_kept", "_keys", "_known", "_moments", "_values", "_within")

    def __init__(self, count: int, within: float, keys: int = KEYS, moments: int = MOMENTS) -> None:
        self._count = count
        self._within = within
        self._keys = keys
        self._moments = max(moments, count)
        self._kept = 0
        self._values: OrderedDict[str, _Value] = OrderedDict()
        self._known: OrderedDict[str, bool] = OrderedDict()

    def count(self, key: str, once: str, now: float) -> bool:
        """Count a match for a value; true if the rule acts on it. One that was counted before has the answer of before."""
        if once and (known := self._known.get(once)) is not None:
            return known
        acts = self._counted(key, now)
        if once:
            self._known[once] = acts
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return acts

    def _counted(self, key: str, now: float) -> bool:
        value = self._values.get(key)
        if value is None:
            value = self._values[key] = _Value()
        self._values.move_to_end(key)
        if now < value.rests:
            return False
        moments = value.moments
        while moments and moments[0] <= now - self._within:
            moments.popleft()
            self._kept -= 1
        moments.append(now)
        self._kept += 1
        acts = len(moments) >= self._count
        if acts:
            self._kept -= len(moments)
            moments.clear()
            value.rests = now + self._within
        while len(self._values) > self._keys or self._kept > self._moments:
            self._kept -= len(self._values.popitem(last=False)[1].moments)
        return acts


def key_of(value: str) -> str:
    """By what a value is known; a long one by its digest."""
    return value if len(value) <= LONGEST_KEY else blake2b(value.encode(), digest_size=16).hexdigest()


class _Value:
    """What is known of one value: when it matched, and until when the rule rests."""

    __slots__ = ("moments", "rests")

    def __init__(self) -> None:
        self.moments: deque[float] = deque()
        self.rests = float("-inf")
