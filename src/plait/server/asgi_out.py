"""A streamed answer through another server: one piece at a time, the next when that server has taken it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from plait.errors import Internal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.http1.messages import Response, Stream
    from plait.server.asgi import Send


class Carried:
    """The outlet of a stream, on one side; on the other what a task takes from it."""

    def __init__(self) -> None:
        self._piece = b""
        self._news = asyncio.Event()
        self._whole = False
        self.open = True

    # What the stream calls.

    @property
    def writable(self) -> bool:
        """Whether the last piece was taken."""
        return self.open and not self._piece

    def write(self, data: bytes) -> None:
        """Send a piece, not empty."""
        self._piece = data
        self._news.set()

    def end(self, last: Response | None = None) -> None:  # noqa: ARG002 - the server that carries it writes its own log
        """The answer is whole."""
        self._whole = True
        self.close()

    def abort(self) -> None:
        """The answer will never be whole."""
        self.close()

    # What the task calls.

    def close(self) -> None:
        """Let nothing more through."""
        self.open = False
        self._news.set()

    async def take(self) -> tuple[bytes, bool]:
        """The next piece, and whether the answer is whole with it; empty without being whole once nothing more comes."""
        await self._news.wait()
        self._news.clear()
        piece, self._piece = self._piece, b""
        return piece, self._whole


async def send_stream(response: Response, stream: Stream, send: Send, leaving: asyncio.Task[None]) -> None:
    """Send a streamed answer, each piece when it comes, until the client leaves.

    Raises:
        Internal: If it was cut short: the server must not end it as if it were whole.
    """
    carried = Carried()
    leaving.add_done_callback(lambda _: carried.close())
    await send({"type": "http.response.start", "status": response.status, "headers": encoded(response.headers)})
    stream.open(carried)
    last = False
    while not last:
        piece, last = await carried.take()
        if leaving.done():
            return
        if not (last or carried.open):
            raise Internal("the stream was cut short; the log says why")
        await send({"type": "http.response.body", "body": piece, "more_body": not last})
        stream.resume()


def encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Header fields as ASGI wants them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
