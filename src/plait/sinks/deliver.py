"""Promises to sinks, and their keeping: what is durable first, sent at once, and sent again until it is taken."""

from __future__ import annotations

from collections.abc import Sequence

from plait.graph.spec import Config
from plait.jobs.records import Outgoing


class Deliveries:
    """What one worker sends to the sinks of its configuration; it outlives a generation."""

    async def promise(self, outgoing: Outgoing) -> None:
        """Take a message to a sink; when this returns it is durable, and on its way.

        To a log it is written at once. For a queue the payload is the input of a job, which is taken in when this returns. To all
        others it is sent at least once, across restarts. The same id is sent once, however often it is promised.

        Raises:
            StoreDown: If it cannot be made durable.
            NotPromised: If the sink takes no more.
            Full: If the queue takes no more.
        """
        raise NotImplementedError

    def begin(self, outgoing: Sequence[Outgoing]) -> None:
        """Send messages that are durable, and this process's own: whoever calls has written them."""
        raise NotImplementedError

    async def change(self, config: Config, revision: int, folder: str = "") -> None:
        """Send to the sinks of another configuration from now on; what is under way ends as it began.

        Args:
            config: A configuration without problems.
            revision: Its number.
            folder: Where modules with functions of users are looked for.
        """
        raise NotImplementedError

    async def drain(self, seconds: float) -> None:
        """Begin nothing more; what is under way has so many seconds to end, and what is not is left to others."""
        raise NotImplementedError

    async def close(self) -> None:
        """End what is under way, and every connection."""
        raise NotImplementedError
