"""A request that ends in the middle gets no run and no silence."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.bad_input.rows import CANARY, chunked, got, posted, sent
from tests.bad_input.test_requests import check_problem
from tests.server.serving import NOBODY, Proxy, proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHOLE = {
    "body: truncated by its length": sent(b"Content-Length: 6", body=CANARY),
    "body: truncated before it begins": sent(b"Content-Length: 5"),
    "body: truncated within a chunk": chunked(b"6\r\nzebra"),
    "body: truncated between chunks": chunked(b"5\r\nzebra\r\n"),
    "body: truncated in the trailers": chunked(b"5\r\nzebra\r\n0\r\nX: a\r\n"),
    "syntax: cut in the first line": b"GET /zeb",
    "syntax: cut in the head": got(b"/zebra")[:-3],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def port() -> AsyncIterator[Proxy]:
    async with proxy(NOBODY) as served:
        yield served


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("before", [b"", got(b"/health")], ids=["first", "second"])
async def test_who_ends_in_the_middle_is_told(port: Proxy, before: bytes, data: bytes) -> None:
    async with port.client() as client:
        client.writer.write(before)
        if before:
            assert (await client.answer()).status == 200
        client.writer.write(data)
        client.writer.write_eof()
        check_problem(await client.answer(), 400)
        assert await client.closed() == b""


@pytest.mark.parametrize("before", [b"", got(b"/health")], ids=["first", "second"])
async def test_who_ends_between_requests_is_told_nothing(port: Proxy, before: bytes) -> None:
    async with port.client() as client:
        client.writer.write(before)
        if before:
            assert (await client.answer()).status == 200
        client.writer.write_eof()
        assert await client.closed() == b""


async def test_who_leaves_while_it_is_answered_is_told_nothing_more(port: Proxy) -> None:
    async with port.client() as client:
        client.writer.write(posted(b"{}") + b"GET /zeb")
        client.writer.write_eof()
        assert (await client.closed()).count(b"HTTP/1.1") <= 1
