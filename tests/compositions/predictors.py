"""The predictors of a case: how each behaves, and one server on which they all answer, each at a path of its own."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from plait.testing import RawServer
from plait.testing.server import ok, read_request
from tests.server.serving import PATIENCE


@dataclass(frozen=True)
class Says:
    """Answers: always the same, or what a function makes of the request."""

    answer: Any
    options: Mapping[str, Any] = field(default_factory=dict)

    def response(self, body: bytes, number: int) -> bytes:
        said = self.answer(json.loads(body)) if callable(self.answer) else self.answer
        return ok(json.dumps(said).encode())


@dataclass(frozen=True)
class Fails:
    """Answers with a status that is no success."""

    status: int
    options: Mapping[str, Any] = field(default_factory=dict)

    def response(self, body: bytes, number: int) -> bytes:
        return b"HTTP/1.1 %d No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" % self.status


@dataclass(frozen=True)
class Wakes:
    """Fails with a status the first time, or is silent without one; then answers."""

    answer: Any
    status: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def response(self, body: bytes, number: int) -> bytes | None:
        first = Silent() if self.status is None else Fails(self.status)
        return (first if number == 1 else Says(self.answer)).response(body, number)


@dataclass(frozen=True)
class Silent:
    """Never answers, until its caller has left."""

    options: Mapping[str, Any] = field(default_factory=dict)

    def response(self, body: bytes, number: int) -> None:
        return None


@dataclass(frozen=True)
class Gone:
    """Refuses connections."""

    options: Mapping[str, Any] = field(default_factory=dict)


Behaviour = Says | Fails | Wakes | Silent | Gone
ECHOES = Says(lambda asked: asked)
"""Answers with what it was asked."""


class Predictors:
    """The predictors of a case while they can be asked."""

    def __init__(self, behaviours: Mapping[str, Behaviour]) -> None:
        self.asked = Counter(dict.fromkeys(behaviours, 0))
        self._behaviours = behaviours
        self._server = RawServer(self._serve)
        self._was_asked = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.__aexit__()

    @property
    def section(self) -> dict[str, Any]:
        """What a file says of them."""
        return {name: {"url": self._url(name), **behaviour.options} for name, behaviour in self._behaviours.items()}

    def counted(self, names: Iterable[str]) -> dict[str, int]:
        """How often each of these was asked."""
        return {name: self.asked[name] for name in names}

    async def were_asked(self, expected: Mapping[str, int]) -> None:
        """Wait until each was asked as often, as a shadow may be after the answer."""
        async with asyncio.timeout(PATIENCE):
            while any(self.asked[name] < count for name, count in expected.items()):
                self._was_asked.clear()
                await self._was_asked.wait()

    def _url(self, name: str) -> str:
        refuses = isinstance(self._behaviours[name], Gone)
        return f"http://127.0.0.1:{1 if refuses else self._server.port or 1}/{name}"  # without a port it is only written down

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head, _, body = (await read_request(reader)).partition(b"\r\n\r\n")
            name = head.split(b" ", 2)[1].decode().partition("?")[0].strip("/")
            self.asked[name] += 1
            self._was_asked.set()
            behaviour = self._behaviours[name]
            assert not isinstance(behaviour, Gone)
            response = behaviour.response(body, self.asked[name])
            if response is None:
                await reader.read()
                return
            writer.write(response)
