"""How many jobs there are, for metrics: the store is asked seldom, and nobody waits for it long."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from plait.background import Background
from plait.jobs.errors import NotInstalled, StoreDown

if TYPE_CHECKING:
    from plait.jobs.keeping import Keeping

FRESH = 5.0
"""Seconds for which what the store has said is not asked for again."""
PATIENCE = 1.0
"""Seconds that are waited for it."""


class JobsTold(NamedTuple):
    """What is known of jobs.

    Args:
        up: Whether the store answers; None where there is none, or it was never asked to the end.
        counts: By graph and status, how many there are, while it does.
        cancelled: By graph, how many were cancelled through the admin port.
    """

    up: bool | None = None
    counts: Mapping[tuple[str, str], int] = {}
    cancelled: Mapping[str, int] = {}


class Counting:
    """Asks the store, and remembers what it has said.

    Args:
        store: The store, open; None where none was made yet.

    `cancelled` is what was cancelled through the admin port, by graph.
    """

    def __init__(self, store: Callable[[], Awaitable[Keeping | None]]) -> None:
        self.cancelled: Counter[str] = Counter()
        self._store = store
        self._background = Background()
        self._asking: asyncio.Task[None] | None = None
        self._next = 0.0
        self._told = JobsTold()

    async def look(self) -> JobsTold:
        """What is known by now; a store that does not answer in time is as good as down, if it has ever answered."""
        now = asyncio.get_running_loop().time()
        if self._asking is None and now >= self._next:
            self._next = now + FRESH
            self._asking = self._background.start(self._ask())
        if self._asking is not None:
            await asyncio.wait((self._asking,), timeout=PATIENCE)
        told = self._told
        if self._asking is not None and told.up is not None:
            told = JobsTold(up=False)
        return told._replace(cancelled=dict(self.cancelled))

    async def close(self) -> None:
        """Ask no more."""
        await self._background.close()

    async def _ask(self) -> None:
        try:
            store = await self._store()
            self._told = JobsTold() if store is None else JobsTold(True, await store.counts())  # noqa: FBT003 - a field
        except NotInstalled:
            self._told = JobsTold()
        except StoreDown:
            self._told = JobsTold(up=False)
        finally:
            self._asking = None
