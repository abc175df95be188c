"""Whatever a predictor does, the client hears which one it was, with the right status, by the deadline."""

from __future__ import annotations

import asyncio
import socket

import pytest

from plait.testing import RawServer
from plait.testing.server import Script, ok, read_request
from tests.server.serving import Answer, Proxy, one, post, proxy

SOON = 0.05
"""The predictor's timeout in these tests, in seconds."""


def saying(answer: bytes, *, closes: bool = False) -> Script:
    """A predictor that says this to each request, and then perhaps hangs up."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(answer)
            if closes:
                await writer.drain()
                writer.write_eof()
                await reader.read()

    return script


def with_status(line: bytes, *lines: bytes, body: bytes = b"{}") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + line, b"Content-Length: %d" % len(body), *lines]) + b"\r\n\r\n" + body


FAULTS: dict[str, tuple[Script, int, str]] = {
    "silent": (saying(b""), 504, "timeout"),
    "half a head": (saying(b"HTTP/1.1 200 OK\r\nContent-"), 504, "timeout"),
    "half a body": (saying(ok()[:-1]), 504, "timeout"),
    "only 100": (saying(b"HTTP/1.1 100 Continue\r\n\r\n"), 504, "timeout"),
    "hangs up": (saying(b"", closes=True), 502, "error"),
    "truncated head": (saying(b"HTTP/1.1 200 OK\r\nContent-", closes=True), 502, "error"),
    "truncated body": (saying(ok()[:-1], closes=True), 502, "error"),
    "truncated chunks": (saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", closes=True), 502, "error"),
    "garbage": (saying(b"\x00\xff nonsense"), 502, "error"),
    "status 999": (saying(with_status(b"999 X")), 502, "error"),
    "status 000": (saying(with_status(b"000 X")), 502, "error"),
    "unasked 101": (saying(with_status(b"101 X", b"Upgrade: h2c", b"Connection: upgrade", body=b"")), 502, "error"),
    "HTTP/2.0": (saying(b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"), 502, "error"),
    "oversize": (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"), 502, "error"),
    "oversize head": (saying(b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 10_000), 502, "error"),
    "endless": (saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"1" * (11 << 20)), 502, "error"),
    "redirect": (saying(with_status(b"302 X", b"Location: http://127.0.0.1:1/")), 502, "error"),
    "204": (saying(b"HTTP/1.1 204 X\r\n\r\n"), 502, "error"),
    "empty": (saying(ok(b"")), 502, "error"),
    "empty until closed": (saying(b"HTTP/1.1 200 OK\r\n\r\n", closes=True), 502, "error"),
    "HTML": (saying(with_status(b"200 OK", b"Content-Type: text/html", body=b"<html></html>")), 502, "error"),
    "no JSON": (saying(ok(b"<html></html>")), 502, "error"),
    "NaN": (saying(ok(b'{"p": NaN}')), 502, "error"),
    "invalid UTF-8": (saying(ok(b'"\xff"')), 502, "error"),
    "too deep": (saying(ok(b"[" * 65 + b"]" * 65)), 502, "error"),
    "coded": (saying(with_status(b"200 OK", b"Content-Encoding: gzip")), 502, "error"),
    "401": (saying(with_status(b"401 X")), 502, "error"),
    "404": (saying(with_status(b"404 X")), 502, "error"),
    "408": (saying(with_status(b"408 X")), 502, "error"),
    "429": (saying(with_status(b"429 X")), 502, "error"),
    "500": (saying(with_status(b"500 X")), 502, "error"),
    "503": (saying(with_status(b"503 X")), 502, "error"),
}


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


@pytest.mark.parametrize(("script", "status", "part"), FAULTS.values(), ids=FAULTS)
async def test_a_predictor_that_fails_is_named_by_the_deadline(script: Script, status: int, part: str) -> None:
    # Eleven megabytes take longer than a silence needs to be one.
    timeout = f"{SOON if status == 504 else 2.0}s"
    async with RawServer(script) as server, proxy(one(server.url, timeout=timeout)) as port:
        answer, seconds = await asked(port)
        check_named(answer, status, part)
        assert b"html" not in answer.body
        assert seconds < (SOON + 0.05 if status == 504 else 2.0)
        if status == 504:
            assert seconds >= SOON
            await server.empty()


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_a_refusal_is_passed_on(status: int) -> None:
    async with RawServer(saying(with_status(b"%d X" % status, body=b'{"why": 1}'))) as server, proxy(one(server.url)) as port:
        answer, _ = await asked(port)
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        assert (answer.json["predictor"], server.connections) == ("a", 1)


async def test_a_redirect_is_not_followed() -> None:
    async with RawServer(ok()) as other:
        script = saying(with_status(b"307 X", b"Location: " + other.url.encode()))
        async with RawServer(script) as server, proxy(one(server.url)) as port:
            check_named((await asked(port))[0], 502, "error")
        assert other.connections == 0


async def test_a_port_that_nobody_listens_on_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with proxy(one(url)) as port:
        check_named((await asked(port))[0], 502, "unreachable")


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    async with proxy(one("http://nonexistent.invalid:80", timeout="10s", connect_timeout="10s")) as port:
        check_named((await asked(port, b"X-Request-Timeout: 2s"))[0], 502, "unreachable")


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
