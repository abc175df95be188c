"""Draws that nobody can foresee, and that are even over time all the same; those of a job are the same whenever it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from random import SystemRandom

from plait.types import Run

STRATA = 256
_WHOLE = 1 << 64


def even_draws() -> Iterator[float]:
    """Numbers from 0 to 1, of which each 256 have one in each 256th, in an order drawn anew."""
    draw = SystemRandom()
    order = list(range(STRATA))
    while True:
        draw.shuffle(order)
        for stratum in order:
            yield (stratum + draw.random()) / STRATA


def drawn_for(job: str, path: str, item: str) -> float:
    """The number from 0 to 1 that a node draws for a job, whose id nobody can foresee; of a `map`, for one item."""
    digest = blake2b(f"{job}{path}{item}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / _WHOLE


@dataclass(frozen=True, slots=True)
class Draws:
    """The draws of one node, one for each run; a job that is run again draws the same again.

    Args:
        path: The node's.
        even: Draws for runs that are no job.
    """

    path: str
    even: Callable[[], float] = field(default_factory=lambda: even_draws().__next__)

    def __call__(self, run: Run) -> float:
        """A number from 0 to 1."""
        return drawn_for(run.job, self.path, run.item) if run.job else self.even()
