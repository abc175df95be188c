"""Both clients behind one face, so that one test speaks of both; and the bytes of answers and streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from plait.answer import Answer
from plait.client.aio import AsyncClient
from plait.client.calls import Stream
from plait.client.part import Part
from plait.client.sync import Client
from plait.errors import PlaitError
from plait.testing.server import Script, read_request


@dataclass
class Streamed:
    """What came out of a stream."""

    parts: list[Part]
    error: PlaitError | None
    answer: Answer | None


class Threaded:
    """The client for plain code, in a thread."""

    def __init__(self, url: str, **options: Any) -> None:
        self._client = Client(url, **options)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def method(*args: Any, **choice: Any) -> Any:
            return asyncio.to_thread(getattr(self._client, name), *args, **choice)

        return method

    async def stream(self, graph: str = "predict", **choice: Any) -> Streamed:
        return await self.heard(self._client.stream(graph, {}, **choice))

    async def heard(self, stream: Any) -> Streamed:
        return await asyncio.to_thread(self._heard, stream)

    async def did(self, method: Callable[..., Any], *args: Any, **choice: Any) -> Any:
        """What a method of a job gives."""
        return await asyncio.to_thread(method, *args, **choice)

    def _heard(self, stream: Stream) -> Streamed:
        parts = []
        try:
            parts.extend(stream)
        except PlaitError as exc:
            return Streamed(parts, exc, None)
        return Streamed(parts, None, stream.answer)


class Awaited:
    """The client for asyncio."""

    def __init__(self, url: str, **options: Any) -> None:
        self._client = AsyncClient(url, **options)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._client, name)  # type: ignore[no-any-return]

    async def stream(self, graph: str = "predict", **choice: Any) -> Streamed:
        return await self.heard(self._client.stream(graph, {}, **choice))

    async def did(self, method: Callable[..., Any], *args: Any, **choice: Any) -> Any:
        """What a method of a job gives."""
        return await method(*args, **choice)

    async def heard(self, stream: Any) -> Streamed:
        parts = []
        try:
            async for part in stream:
                parts.append(part)  # noqa: PERF401 - what came before a failure counts
        except PlaitError as exc:
            return Streamed(parts, exc, None)
        return Streamed(parts, None, stream.answer)


Kind = type[Threaded] | type[Awaited]


@asynccontextmanager
async def client_of(kind: Kind, url: str, **options: Any) -> AsyncIterator[Any]:
    """A client of a kind, until the end of the block."""
    client = kind(url, **options)
    try:
        yield client
    finally:
        await client.close()


def answer(status: int, kind: str, body: bytes, *lines: str) -> bytes:
    """An answer, whole."""
    head = (f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *lines)
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def problem(status: int, code: str, *lines: str, **members: Any) -> bytes:
    """A problem, whole."""
    return answer(status, "application/problem+json", problem_json(status, code, **members), *lines)


def problem_json(status: int, code: str, **members: Any) -> bytes:
    """The document of a problem."""
    told = {"type": f"urn:plait:problem:{code}", "title": "T", "status": status, "detail": "it went wrong", "request_id": "r"}
    return json.dumps(told | members).encode()


def part(key: str, output: Any = None, **facts: Any) -> bytes:
    """The event of a part."""
    told = {"part": key, "node": f"predict/{key}", "status": "ok", "code": 200, "ms": 31.2, "attempts": 1} | facts
    return json.dumps(told | ({"output": output} if told["status"] == "ok" else {})).encode() + b"\n"


RESULT = json.dumps(
    {
        "complete": False,
        "result": {"a": [1, 2.5]},
        "request_id": "r",
        "revision": 7,
        "parts": {
            "a": {"status": "ok", "code": 200, "ms": 1.5, "attempts": 1, "endpoint": "h:1", "error": None},
            "b": {"status": "timeout", "code": None, "ms": 300, "attempts": 2},
        },
    }
).encode()

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Bytes as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def once(*pieces: bytes) -> Script:
    """Reads a request, writes pieces, and closes the connection."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        await reader.read()

    return script


def begun(*pieces: bytes) -> Script:
    """Reads a request, writes pieces, and waits until the client has left."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"".join(pieces))
        await reader.read()

    return script
