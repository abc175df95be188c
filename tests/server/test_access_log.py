"""Which requests are written down, and what is told of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
import pytest

from plait.errors import BadRequest
from plait.http1.messages import Reply, Request, Response
from plait.server.access_log import AccessLog
from plait.server.app import NOTHING
from plait.server.lines import Lines
from plait.server.listener import Deadlines, Room
from plait.spec.access_log import AccessLog as Spec
from plait.testing import RawServer
from plait.testing.server import ok
from plait.types import Header, Started
from tests.server.serving import NOBODY, PATIENCE, Proxy, get, one, post, proxy

ALL: dict[str, Any] = {"sample": "100%"}


class Kept:
    """Lines that are kept, and may be awaited."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.missed = 0
        self.came = asyncio.Semaphore(0)

    def put(self, record: Any) -> None:
        self.lines.append(json.loads(msgspec.json.encode(record)))
        self.came.release()

    def miss(self) -> None:
        self.missed += 1

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            await self.came.acquire()
        return self.lines.pop(0)


def log_of(kept: Kept, now: Any = None, **options: Any) -> AccessLog:
    return AccessLog(Spec.model_validate(options), cast("Lines", kept), now or time.monotonic)


@asynccontextmanager
async def written(config: dict[str, Any] = NOBODY, **options: Any) -> AsyncIterator[tuple[Proxy, Kept]]:
    """A data port, and what it writes down."""
    kept = Kept()
    given = {key: options.pop(key) for key in ("deadlines", "room", "handler") if key in options}
    async with proxy(config, log=log_of(kept, **options), **given) as port:
        yield port, kept


# What is written.


async def test_a_request_has_one_line_of_what_is_known_of_it() -> None:
    async with RawServer(ok(b"[1]")) as server, written(one(server.url), **ALL) as (port, kept), port.client() as client:
        await client.ask(post(b'{"a":1}', b"X-Request-Id: r.1", path="/predict?token=secret"))
        line = await kept.next()
        assert line.pop("time").endswith("Z")
        assert 0 < line.pop("ms") < 1000 * PATIENCE
        assert line == {
            "client": "127.0.0.1",
            "method": "POST",
            "path": "/predict",
            "status": 200,
            "bytes_in": 7,
            "bytes_out": 3,
            "request_id": "r.1",
            "revision": "1",
            "complete": True,
        }


async def test_by_default_what_went_well_is_not_written() -> None:
    async with RawServer(ok(b"[1]")) as server, written(one(server.url)) as (port, kept), port.client() as client:
        for data in (post(), get("/health"), get("/nowhere"), post(b"no json"), get("/predict")):
            assert (await client.ask(data)).status < 500
        assert kept.lines == []


async def test_a_failure_is_written_with_its_parts() -> None:
    async with written() as (port, kept), port.client() as client:
        answer = await client.ask(post())
        assert answer.status == 502
        line = await kept.next()
        assert (line["status"], line["code"], line["request_id"]) == (502, "unreachable", answer.headers["x-request-id"])
        assert line["parts"]["a"]["status"] == "unreachable"
        assert line["parts"]["a"].keys() == {"status", "ms"}


async def test_an_answer_that_misses_something_is_written() -> None:
    config = {**NOBODY, "graphs": {"predict": {"parallel": {"x": {"predict": "a", "optional": True}, "y": {"value": 1}}}}}
    async with written(config) as (port, kept), port.client() as client:
        assert (await client.ask(post())).status == 200
        line = await kept.next()
        assert (line["status"], line["complete"], line["parts"]["x"]["status"]) == (200, False, "unreachable")


async def test_what_is_slow_is_written_with_its_parts() -> None:
    async with RawServer(ok(b"[1]")) as server, written(one(server.url), slow="1ms") as (port, kept), port.client() as client:
        kept_log = port.listener.log
        assert kept_log is not None
        kept_log._slow = 0.0
        await client.ask(post())
        line = await kept.next()
        assert (line["status"], line["parts"]["a"]["status"]) == (200, "ok")


def test_a_share_of_what_went_well_is_written() -> None:
    async def run() -> int:
        kept = Kept()
        log = log_of(kept, sample="10%", lines="unlimited")
        request = Request("GET", "/health", "", Header(), b"")
        for _ in range(10_000):
            log.served(request, Response(200, b""), 0.0, 0)
        return len(kept.lines)

    assert 800 < asyncio.run(run()) < 1200


