"""The replicas of a predictor: those that may be called, those that are out, and how they come back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from plait.spec.policies import EjectSpec
from plait.upstream.balance import Draw, Replica, Rule
from plait.upstream.budget import Budget
from plait.upstream.defaults import EJECT, EJECT_SHARE, FAILURE_COST, FIRST_LATENCY
from plait.upstream.ejection import Health
from plait.upstream.latency import Latency

E = TypeVar("E")
TICK: Final = 0.25
"""Seconds after which what changes with time alone is looked at."""


class Fleet(Generic[E]):
    """Picks a replica for each attempt and learns from how it ends.

    The panic rule is Envoy's: where more than half of the replicas would be out, all are used, for then their verdicts say more
    about what they have in common. So neither failures nor probes alone empty a predictor.

    Args:
        rule: `p2c`, `least_loaded` or `round_robin()`.
        draw: Where chance comes from.
        budget: Pays for trial requests.
        failure: Seconds that a failure counts as: the predictor's timeout.
        eject: When a replica that fails is taken out; without, never.

    `sole` is the only replica, where there is only one: whoever takes it without `pick` counts it as in flight. `told` hears when
    the panic begins and when it is over.
    """

    __slots__ = ("_budget", "_draw", "_eject", "_failure", "_next", "_out", "_rule", "_usable", "panic", "replicas", "sole", "told")

    def __init__(
        self, rule: Rule[E], draw: Draw, budget: Budget, failure: float = FAILURE_COST, eject: EjectSpec | None = EJECT
    ) -> None:
        self.replicas: list[Replica[E]] = []
        self.panic = False
        self._rule = rule
        self._draw = draw
        self._budget = budget
        self._failure = failure
        self._usable: list[Replica[E]] = []
        self._out: list[Replica[E]] = []
        self._next = -math.inf
        self.sole: Replica[E] | None = None
        self._eject = eject
        self.told: Callable[..., None] | None = None

    def add(self, endpoint: E, now: float) -> Replica[E]:
        """A replica comes, slowly where others serve already."""
        known = sorted(replica.latency.seconds for replica in self.replicas)
        seconds = known[len(known) // 2] if known else FIRST_LATENCY
        replica = Replica(endpoint, Latency(now, seconds, self._failure), Health(self._eject))
        if any(other.latency.known for other in self.replicas):
            replica.started = now
        self.replicas.append(replica)
        self.changed(now)
        return replica

    def remove(self, replica: Replica[E], now: float) -> None:
        """A replica gets no more calls; those that it has go on."""
        replica.draining = True
        self.replicas.remove(replica)
        self.changed(now)

    def pick(self, now: float, tried: Sequence[Replica[E]] = ()) -> Replica[E] | None:
        """The replica for one attempt, which counts as in flight from now on; none if there is none.

        Args:
            now: The moment.
            tried: Those that this call has tried; one of them only where there is no other.
        """
        if now >= self._next:
            self.changed(now)
        if self._out:
            replica = self._trial(now, tried)
            if replica is not None:
                return replica
        usable = self._usable
        if tried:
            usable = [replica for replica in usable if replica not in tried] or usable
        count = len(usable)
        if count > 1:
            replica = self._rule(usable, self._draw)
        elif count:
            replica = usable[0]
        else:
            return None
        replica.in_flight += 1
        return replica

    def another(self, tried: Sequence[Replica[E]]) -> bool:
        """Whether the next attempt of a call that has tried these goes to another one."""
        return any(replica not in tried for replica in self._usable)

    def look(self, now: float) -> E | None:
        """The endpoint of a replica that would be called, for what is no call: it is not counted, and no trial."""
        if now >= self._next:
            self.changed(now)
        return self._rule(self._usable, self._draw).endpoint if self._usable else None

    def good(self, replica: Replica[E], now: float, seconds: float) -> None:
        """An attempt was answered, be it with what the client did wrong."""
        replica.in_flight -= 1
        replica.latency.saw(now, seconds)
        if replica.health.rate and replica.health.good(now, panic=self.panic):
            replica.started = now
            self.changed(now)

    def bad(self, replica: Replica[E], now: float, seconds: float) -> None:
        """An attempt failed."""
        replica.in_flight -= 1
        replica.latency.failed(now, seconds)
        if replica.health.bad(now, panic=self.panic):
            self.changed(now)

    def cut(self, replica: Replica[E], now: float, seconds: float) -> None:
        """An attempt was given up: another was faster, or nobody waits any more."""
        replica.in_flight -= 1
        replica.latency.cut(now, seconds)
        replica.health.cut()

    def probed(self, replica: Replica[E], now: float, *, good: bool) -> None:
        """An active probe of a replica has ended."""
        if replica.health.probed(good=good):
            if good:
                replica.started = now
            self.changed(now)

    def changed(self, now: float) -> None:
        """Something has changed, or time has passed: see anew who may be called."""
        self._next = now + TICK
        serving = [replica for replica in self.replicas if not replica.draining]
        out = [replica for replica in serving if replica.health.out]
        self.sole = serving[0] if len(serving) == 1 else None
        panic = len(out) > len(serving) * EJECT_SHARE
        changed, self.panic = panic != self.panic, panic
        self._usable = [r for r in serving if self.panic or not r.health.out]
        self._out = [] if self.panic else [r for r in out if r.health.ejected and not r.health.unwell]
        for replica in serving:
            replica.latency.idle(now)
            replica.warm(now)
        if changed and self.told is not None:
            self.told(panic=panic)

    def _trial(self, now: float, tried: Sequence[Replica[E]]) -> Replica[E] | None:
        """One whose ejection has ended, for a single call that the budget pays."""
        for replica in self._out:
            if replica.health.due(now) and replica not in tried and self._budget.take(now):
                replica.health.trial = True
                replica.in_flight += 1
                return replica
        return None
