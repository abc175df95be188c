"""Draws that nobody can foresee, and that are even over time all the same."""

from __future__ import annotations

from collections.abc import Iterator
from random import SystemRandom

STRATA = 256


def even_draws() -> Iterator[float]:
    """Numbers from 0 to 1, of which each 256 have one in each 256th, in an order drawn anew."""
    draw = SystemRandom()
    order = list(range(STRATA))
    while True:
        draw.shuffle(order)
        for stratum in order:
            yield (stratum + draw.random()) / STRATA
