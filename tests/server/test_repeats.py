"""Proxies behind proxies: what one of them has decided about asking again holds for those in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from plait.testing import RawServer
from plait.testing.server import Script, ok, read_request
from tests.server.serving import Answer, one, post, proxy

AGAIN = {"idempotent": True, "retry": {"attempts": 3, "on": ["connect", "broken", "timeout", 500, 502, 503, 504]}}
ENVELOPE = b"Accept: application/vnd.plait+json"


class Counting:
    """A predictor that fails in some way, and counts how often it was asked."""

    def __init__(self, answer: bytes) -> None:
        self.asked = 0
        self._answer = answer

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            self.asked += 1
            if not self._answer:
                return
            writer.write(self._answer)


@asynccontextmanager
async def chain(last: Script | bytes, length: int = 3, **options: Any) -> AsyncIterator[Any]:
    """So many proxies, each a predictor of the one before; all of them ask in the same way."""
    async with AsyncExitStack() as stack:
        url = (await stack.enter_async_context(RawServer(last))).url
        for _ in range(length):
            served = await stack.enter_async_context(proxy(one(url, **options)))
            url = f"http://127.0.0.1:{served.port}/predict"
        yield await stack.enter_async_context(served.client())


@pytest.mark.parametrize("answer", [b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % code for code in (500, 503)] + [b""])
async def test_through_three_proxies_a_failure_reaches_the_last_predictor_three_times_and_not_twenty_seven(answer: bytes) -> None:
    last = Counting(answer)
    async with chain(last, **AGAIN) as client:
        found: Answer = await client.ask(post(b"1", ENVELOPE))
    assert (last.asked, found.status, found.headers["x-plait-final"]) == (3, 502, "true")
    assert found.json["parts"]["a"]["attempts"] == 1


async def test_a_hundred_calls_through_three_proxies_add_a_tenth_or_the_ten_of_the_budget() -> None:
    last = Counting(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")
    async with chain(last, **AGAIN) as client:
        for _ in range(100):
            assert (await client.ask(post(b"1"))).status == 502
    assert last.asked <= 100 + 10


async def test_a_failure_that_nobody_decided_about_is_not_final() -> None:
    async with chain(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", 1) as client:
        assert "x-plait-final" not in (await client.ask(post(b"1"))).headers


async def test_time_that_was_up_after_attempts_is_final() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with chain(silent, 1, **AGAIN) as client:
        found: Answer = await client.ask(post(b"1", ENVELOPE, b"X-Request-Timeout: 90ms"))
    assert (found.status, found.headers["x-plait-final"], found.json["parts"]["a"]["attempts"]) == (504, "true", 3)


async def test_a_refusal_passes_through_three_proxies_and_is_asked_once() -> None:
    last = Counting(b"HTTP/1.1 422 X\r\nContent-Length: 2\r\n\r\nno")
    async with chain(last, **AGAIN) as client:
        found: Answer = await client.ask(post(b"1"))
    assert (last.asked, found.status) == (1, 422)


async def test_of_two_replicas_that_are_proxies_the_second_answers_where_the_first_is_gone() -> None:
    async with RawServer(ok(b"1")) as model, proxy(one(model.url)) as inner:
        urls = [f"http://127.0.0.1:{inner.port}/predict", "http://127.0.0.1:1/predict"]
        config = {"predictors": {"a": {"urls": urls, "balance": "round_robin"}}, "graphs": {"predict": "a"}}
        async with proxy(config) as outer, outer.client() as client:
            part = (await client.ask(post(b"1", ENVELOPE))).json["parts"]["a"]
    assert (part["status"], part["attempts"], part["endpoint"]) == ("ok", 2, f"127.0.0.1:{inner.port}")
