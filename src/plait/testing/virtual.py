"""A loop whose time jumps: whatever waits for a moment waits no longer than it takes to say so."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")

LATE = 1e-9
"""Seconds by which time jumps past what it was asked to wait for: no real clock lands on a moment exactly either."""

THREADS = 1.0
"""Real seconds for which time stands still where threads were begun that may still say something."""


class NothingLeft(RuntimeError):
    """Every task waits for something that no timer and no socket can bring: a deadlock."""


class _Jumping(selectors.DefaultSelector):
    """Looks at sockets without waiting, and jumps ahead by the time that it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = 0.0
        self._threads = threading.active_count()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; if nothing is, the time moves on."""
        ready = super().select(0)
        if not ready and timeout != 0 and threading.active_count() > self._threads:
            ready = super().select(THREADS)
        if not ready:
            if timeout is None:
                raise NothingLeft("nothing can happen any more: every task waits for something that will not come")
            self.moment += timeout + LATE if timeout > 0 else 0.0
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time, which begins at 0 seconds."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """The virtual moment, in seconds."""
        return self._jumping.moment


def run_virtual(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end on virtual time.

    Raises:
        NothingLeft: If it waits for something that cannot come.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
