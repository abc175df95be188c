"""Ask a database from the loop: one thread, and what has to wait for it is done together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from plait.errors import PlaitError, fault
from plait.job_errors import StoreDown

if TYPE_CHECKING:
    from plait.database.together import Outcome

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
T = TypeVar("T")

SECONDS = 4.0
"""The longest that a call takes, waiting for others included."""
GATHER = 0.002
"""Seconds from the end of a transaction that wrote to the next: who comes meanwhile shares that. One alone never waits."""
MOST = 512
"""Pieces of work in one transaction."""


class Asked(Protocol[S_co]):
    """What the thread asks; see `plait.database.together`."""

    def run(self, works: Sequence[Callable[[S_co], Any]], *, writes: bool) -> list[Outcome]: ...


class Opened(NamedTuple, Generic[S]):
    """A database, as the thread has made it.

    Args:
        asked: Does what is asked.
        interrupt: From another thread: ends the call that hangs.
        close: Closes what is open; it is opened again when it is asked.
    """

    asked: Asked[S]
    interrupt: Callable[[], None]
    close: Callable[[], None]


class _Ask(NamedTuple):
    work: Callable[[Any], Any]
    writes: bool
    answer: asyncio.Future[Any]


class Lane(Generic[S]):
    """Asks one database, in order; what comes while it is busy is one transaction then.

    Args:
        name: Of the thread.
        where: What the database is called in messages.
        make: In the thread, before the first call: a way to the database; nothing is opened yet.
        seconds: The longest that a call takes.
    """

    def __init__(self, name: str, where: str, make: Callable[[], Opened[S]], seconds: float = SECONDS) -> None:
        self._where = where
        self._make = make
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, name)
        self._opened: Opened[S] | None = None
        self._waiting: list[_Ask] = []
        self._busy: asyncio.Future[list[Outcome]] | None = None
        self._asked: list[_Ask] = []
        self._gathering = False
        self._closed = False

    async def read(self, work: Callable[[S], T]) -> T:
        """What a function reads.

        Raises:
            StoreDown: If it cannot be read in time.
        """
        return await self._ask(work, writes=False)

    async def write(self, work: Callable[[S], T]) -> T:
        """What a function gives, once all that it wrote is on the disk.

        Raises:
            PlaitError: That of the function, which has written nothing then.
            StoreDown: If it could not be written in time, or nobody knows.
        """
        return await self._ask(work, writes=True)

    async def close(self) -> None:
        """Close the database, unless it hangs; nothing can be asked any more."""
        if self._closed:
            return
        self._closed = True
        if self._busy is not None:
            await asyncio.wait((self._busy,), timeout=self._seconds)
        if self._opened is not None and self._busy is None:
            await asyncio.wait((self._in_thread(self._opened.close),), timeout=self._seconds)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, work: Callable[[S], T], *, writes: bool) -> T:
        if self._closed:
            raise self._ended()
        ask = _Ask(work, writes, asyncio.get_running_loop().create_future())
        self._waiting.append(ask)
        self._go_on()
        try:
            async with asyncio.timeout(self._seconds):
                return await ask.answer  # type: ignore[no-any-return] # it is what the work gives
        except TimeoutError:
            if ask in self._asked and self._opened is not None:
                self._opened.interrupt()
            raise StoreDown(f"{self._where} does not answer") from None

    def _go_on(self) -> None:
        """Ask for what waits, unless the thread is busy; who has given up waiting is left out."""
        if self._closed:
            for ask in self._waiting:
                _tell(ask, None, self._ended())
            self._waiting.clear()
        if self._busy is not None or self._gathering:
            return
        waiting = [ask for ask in self._waiting if not ask.answer.done()]
        self._asked, self._waiting = waiting[:MOST], waiting[MOST:]
        if self._asked:
            works = [ask.work for ask in self._asked]
            self._busy = self._in_thread(partial(self._run, works, writes=any(ask.writes for ask in self._asked)))
            self._busy.add_done_callback(self._done)

    def _run(self, works: list[Callable[[S], Any]], *, writes: bool) -> list[Outcome]:
        """In the thread."""
        if self._opened is None:
            self._opened = self._make()
        return self._opened.asked.run(works, writes=writes)

    def _done(self, call: asyncio.Future[list[Outcome]]) -> None:
        asked, self._asked, self._busy = self._asked, [], None
        failed = None if call.cancelled() else call.exception()
        if failed is None and not call.cancelled():
            for ask, outcome in zip(asked, call.result(), strict=True):
                _tell(ask, outcome.value, outcome.error)
        else:
            error = failed if isinstance(failed, StoreDown) else _down(self._where, failed)
            for ask in asked:
                _tell(ask, None, error)
        if any(ask.writes for ask in asked):
            self._gathering = True
            asyncio.get_running_loop().call_later(GATHER, self._gathered)
        else:
            self._go_on()

    def _gathered(self) -> None:
        self._gathering = False
        self._go_on()

    def _ended(self) -> StoreDown:
        return StoreDown(f"{self._where} was closed: plait ends")

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)


def _tell(ask: _Ask, value: Any, error: Exception | None) -> None:
    if ask.answer.done():
        return
    if error is None:
        ask.answer.set_result(value)
    else:
        ask.answer.set_exception(error)


def _down(where: str, failed: BaseException | None) -> StoreDown:
    if isinstance(failed, PlaitError):
        return StoreDown(failed.detail)
    if isinstance(failed, Exception):
        fault(failed)
    return StoreDown(f"{where} fails for a reason that plait does not know; its log has it")
