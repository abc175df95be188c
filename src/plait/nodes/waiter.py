"""Await what is started by callbacks."""

from __future__ import annotations

import asyncio

from plait.errors import PlaitError
from plait.types import Message


class Waiter:
    """A sink that is one future."""

    __slots__ = ("future",)

    def __init__(self) -> None:
        self.future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    def answered(self, index: int, message: Message) -> None:  # noqa: ARG002 - there is one index
        """The answer is there."""
        if not self.future.done():
            self.future.set_result(message)

    def failed(self, index: int, error: PlaitError) -> None:  # noqa: ARG002 - there is one index
        """There will be none."""
        if not self.future.done():
            self.future.set_exception(error)
