"""What every kind of sink can do, and how it says that it could not."""

from __future__ import annotations

from typing import Protocol

from plait.jobs.records import StoredOutgoing


class NotTaken(Exception):
    """A message was not taken.

    Args:
        detail: Why, in a few words, without what is secret.
        after: Seconds that the receiver wants to be left alone, if it says so.
    """

    def __init__(self, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.after = after


class Unwanted(NotTaken):
    """Neither this message nor any other is wanted any more."""


class Sender(Protocol):
    """Sends to one sink."""

    @property
    def target(self) -> str:
        """Where it leads: what tells it from the same sink with another receiver."""
        ...

    async def send(self, message: StoredOutgoing, /) -> None:
        """Send a message; it has been taken when this returns.

        Raises:
            NotTaken: If it was not.
        """
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...
