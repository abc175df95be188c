"""Requests for asyncio; see `plait.client.calls`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from plait.answer import Answer
from plait.client.again import Tries
from plait.client.asked import Asked, Plan
from plait.client.events import Events
from plait.client.heard import Heard, Pieces, failure
from plait.client.part import Part
from plait.client.transport import failures, sent
from plait.errors import PlaitError

if TYPE_CHECKING:
    from httpx2 import AsyncClient as Http
    from httpx2 import Response

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class AsyncCalls:
    """What a client asks with; see `Calls`."""

    plan: Plan
    http: Http
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def ask(self, asked: Asked, read: Callable[[Heard, Asked], _T]) -> _T:
        """What an answer says.

        Raises:
            PlaitError: If there is none.
        """
        with failures(asked):
            async with self.http.stream(**sent(asked)) as response:
                heard = await _heard(response, asked)
            return read(heard, asked)

    async def surely(self, asked: Asked, read: Callable[[Heard, Asked], _T], *, patient: bool = False) -> _T:
        """The same of what may be asked twice; see `Calls.surely`.

        Raises:
            PlaitError: If there is no answer all the same.
        """
        tries = Tries(patient=patient)
        while True:
            try:
                return await self.ask(asked, read)
            except PlaitError as exc:
                await self.pause(tries.pause(exc))


class AsyncStream:
    """The parts of one run, each as it ends; `answer` is there when the loop has ended.

    Args:
        events: What it has told so far.
        parts: Them, while they come.

    Leaving the `async with` block around the loop early ends the run in the proxy too; a loop that is left without such a block
    closes when the garbage collector finds it.
    """

    def __init__(self, events: Events, parts: AsyncGenerator[Part]) -> None:
        self._events = events
        # The generator must not know the stream: then a stream that is dropped closes at once.
        self._parts = parts

    async def __aenter__(self) -> Self:
        """The stream itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Part:
        """The next part.

        Raises:
            PlaitError: The problem that ends the run, or what cut the stream short.
        """
        return await anext(self._parts)

    async def close(self) -> None:
        """Let go of the run, if it has not ended."""
        await self._parts.aclose()

    @property
    def answer(self) -> Answer:
        """The whole answer.

        Raises:
            RuntimeError: If the stream has not ended, or not well.
        """
        return self._events.known()


async def parts_of(http: Http, asked: Asked, events: Events) -> AsyncGenerator[Part]:
    """The parts of a stream, as its events tell of them.

    Raises:
        PlaitError: The problem that ends it, or what cut it short.
    """
    try:
        with failures(asked):
            async with http.stream(**sent(asked)) as response:
                if not Heard(response.status_code, response.headers).streams:
                    raise failure(await _heard(response, asked), asked)
                async for piece in response.aiter_bytes():
                    for part in events.feed(piece):
                        yield part
            events.end()
    except PlaitError:
        # Once the answer is there, how the connection ends no longer matters.
        if events.answer is None:
            raise


async def _heard(response: Response, asked: Asked) -> Heard:
    pieces = Pieces(asked)
    async for piece in response.aiter_bytes():
        pieces.add(piece)
    return Heard(response.status_code, response.headers, pieces.whole())
