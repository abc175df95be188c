"""A clock on which no time passes."""

from __future__ import annotations

from typing import cast

from plait.clock import Clock, Entry


class _Stopped:
    def now(self) -> float:
        return 0.0

    def at(self, moment: float, entry: Entry) -> None:
        """Nothing is ever due."""


STOPPED = cast("Clock", _Stopped())
"""For code that asks what time it is, and is not tested on it."""
