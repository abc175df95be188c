"""Answers by key, for a while, within a bound of bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from plait.events import Part

_ENTRY = 1024
"""Bytes that an answer, and each of its parts, is reckoned to take besides its JSON."""


class Kept(NamedTuple):
    """An answer, the parts that it was made of, and until when it may be given."""

    raw: bytes
    parts: tuple[Part, ...]
    until: float

    @property
    def size(self) -> int:
        """The bytes that it is reckoned to take."""
        return _ENTRY + len(self.raw) + sum(_ENTRY + len(part.output.raw if part.output else b"") for part in self.parts)


class Store:
    """Answers by key, the latest used last, within a bound of bytes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._entries: OrderedDict[bytes, Kept] = OrderedDict()

    def get(self, key: bytes, now: float) -> Kept | None:
        """The answer that is kept under a key."""
        kept = self._entries.get(key)
        if kept is None:
            return None
        if now >= kept.until:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return kept

    def put(self, key: bytes, kept: Kept) -> None:
        """Keep an answer, unless it is larger than all may be together."""
        self._drop(key)
        if kept.size > self.most:
            return
        while self.size + kept.size > self.most:
            self._drop(next(iter(self._entries)))
        self._entries[key] = kept
        self.size += kept.size

    def _drop(self, key: bytes) -> None:
        kept = self._entries.pop(key, None)
        if kept is not None:
            self.size -= kept.size
