"""A predictor that echoes, a fault proxy before it, and plait's data port before that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from plait.testing import Asked, FaultProxy, ScriptedServer
from tests.server.serving import Answer, Proxy, one, post, proxy

SOON = 0.05
"""The time that a client gives where a test waits for its end, in seconds."""


def echo(asked: Asked) -> Any:
    return asked.value


@dataclass(frozen=True)
class Scene:
    """Who is there."""

    server: ScriptedServer
    faulty: FaultProxy
    port: Proxy

    async def ask(self, value: int = 0, within: float = 10.0) -> tuple[Answer, float]:
        """The answer to a request on a connection of its own, and the seconds until it came."""
        limit = b"X-Request-Timeout: %dms" % (within * 1000)
        async with self.port.client() as client:
            began = self.port.clock.now()
            answer = await client.ask(post(b"%d" % value, limit))
            return answer, self.port.clock.now() - began

    async def recovers(self) -> None:
        """Without a fault, 100 of 100 requests get their own answer, ten at a time."""
        self.faulty.fault = None
        for begin in range(0, 100, 10):
            async with asyncio.TaskGroup() as group:
                tasks = {number: group.create_task(self.ask(number)) for number in range(begin, begin + 10)}
            for number, task in tasks.items():
                answer, _ = task.result()
                assert (answer.status, answer.body) == (200, b"%d" % number), answer.body


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """Everything in its place; at the end no connection, no task and no fault is left."""
    async with ScriptedServer(echo) as server, FaultProxy(server.url) as faulty:
        # A busy machine may stand still for a while; only what a test asks for may run out.
        patient = one(faulty.url, timeout="10s", connect_timeout="10s") | {"defaults": {"graph": {"timeout": "10s"}}}
        async with proxy(patient) as port:
            there = Scene(server, faulty, port)
            yield there
            await there.recovers()
        async with asyncio.timeout(1):
            await faulty.empty()
            await server.empty()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def check_failed(answer: Answer, status: int, part: str) -> None:
    """The problem of a failed call of predictor `a`."""
    assert answer.status == status, answer.body
    assert answer.json["predictor"] == "a"
    assert answer.json["parts"]["a"]["status"] == part
