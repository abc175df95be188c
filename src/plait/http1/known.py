"""Heads that were parsed before: who sends the same head again, byte for byte, means the same by it.

Most clients and predictors repeat their heads on every exchange, and parsing one costs ten times as much as finding it here.
"""

from __future__ import annotations

from typing import TypeVar

_Head = TypeVar("_Head")

LARGEST = 1 << 10
MOST = 256


class Known(dict[bytes, _Head]):
    """What heads say, by their bytes up to the empty line; at most 256 of at most 1 KiB, then all are forgotten."""

    __slots__ = ()

    def remember(self, head: bytes, parsed: _Head) -> None:
        """Keep what a strict parse of these bytes, as the beginning of a message, has found."""
        if len(head) > LARGEST:
            return
        if len(self) >= MOST:
            self.clear()
        self[head] = parsed
