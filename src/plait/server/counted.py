"""A worker's matches, counted by its parent for all workers; by the worker alone where there is nobody else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.rules.acting import Match
    from plait.server.frames import Frame, Frames

MOST = 10_000
"""Matches that may wait for the parent's word; what comes beyond is counted by the worker alone."""

_log = logging.getLogger("plait")


class Counted:
    """Asks the parent about each match.

    Args:
        alone: Counts a match in this worker only.
    """

    def __init__(self, alone: Callable[[Match], asyncio.Future[bool]]) -> None:
        self._alone = alone
        self._frames: Frames | None = None
        self._over = False
        self._full = False
        self._waiting: dict[int, tuple[Match, asyncio.Future[bool]]] = {}
        self._number = 0

    def count(self, match: Match) -> asyncio.Future[bool] | None:
        """Count a match; None if nobody can be asked."""
        if self._over:
            return None
        if len(self._waiting) >= MOST:
            if not self._full:
                _log.warning("the main process does not say what it has counted; until it does, this worker counts matches alone")
            self._full = True
            return None
        self._full = False
        self._number += 1
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = match, future
        if self._frames is not None:
            self._frames.send("count", match, self._number)
        return future

    def opened(self, frames: Frames) -> None:
        """The line to the parent stands."""
        self._frames = frames
        for number, (match, _) in self._waiting.items():
            frames.send("count", match, number)

    def told(self, frame: Frame) -> None:
        """The parent's word about a match."""
        match_and_future = self._waiting.pop(frame.number, None)
        if match_and_future is not None and not match_and_future[1].done():
            match_and_future[1].set_result(frame.read(bool))

    def ended(self) -> None:
        """The line has ended: from now on, and for what waits, this worker counts alone."""
        self._over, self._frames = True, None
        waiting, self._waiting = self._waiting, {}
        if waiting:
            _log.warning("the main process has gone; this worker counts %d matches, and those that follow, alone", len(waiting))
        for match, future in waiting.values():
            if not future.done():
                future.set_result(self._alone(match).result())
