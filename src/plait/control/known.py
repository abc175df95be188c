"""What a ledger knows of its store: the newest state, what of it can run here, and whether that is still so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from plait.control.candidate import Surroundings
from plait.control.errors import Conflict, StoreDown
from plait.control.files import Taken
from plait.control.outcome import Changed, Desired
from plait.control.revisions import Revision
from plait.control.store.statements import State
from plait.control.store.store import Store
from plait.errors import ConfigError
from plait.graph.load import Loaded

T = TypeVar("T")

TRIES = 100
"""How often a change is decided anew because others were first."""

_log = logging.getLogger("plait")


@dataclass(frozen=True, slots=True)
class Last:
    """What ran here last, as far as it was kept elsewhere too.

    Args:
        state: The revision and the marks; its turn means nothing.
        taken: The file that was taken in last.
    """

    state: State
    taken: Taken | None = None


class Known:
    """The state that was read or written last; it is told on whenever something else is desired.

    Args:
        store: Where it stands.
        around: What else a configuration's meaning depends on.
        changed: Is told what is desired.
        last: What ran here last, for a store that has lost it while nobody looked.
    """

    def __init__(self, store: Store, around: Surroundings, changed: Changed, last: Last | None = None) -> None:
        self.state: State | None = None
        self.desired: Desired | None = None
        self.unfit: ConfigError | None = None
        self.doubtful = True
        # In a store that others share, what ran here says nothing of what should run.
        self._last = None if store.shared else last
        self.taken = self._last.taken if self._last else None
        self._store = store
        self._around = around
        self._changed = changed
        self._checks = ThreadPoolExecutor(1, "plait-check")

    @property
    def newest(self) -> Revision | None:
        """The newest revision; none in a new store."""
        return self.state.newest if self.state else None

    async def in_thread(self, work: Callable[[], T]) -> T:
        """What a function gives that takes a while, and may import code of users."""
        return await asyncio.get_running_loop().run_in_executor(self._checks, work)

    async def sure(self) -> State:
        """The state as it is in the store, as far as changes of others need not be known yet."""
        if self.state is None or self.doubtful:
            await self.refresh()
        if self.state is None:
            raise AssertionError("a state was read and is not there")
        return self.state

    async def refresh(self) -> None:
        """Read the store again, and write back what it has lost.

        Raises:
            StoreDown: If it cannot be read or written.
        """
        for _ in range(TRIES):
            found, known = await self._store.state(), self.state or (self._last.state if self._last else None)
            if known is None or known.newest is None or not _lost(known.newest, found):
                await self.become(found)
                return
            _log.warning("the store has lost revision %d, which is active: it is written there again", known.newest.number)
            try:
                await self._store.put_back(known, found.turn, self.taken)
            except Conflict:
                continue
        raise StoreDown("others change the store all the time")

    async def become(self, found: State, loaded: Loaded | None = None) -> None:
        """Take over a state of the store; `loaded` is its newest revision, where that was just checked with its marks."""
        before, self.state, self.doubtful = self.desired, found, False
        if found.newest is None or (before and _same(before, found)):
            return
        try:
            if loaded is None:
                revision, excluded = found.newest, list(found.marks)
                loaded = await self.in_thread(lambda: self._around.load(revision.data, excluded))
        except ConfigError as exc:
            self.unfit = exc
            _log.error("revision %d cannot run here, and what ran before goes on: %s", found.newest.number, exc)
            return
        self.unfit = None
        self.desired = Desired(found.newest, loaded, found.marks)
        await self._changed(self.desired)

    def close(self) -> None:
        """Check nothing more."""
        self._checks.shutdown(wait=False)


def _lost(newest: Revision, found: State) -> bool:
    """Whether the store was emptied, or an older copy was put in its place."""
    return found.newest is None or found.newest.number < newest.number


def _same(desired: Desired, found: State) -> bool:
    newest = found.newest
    return newest is not None and newest.number == desired.revision.number and dict(found.marks) == dict(desired.marks)
