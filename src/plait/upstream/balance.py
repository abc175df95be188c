"""Which replica of a predictor gets a call."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from plait.upstream.defaults import SLOW_START, SLOW_START_SHARE
from plait.upstream.ejection import Health
from plait.upstream.latency import Latency

E = TypeVar("E")
Draw = Callable[[], float]
"""A number from 0 up to but not 1, such as `random.Random.random`."""


class Replica(Generic[E]):
    """One endpoint of a predictor, and what is known of it."""

    __slots__ = ("draining", "endpoint", "handicap", "health", "in_flight", "latency", "started")

    def __init__(self, endpoint: E, latency: Latency, health: Health) -> None:
        self.endpoint = endpoint
        self.latency = latency
        self.health = health
        self.in_flight = 0
        self.handicap = 1.0
        self.started = -math.inf
        self.draining = False

    def warm(self, now: float) -> bool:
        """Count as more loaded than it is while it starts slowly; whether it still does."""
        share = (now - self.started) / SLOW_START
        self.handicap = 1.0 if share >= 1.0 else 1.0 / max(SLOW_START_SHARE, share)
        return share < 1.0


Rule = Callable[[Sequence[Replica[E]], Draw], Replica[E]]


def p2c(replicas: Sequence[Replica[E]], draw: Draw) -> Replica[E]:
    """The less loaded of two drawn at random, by calls in flight times latency.

    Mitzenmacher, "The power of two choices in randomized load balancing", 2001; weighed as Finagle's `p2cPeakEwma`.
    """
    count = len(replicas)
    if count == 1:
        return replicas[0]
    drawn = draw() * count
    first = int(drawn)
    second = int((drawn - first) * (count - 1))  # the rest of the draw is as random as the draw
    one = replicas[first]
    two = replicas[second if second < first else second + 1]
    if (one.in_flight + 1) * one.latency.seconds * one.handicap <= (two.in_flight + 1) * two.latency.seconds * two.handicap:
        return one
    return two


def least_loaded(replicas: Sequence[Replica[E]], draw: Draw) -> Replica[E]:
    """The one with the fewest calls in flight; of equals, any."""
    count = len(replicas)
    first = int(draw() * count)
    best, least = replicas[first], math.inf
    for place in range(first - count, first):
        load = (replicas[place].in_flight + 1) * replicas[place].handicap
        if load < least:
            best, least = replicas[place], load
    return best


def round_robin() -> Rule[E]:
    """Each in turn; one that starts slowly is passed over more often than not."""
    turn = 0

    def rule(replicas: Sequence[Replica[E]], draw: Draw) -> Replica[E]:
        nonlocal turn
        for _ in replicas:
            turn += 1
            replica = replicas[turn % len(replicas)]
            if replica.handicap == 1.0 or draw() * replica.handicap < 1.0:
                break
        return replica

    return rule
