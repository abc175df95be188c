"""A job that this worker owns, from when it takes it until it has ended, or is left to others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from plait.events import Part
from plait.jobs.carried import Carried, Leave

if TYPE_CHECKING:
    from plait.graph.compile import Compiled
    from plait.jobs.records import StoredJob


class Held:
    """One job: what is known of it, its run, and the parts that wait to be written.

    Args:
        job: As it is kept.
        compiled: Its graph, if that need not be made from what is kept.
        known: The keys of the parts that are kept.
        begun: Whether the store knows that it runs.

    `before` are the parts of when it ran before, `carried` is its run, once that has begun. `left` says that nothing of it is to be
    written any more: what happens from then on never happened. `over` is set when nothing more happens to it here.
    """

    def __init__(
        self, job: StoredJob, compiled: Compiled | None = None, known: set[str] | None = None, *, begun: bool = False
    ) -> None:
        self.job = job
        self.begun = begun
        self.compiled = compiled
        self.carried: Carried | None = None
        self.left = False
        self.over = asyncio.Event()
        self.woken = asyncio.Event()
        self.known = set() if known is None else known
        self.before: list[Part] = []
        self._waiting: list[Part] = []
        self._hears: dict[int, Callable[[Part | None], None]] = {}
        self._next = 0

    @property
    def parts(self) -> list[Part]:
        """All parts so far; those from before may come again."""
        return self.before if self.carried is None else [*self.before, *self.carried.run.parts]

    def follow(self, carried: Carried) -> Leave:
        """Take each part of a run from now on."""
        self.carried = carried
        return carried.listen(self._part, self.woken.set)

    def leave(self) -> None:
        """Stop it, as if from here on nothing had happened."""
        self.left = True
        self.woken.set()
        if self.carried is not None:
            self.carried.cancel()

    def taken(self) -> list[Part]:
        """The parts that wait to be written, which do so no more."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def end(self) -> None:
        """Nothing more happens to it here."""
        self.over.set()
        for hears in tuple(self._hears.values()):
            hears(None)

    def listen(self, hears: Callable[[Part | None], None]) -> Leave:
        """Hear of each part from now on; of None when nothing more happens here."""
        number = self._next = self._next + 1
        self._hears[number] = hears

        def leave() -> None:
            self._hears.pop(number, None)

        return leave

    def _part(self, part: Part) -> None:
        if self.left:
            return
        for hears in tuple(self._hears.values()):
            hears(part)
        if part.key not in self.known:
            self.known.add(part.key)
            self._waiting.append(part)
            self.woken.set()