async def test_a_client_that_leaves_is_written_without_a_status() -> None:
    asked: asyncio.Queue[Request] = asyncio.Queue()

    def handler(request: Request, reply: Reply) -> Started:
        asked.put_nowait(request)
        return NOTHING

    async with written(handler=handler) as (port, kept):
        async with port.client() as client:
            client.writer.write(post(b"{}", b"X-Request-Id: mine"))
            await asked.get()
        line = await kept.next()
        assert (line["left"], line["request_id"], line["bytes_out"]) == (True, "mine", 0)
        assert "status" not in line


async def test_a_stream_is_written_at_its_end_with_what_it_came_to() -> None:
    async with RawServer(ok(b"[1]")) as server, written(one(server.url), **ALL) as (port, kept), port.client() as client:
        client.writer.write(post(b"{}", b"Accept: text/event-stream", b"Connection: close"))
        sent = await client.closed()
        line = await kept.next()
        assert (line["status"], line["complete"], line["revision"]) == (200, True, "1")
        assert 0 < line["bytes_out"] < len(sent)
    async with written() as (port, kept), port.client() as client:
        client.writer.write(post(b"{}", b"Accept: text/event-stream", b"Connection: close"))
        assert b"unreachable" in await client.closed()
        line = await kept.next()
        assert (line["status"], line["code"], line["parts"]["a"]["status"]) == (502, "unreachable", "unreachable")


async def test_head_has_no_bytes() -> None:
    async with written(**ALL) as (port, kept), port.client() as client:
        await client.ask(get("/health", method=b"HEAD"), head=True)
        assert (await kept.next())["bytes_out"] == 0


# What is refused.


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (b"nonsense\r\n\r\n", {"status": 400, "code": "bad-request", "bytes_in": 0}),
        (b"GET /a HTTP/1.1\r\n\r\n", {"status": 400, "code": "bad-request", "method": "GET", "bytes_in": 0}),
        (
            post(b"x" * (11 << 20), path="/a?b=c")[: -(11 << 20)],
            {"status": 413, "code": "too-large", "method": "POST", "path": "/a", "bytes_in": 0},
        ),
        (b"GET /" + b"a" * 9000, {"status": 414, "code": "target-too-long", "bytes_in": 0}),
        (get("/a", b"X: " + b"a" * 40000), {"status": 431, "code": "headers-too-large", "method": "GET", "bytes_in": 0}),
    ],
    ids=["no line", "no host", "too large", "too long", "too many headers"],
)
async def test_what_is_no_good_request_is_written_with_what_is_known(data: bytes, known: dict[str, Any]) -> None:
    async with written(deadlines=Deadlines(linger=0.05), **ALL) as (port, kept), port.client() as client:
        answer = await client.ask(data)
        line = await kept.next()
        del line["time"]
        assert line == {"client": "127.0.0.1", "request_id": answer.headers["x-request-id"], **known}
    async with written(deadlines=Deadlines(linger=0.05)) as (port, kept), port.client() as client:
        await client.ask(data)
        assert kept.lines == []


async def test_a_client_that_is_too_slow_is_written() -> None:
    deadlines = Deadlines(header=0.05, linger=0.05)
    async with written(deadlines=deadlines, **ALL) as (port, kept), port.client() as client:
        assert (await client.ask(b"GET / HTTP/1.1\r\nX")).status == 408
        assert (await kept.next())["code"] == "request-timeout"


@pytest.mark.parametrize("room", [Room(connections=0), Room(in_flight=0)], ids=["connections", "requests"])
async def test_those_for_whom_there_is_no_room_are_written(room: Room) -> None:
    async with written(room=room, deadlines=Deadlines(linger=0.05)) as (port, kept), port.client() as client:
        assert (await client.ask(post())).status == 503
        assert (await kept.next())["code"] == "crowded"


# What is safe.


async def test_a_line_is_one_line_whatever_a_client_sends() -> None:
    kept = Kept()
    log = log_of(kept, **ALL)
    odd = 'a"b\\\n{"x":1}\u2028\x00' + "é" * 300
    head = f"X-Request-Id: {odd}\r\nX-Plait-Revision: {odd}\r\n"
    log.served(Request("POST", odd, odd, Header(), b"", odd), Response(500, b"", head), 0.0, 0)
    log.refused(odd, (odd, odd), 0, BadRequest("x"), odd)
    for line in kept.lines:
        assert "\n" not in json.dumps(line)
        assert line["path"] == odd[:256]


async def test_no_more_lines_are_written_in_a_second_than_may_be() -> None:
    moment = 0.0
    kept = Kept()
    log = log_of(kept, lambda: moment, lines=5)
    request = Request("POST", "/", "", Header(), b"")
    for moment in (0.0, 0.5, 1.5):  # noqa: B007 - the clock
        for _ in range(4):
            log.served(request, Response(500, b""), 0.0, 0)
    assert (len(kept.lines), kept.missed) == (9, 3)
