"""What happens, for whoever listens; who does not keep up is let go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

WAITING = 256
"""Events that may wait for a listener."""
LISTENERS = 64
"""Who may listen at once."""


class Event(msgspec.Struct, frozen=True):
    """Something that happened.

    Args:
        number: From 1 in the life of the control process.
        kind: What: `revision`, `mark`, `worker`, `file`, `store`, `rollback` …
        facts: JSON; with the time and the kind.
    """

    number: int
    kind: str
    facts: dict[str, Any]


class Listener:
    """One who listens."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue(WAITING + 1)
        self.cut = False

    async def next(self, seconds: float) -> Event | None:
        """The next event; None if there is none for so long, or no more comes."""
        try:
            async with asyncio.timeout(seconds):
                return await self._waiting.get()
        except TimeoutError:
            return None

    def tell(self, event: Event) -> None:
        """One more has happened; too many make an end."""
        if self._waiting.qsize() >= WAITING:
            self.end()
        elif not self.cut:
            self._waiting.put_nowait(event)

    def end(self) -> None:
        """No more comes."""
        if not self.cut:
            self.cut = True
            self._waiting.put_nowait(None)


class Bus:
    """Hands events on to all who listen."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._number = 0
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether nobody more may listen."""
        return self._closed or len(self._listeners) >= LISTENERS

    def publish(self, kind: str, /, **facts: Any) -> None:
        """Something has happened.

        Args:
            kind: What.
            facts: What else there is to say of it, as JSON.
        """
        self._number += 1
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        event = Event(self._number, kind, {**facts, "time": time, "kind": kind})
        for listener in tuple(self._listeners):
            listener.tell(event)

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Listen, until the end of the block."""
        listener = Listener()
        if self.full:  # of many who came at once, each found room
            listener.end()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Nobody hears any more, so that a server with listeners can end."""
        self._closed = True
        for listener in tuple(self._listeners):
            listener.end()
