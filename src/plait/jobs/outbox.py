"""What deliveries to sinks need of the store: its outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from plait.jobs.records import Outgoing, StoredOutgoing


class Outbox(Protocol):
    """Messages that are on their way; every method raises `StoreDown` where the store cannot be reached."""

    async def promise(self, outgoing: Sequence[Outgoing]) -> list[bool]:
        """Keep messages, owned by this process; they are durable when this returns. True for those that are new."""
        ...

    async def claim_outgoing(self, limit: int) -> list[StoredOutgoing]:
        """Make these its own: those that were put off and are due, and those under way at a process that lives no more.

        What was promised or claimed here counts as under way for a minute, and is due then if nobody has said what came of it.
        """
        ...

    async def sent(self, message: str, fence: int) -> None:
        """The message was taken."""

    async def postpone(self, message: str, fence: int, seconds: float, error: str) -> None:
        """It was not, and is due again in so many seconds."""

    async def drop(self, message: str, fence: int, error: str) -> None:
        """It will not be sent any more."""

    async def waiting(self) -> dict[str, int]:
        """How many wait, by sink."""
        ...

    async def disable(self, sink: str, target: str, reason: str) -> None:
        """Send nothing more to a sink as long as it leads where it does; what waits for it is given up."""

    async def disabled(self) -> dict[tuple[str, str], str]:
        """The sinks that nothing is sent to, each with where it leads and the reason."""
        ...
