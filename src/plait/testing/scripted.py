"""A server that answers by a script: in turn, or by what it was asked."""

from __future__ import annotations

import asyncio
import inspect
from functools import cached_property
from typing import Any

import msgspec

from plait.testing.server import RawServer, read_request


class Asked(msgspec.Struct, frozen=True, dict=True):
    """A request that came: its number from 1, and what it said; the names of `headers` are in lower case."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @cached_property
    def value(self) -> Any:
        """The decoded body.

        Raises:
            msgspec.DecodeError: If it is no JSON.
        """
        return msgspec.json.decode(self.body)


class Reply(msgspec.Struct, frozen=True):
    """An answer.

    Args:
        value: Its JSON value.
        status: Its status code.
        after: Seconds until it comes.
        headers: Further header fields.
    """

    value: Any = None
    status: int = 200
    after: float = 0.0
    headers: dict[str, str] = {}

    def text(self) -> bytes:
        """The answer as it is sent."""
        body = msgspec.json.encode(self.value)
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"HTTP/1.1 {self.status} Scripted\r\n{lines}\r\n".encode("latin-1") + body


class Hang(msgspec.Struct, frozen=True):
    """No answer, for as long as the client stays."""


class Close(msgspec.Struct, frozen=True):
    """No answer: the connection closes."""


class ScriptedServer(RawServer):
    """Listens on a free port of 127.0.0.1 while it is open, and answers by its script.

    Args:
        script: What it does with the first request, the second …, and with all further ones the last. Each is a `Reply`, `Hang()`,
            `Close()`, any JSON value, or a function, sync or async, from the request to one of these.

    `asked` holds the requests that came, `left` counts those whose client did not wait for the answer.
    """

    def __init__(self, *script: Any) -> None:
        super().__init__(self._converse)
        if not script:
            raise ValueError("a script has at least one answer, such as ScriptedServer({'ok': True})")
        self._steps = script
        self.asked: list[Asked] = []
        self.left = 0
        self._came = asyncio.Event()

    async def came(self, count: int) -> None:
        """Wait until so many requests have come."""
        while len(self.asked) < count:
            self._came.clear()
            await self._came.wait()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = parsed(await read_request(reader), len(self.asked) + 1)
            self.asked.append(asked)
            self._came.set()
            step = self._steps[min(asked.number, len(self._steps)) - 1]
            said = step(asked) if callable(step) else step
            if inspect.isawaitable(said):
                said = await said
            if isinstance(said, Close):
                return
            reply = said if isinstance(said, Reply | Hang) else Reply(said)
            if await left(reader, None if isinstance(reply, Hang) else reply.after):
                self.left += 1
                return
            if isinstance(reply, Reply):
                writer.write(reply.text())


async def left(reader: asyncio.StreamReader, seconds: float | None) -> bool:
    """Whether the client leaves within the time, or at any time; one that waits says nothing more."""
    if seconds == 0:
        return False
    try:
        async with asyncio.timeout(seconds):
            await reader.read()
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def parsed(request: bytes, number: int) -> Asked:
    """The request in parts."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    method, path, _ = line.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    return Asked(number, method, path, headers, body)
