"""What a predictor's protocol must give: requests as bytes, answers as messages."""

from __future__ import annotations

from typing import Protocol

from plait.types import Header, Message, Run


class Codec(Protocol):
    """One predictor's protocol."""

    def encode(self, message: Message, run: Run, seconds: float) -> bytes:
        """The whole HTTP request; `seconds` are left until the deadline."""
        ...

    def decode(self, status: int, headers: Header, body: bytes) -> Message:
        """The answer as plain JSON.

        Raises:
            UpstreamError: If it is none.
        """
        ...
