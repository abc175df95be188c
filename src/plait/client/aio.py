"""The client for asyncio."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from plait.answer import Answer
from plait.client.asked import ENVELOPE, JSON, LINES, MOST, Asked, Choice, Plan, about
from plait.client.events import Events
from plait.client.heard import Heard, Pieces, failure, plain, whole
from plait.client.part import Part
from plait.client.transport import failures, opened_async, sent
from plait.errors import PlaitError

if TYPE_CHECKING:
    from httpx2 import AsyncClient as Http
    from httpx2 import Response

_T = TypeVar("_T")


class AsyncClient:
    """`plait.Client` for asyncio: same arguments, same methods, awaited. Any number of calls may be under way at once."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float = 60.0,
        headers: Mapping[str, str] | None = None,
        verify: ssl.SSLContext | bool = True,
        trust_env: bool = False,
        max_bytes: int = MOST,
    ) -> None:
        self._plan = Plan.of(base_url, timeout, headers, max_bytes)
        self._http = opened_async(verify=verify, trust_env=trust_env)

    async def __aenter__(self) -> Self:
        """The client itself: connections open when they are needed."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def call(self, graph: str, data: Any, **choice: Unpack[Choice]) -> Any:
        """A graph's answer as plain Python; see `Client.call`.

        Raises:
            PlaitError: If there is no answer.
        """
        return await self._ask(self._plan.post(graph, data, JSON, **choice), plain)

    async def ask(self, graph: str, data: Any, **choice: Unpack[Choice]) -> Answer:
        """A graph's answer with what happened around it; see `Client.ask`.

        Raises:
            PlaitError: If there is no answer.
        """
        return await self._ask(self._plan.post(graph, data, ENVELOPE, **choice), whole)

    def stream(self, graph: str, data: Any, **choice: Unpack[Choice]) -> AsyncStream:
        """A graph's parts as each ends; asked when the first one is. See `Client.stream`."""
        return AsyncStream(self._http, self._plan.post(graph, data, LINES, **choice))

    async def metadata(self, graph: str = "predict") -> dict[str, Any]:
        """What a graph takes and gives, with a sample of each where it is known."""
        return await self._ask(self._plan.get(about(graph)), plain)

    async def health_all(self) -> dict[str, Any]:
        """Each predictor's own word on its health; see `Client.health_all`."""
        return await self._ask(self._plan.get("/health/all"), plain)

    async def _ask(self, asked: Asked, read: Callable[[Heard, Asked], _T]) -> _T:
        with failures(asked):
            async with self._http.stream(**sent(asked)) as response:
                heard = await _heard(response, asked)
            return read(heard, asked)


class AsyncStream:
    """The parts of one run, each as it ends; `answer` is there when the loop has ended.

    Leaving the `async with` block around the loop early ends the run in the proxy too; a loop that is left without such a block
    closes when the garbage collector finds it.
    """

    def __init__(self, http: Http, asked: Asked) -> None:
        self._events = Events(asked.most)
        # The generator must not know the stream: then a stream that is dropped closes at once.
        self._parts = _parts(http, asked, self._events)

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


async def _parts(http: Http, asked: Asked, events: Events) -> AsyncGenerator[Part]:
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
