"""What is endless takes no room."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress

import pytest

from tests.bad_input.rows import CANARY, chunked, got
from tests.bad_input.test_requests import check_problem
from tests.server.serving import NOBODY, proxy

PIECES = 4000
ROOM = 512 << 10
ENDLESS = {
    "limits: 100,000 fields": (got(b"/")[:-2], b"X: zebra\r\n" * 400, 431),
    "limits: 16 MB of one field": (got(b"/")[:-2] + b"X: ", CANARY * 800, 431),
    "limits: 16 MB of one name": (got(b"/")[:-2], CANARY * 800, 431),
    "limits: 16 MB of a target": (b"GET /", CANARY * 800, 414),
    "limits: 16 MB of a method": (b"", CANARY * 800, 414),
    "chunks: 16 MB of an extension": (chunked(b"5;"), CANARY * 800, 400),
    "chunks: 16 MB of extensions": (chunked(b""), (b"5;" + CANARY * 100 + b"\r\nzebra\r\n") * 8, 400),
    "chunks: 16 MB of trailers": (chunked(b"0\r\n"), b"X: zebra\r\n" * 400, 431),
    "chunks: 16 MB of one trailer": (chunked(b"0\r\nX: "), CANARY * 800, 431),
    "chunks: 16 MB of zeros": (chunked(b""), b"0" * 4000, 400),
}


@pytest.mark.slow
@pytest.mark.parametrize(("begin", "piece", "status"), ENDLESS.values(), ids=ENDLESS)
async def test_what_has_no_end_is_refused_and_memory_stays_flat(begin: bytes, piece: bytes, status: int) -> None:
    async with proxy(NOBODY) as port, port.client() as client:
        client.writer.transport.set_write_buffer_limits(len(piece))
        tracemalloc.start()
        try:
            client.writer.write(begin)
            with suppress(ConnectionError):  # the server reads on for a while, and then no more
                for _ in range(PIECES):
                    client.writer.write(piece)
                    await client.writer.drain()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        check_problem(await client.answer(), status)
        assert peak < ROOM
