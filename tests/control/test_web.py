"""The admin port over raw sockets: what clients send that is no request, or never becomes one."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol

from plait.control import web
from tests.control.api.fakes import TOKEN, Admin, admin

pytestmark = pytest.mark.sockets

PATIENCE = 10.0


@asynccontextmanager
async def port(here: Admin, head: float = 0.3) -> AsyncIterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    ended = asyncio.Event()
    serving = asyncio.create_task(web.serve(here.desk, listener, ended, head))
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        await serving
        listener.close()


async def said(number: int, sent: bytes, more: bytes = b"", pause: float = 0.05) -> bytes:
    """All that is answered until the other side closes; `more` is sent byte by byte."""
    reader, writer = await asyncio.open_connection("127.0.0.1", number)
    writer.write(sent)
    dripping = asyncio.create_task(_drip(writer, more, pause))
    try:
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        dripping.cancel()
        writer.close()


async def _drip(writer: asyncio.StreamWriter, more: bytes, pause: float) -> None:
    for byte in more:
        await asyncio.sleep(pause)
        writer.write(bytes([byte]))


async def test_a_client_that_sends_nothing_is_closed(tmp_path: Path):
    async with admin(tmp_path) as here, port(here) as number:
        assert await said(number, b"") == b""


async def test_nothing_is_kept_of_clients_that_have_gone(tmp_path: Path):
    async with admin(tmp_path) as here, port(here, head=600.0) as number:
        for _ in range(3):
            request = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            assert b"200 OK" in await said(number, request)
        async with asyncio.timeout(PATIENCE):
            while clients():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)


def clients() -> list[object]:
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, H11Protocol)]


async def test_a_head_that_drips_is_closed(tmp_path: Path):
    async with admin(tmp_path) as here, port(here) as number:
        assert await said(number, b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", b"y" * 1000) == b""


async def test_a_client_that_is_answered_has_time_for_another_request(tmp_path: Path):
    request = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    async with admin(tmp_path) as here, port(here) as number:
        assert (await said(number, request, request, 0.002)).count(b'{"alive":true}') == 2


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\nA: " + b"x" * 200_000]
)
async def test_what_is_no_request_is_400_and_closed(tmp_path: Path, sent: bytes):
    async with admin(tmp_path) as here, port(here, 5.0) as number:
        answer = await said(number, sent)
        assert answer.startswith(b"HTTP/1.1 400") or not answer


async def test_an_answer_waits_for_no_deadline_of_the_next_request(tmp_path: Path):
    async with admin(tmp_path, drain=0.5) as here, port(here) as number:
        here.plant.snapshots = [[{"worker": 1, "predictors": {"setosa": {"in_flight": 1}}}]]
        head = f"POST /predictors/setosa:drain HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        answer = await said(number, f"{head}Content-Length: 0\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 202")
