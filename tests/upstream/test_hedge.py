"""When a second copy is worth sending, and how many there may be."""

from __future__ import annotations

import math

from plait.upstream.defaults import HEDGE_CALLS
from plait.upstream.hedge import BURST, Hedge


def test_nothing_is_copied_while_too_little_is_known() -> None:
    hedge = Hedge(0.0)
    for _ in range(HEDGE_CALLS - 1):
        hedge.saw(0.0, 0.01)
    assert hedge.delay(0.0) == math.inf
    hedge.saw(0.0, 0.01)
    assert 0.0095 < hedge.delay(0.2) <= 0.0105


def test_the_delay_waits_on_for_the_last_two_in_a_hundred_but_at_most_twice_the_quantile() -> None:
    hedge = Hedge(0.0)
    for call in range(1000):
        hedge.saw(0.0, 0.015 if call % 100 >= 96 else 0.010)
    assert 0.0142 < hedge.delay(0.0) <= 0.0158
    heavy = Hedge(0.0)
    for call in range(1000):
        heavy.saw(0.0, 1.0 if call % 100 >= 96 else 0.010)
    assert 0.019 < heavy.delay(0.0) <= 0.021


def test_two_in_a_hundred_calls_are_copied_and_few_can_be_saved_up() -> None:
    hedge = Hedge(0.0)
    copies = 0
    for _ in range(10_000):
        hedge.delay(0.0)
        copies += hedge.take()
    assert 195 <= copies <= 200
    for _ in range(10_000):
        hedge.delay(0.0)
    assert sum(hedge.take() for _ in range(100)) == BURST
