"""A predictor that fails is named by the deadline, and its failure stops what else runs; tests/bad_input has every way to fail."""

from __future__ import annotations

import asyncio

import pytest

from plait.testing import RawServer
from plait.testing.server import Script, ok, read_request
from tests.server.serving import Answer, Proxy, one, post, proxy

SOON = 0.05
"""The predictor's timeout in these tests, in seconds."""


def saying(answer: bytes) -> Script:
    """A predictor that says this to each request."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(answer)

    return script


def check_named(answer: Answer, status: int, part: str) -> None:
    """The problem of a failed call of predictor `a`."""
    assert answer.status == status, answer.body
    problem = answer.json
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["predictor"], problem["status"]) == ("a", status)
    assert problem["parts"]["a"]["status"] == part
    assert "connection" not in answer.headers


async def asked(port: Proxy, *lines: bytes) -> tuple[Answer, float]:
    """The answer to a good request, and the seconds until it came."""
    async with port.client() as client:
        began = port.clock.now()
        return await client.ask(post(b"{}", *lines)), port.clock.now() - began


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\nContent-", ok()[:-1]], ids=["nothing", "half a head", "half a body"])
async def test_a_predictor_that_is_silent_is_named_at_the_deadline_and_let_go(says: bytes) -> None:
    async with RawServer(saying(says)) as server, proxy(one(server.url, timeout=f"{SOON}s")) as port:
        answer, seconds = await asked(port)
        check_named(answer, 504, "timeout")
        assert SOON <= seconds < SOON + 0.05
        await server.empty()


async def test_a_predictor_that_comes_back_is_asked_again() -> None:
    server = RawServer(ok(b"1"))
    async with server:
        url, number = server.url, server.port
        async with proxy(one(url)) as port:
            assert (await asked(port))[0].body == b"1"
            await server.__aexit__()
            check_named((await asked(port))[0], 502, "unreachable")
            again = RawServer(ok(b"2"))
            again.port = number
            async with again:
                assert (await asked(port))[0].body == b"2"


@pytest.mark.parametrize("given", [b"20ms", b"0.02s"])
async def test_a_client_may_shorten_the_time(given: bytes) -> None:
    async with RawServer(saying(b"")) as server, proxy(one(server.url)) as port:
        answer, seconds = await asked(port, b"X-Request-Timeout: " + given)
        check_named(answer, 504, "timeout")
        assert 0.02 <= seconds < 0.07


async def test_a_client_cannot_lengthen_the_time() -> None:
    async with RawServer(saying(b"")) as server, proxy(one(server.url, timeout="30ms")) as port:
        answer, seconds = await asked(port, b"X-Request-Timeout: 24h")
        check_named(answer, 504, "timeout")
        assert seconds < 0.08


async def test_with_a_millisecond_left_nobody_is_asked() -> None:
    async with RawServer(ok()) as server, proxy(one(server.url)) as port:
        answer, _ = await asked(port, b"X-Request-Timeout: 1ms")
        check_named(answer, 504, "timeout")
        assert server.connections == 0


async def test_the_time_that_is_left_is_told_to_the_predictor() -> None:
    async with RawServer(ok()) as server, proxy(one(server.url)) as port:
        await asked(port, b"X-Request-Timeout: 800ms")
        (request,) = server.requests
        left = int(request.split(b"X-Request-Timeout: ")[1].split(b"ms")[0])
        assert 700 < left <= 800


async def test_one_bad_branch_takes_the_others_with_it_and_they_stop() -> None:
    came = asyncio.Semaphore(0)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        came.release()
        await reader.read()

    async def bad(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for _ in range(2):
            await came.acquire()
        writer.write(b"nonsense")

    async with RawServer(silent) as slow, RawServer(bad) as server:
        urls = {"a": server.url, "b": slow.url, "c": slow.url}
        config = {"predictors": {name: {"url": url} for name, url in urls.items()}, "graphs": {"predict": {"parallel": [*urls]}}}
        async with proxy(config) as port:
            answer, seconds = await asked(port)
            check_named(answer, 502, "error")
            assert {key: part["status"] for key, part in answer.json["parts"].items()} == {
                "a": "error",
                "b": "cancelled",
                "c": "cancelled",
            }
            assert seconds < 0.5
            async with asyncio.timeout(0.1):
                await slow.empty()
