"""One address of a predictor, and how the predictor is spoken to there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.http1.endpoint import Endpoint
    from plait.wire.codec import Codec


class Peer:
    """What a call needs of a replica's address.

    Args:
        authority: What stands in a Host field: the name and port of its URL, whatever address that has.
        endpoint: Its connections for calls.
        aside: Those for questions about itself, so that neither kind waits for the other.
        codec: Its protocol, with its path and Host field.
        shown: The address asked, `host:port`, as parts show it.
    """

    __slots__ = ("aside", "authority", "codec", "endpoint", "shown")

    def __init__(self, authority: str, endpoint: Endpoint, aside: Endpoint, codec: Codec, shown: str) -> None:
        self.authority = authority
        self.endpoint = endpoint
        self.aside = aside
        self.codec = codec
        self.shown = shown

    async def close(self) -> None:
        """End every connection."""
        await self.endpoint.close()
        await self.aside.close()

    def retire(self) -> None:
        """Keep no connection any more."""
        self.endpoint.retire()
        self.aside.retire()
