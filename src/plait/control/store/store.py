"""The store of revisions, marks and digests, for the loop: each call in the store's own thread, one at a time, and bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from plait.control.errors import StoreDown
from plait.control.files import Taken
from plait.control.marks import Mark
from plait.control.revisions import Entry, Revision
from plait.control.store import statements
from plait.control.store.statements import Proxy, State
from plait.control.store.tables import SCHEMA
from plait.database.database import Database, Dialect

T = TypeVar("T")

KEPT = 1_000
"""Revisions that are kept, the active one among them."""
SECONDS = 4.0
"""The longest that a call takes, waiting for others included."""


class Store:
    """Revisions, marks and digests, durable.

    Every method raises `StoreDown` where the database does not do what it should; those that write raise `Conflict` where somebody
    else changed revisions or marks since `turn`. It needs no opening, and heals by itself.

    What the last call failed of is in `failure`, which is empty if it did not.

    Args:
        dialect: Where it is.
        shared: Whether other proxies may change it, so that it must be looked at.
        seconds: The longest that a call takes.
        kept: How many revisions are kept.
    """

    def __init__(self, dialect: Dialect, *, shared: bool, seconds: float = SECONDS, kept: int = KEPT) -> None:
        self.shared = shared
        self._database = Database(dialect, SCHEMA)
        self._seconds = seconds
        self._kept = kept
        self._thread = ThreadPoolExecutor(1, "plait-store")
        self._lock = asyncio.Lock()
        self._closed = False
        self._last: asyncio.Future[Any] | None = None
        self._failed = -1.0
        self.failure = ""

    async def turn(self) -> int:
        """A number that grows with every change of revisions or marks: cheap to look at."""
        return await self._read(statements.turn)

    async def state(self) -> State:
        """The newest revision and all marks."""
        return await self._read(statements.state)

    async def append(self, revision: Revision, turn: int, taken: Taken | None = None) -> None:
        """Add a revision, which is then the newest.

        Args:
            revision: Its number must be larger than all others.
            turn: That of the state on which it was decided.
            taken: The file that says it, noted together with it.
        """
        await self._write(lambda connection: statements.append(connection, revision, turn, taken, self._kept))

    async def mark(self, mark: Mark, turn: int) -> None:
        """Set a mark, in place of one of the same predictor."""
        await self._write(lambda connection: statements.mark(connection, mark, turn))

    async def unmark(self, predictor: str, turn: int) -> None:
        """Take a mark away."""
        await self._write(lambda connection: statements.unmark(connection, predictor, turn))

    async def put_back(self, state: State, turn: int, taken: Taken | None = None) -> None:
        """Write what is known of a state into a store that lost it, and the file that was taken in last."""
        await self._write(lambda connection: statements.put_back(connection, state, turn, taken))

    async def revision(self, number: int) -> Revision | None:
        """A revision by its number, if it is kept."""
        return await self._read(lambda connection: statements.revision(connection, number))

    async def history(self, before: int | None, limit: int) -> list[Entry]:
        """Revisions without their data, the newest first, from the one before a number on."""
        return await self._read(lambda connection: statements.history(connection, before, limit))

    async def taken(self, proxy: str) -> tuple[str | None, str | None]:
        """The digests of the file that this proxy, and that any proxy, took in last."""
        return await self._read(lambda connection: statements.taken(connection, proxy))

    async def took(self, taken: Taken) -> None:
        """Note that a file was taken in that changed nothing."""
        await self._write(lambda connection: statements.took(connection, taken))

    async def report(self, proxy: str, runs: Any, seen: datetime) -> None:
        """Note what a proxy's workers run, as JSON."""
        await self._write(lambda connection: statements.report(connection, Proxy(proxy, runs, seen)))

    async def proxies(self) -> list[Proxy]:
        """What each proxy that shares the store has said of itself last."""
        return await self._read(statements.proxies)

    async def forget(self, proxy: str) -> None:
        """Forget a proxy that is no more."""
        await self._write(lambda connection: statements.forget(connection, proxy))

    async def close(self) -> None:
        """Close the database, unless it hangs; nothing can be asked any more."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._in_thread(self._database.close)
        finally:
            self._thread.shutdown(wait=False)

    async def _read(self, work: Callable[[Any], T]) -> T:
        return await self._in_thread(lambda: self._database.read(work))

    async def _write(self, work: Callable[[Any], T]) -> T:
        return await self._in_thread(lambda: self._database.write(work))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        began = loop.time()
        holds = False
        try:
            async with asyncio.timeout(self._seconds), self._lock:
                holds = True
                self._hopeful(began)
                found = await self._run(work)
        except TimeoutError:
            if holds:
                self._database.interrupt()
            failure = StoreDown(f"{self._database.dialect.where} does not answer")
        except StoreDown as exc:
            failure = exc
        else:
            self.failure = ""
            return found
        self._failed, self.failure = loop.time(), failure.detail
        raise failure

    def _hopeful(self, began: float) -> None:
        """Refuse those who have waited through a failure: they need not wait for the next."""
        if self._failed > began:
            raise StoreDown(self.failure)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._last is not None:
            await asyncio.wait([self._last])  # a call that was given up may still hold the thread
        call: asyncio.Future[T] = asyncio.get_running_loop().run_in_executor(self._thread, work)
        call.add_done_callback(_heard)
        self._last = call
        return await asyncio.shield(call)


def _heard(call: asyncio.Future[Any]) -> None:
    """Whoever gave up a call does not want to know how it ended."""
    if not call.cancelled():
        call.exception()
