"""Who hears how a call of a predictor ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from plait.errors import PlaitError
    from plait.types import Message
    from plait.upstream.call import Call


class Receiver(Protocol):
    """Who asked: hears once, with either a message or an error, unless the call is cancelled before."""

    def ended(self, outcome: Call, message: Message | None, error: PlaitError | None) -> None: ...
