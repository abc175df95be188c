"""Streams over sockets: parts as they end, the answer, and every way to be cut short."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from plait.client.aio import AsyncClient
from plait.client.sync import Client
from plait.errors import BadAnswer, NotFound, TimedOut, Unreachable
from plait.testing import RawServer
from plait.testing.server import ok, read_request
from tests.client.asking import (
    END,
    RESULT,
    STREAM,
    Kind,
    Streamed,
    answer,
    begun,
    chunk,
    client_of,
    once,
    part,
    problem,
    problem_json,
)

PARTS = part("a", [1.5]) + part("b", status="timeout", code=None)
GOOD = STREAM + chunk(PARTS) + chunk(RESULT + b"\n") + END


async def streamed(kind: Kind, *pieces: bytes, **options: Any) -> Streamed:
    async with RawServer(once(*pieces)) as server, client_of(kind, server.url, **options) as client:
        found: Streamed = await client.stream()
        return found


async def test_parts_come_first_and_then_the_answer_is_known(kind: Kind) -> None:
    came = await streamed(kind, GOOD)
    assert [(each.key, each.status, each.output) for each in came.parts] == [("a", "ok", [1.5]), ("b", "timeout", None)]
    assert came.error is None
    assert came.answer is not None
    assert (came.answer.result, came.answer.complete) == ({"a": [1, 2.5]}, False)


async def test_a_stream_is_asked_for_by_its_media_type(kind: Kind) -> None:
    async with RawServer(GOOD) as server, client_of(kind, server.url) as client:
        await client.stream("label", timeout=0.5)
        lines = server.requests[0].lower().split(b"\r\n")
    assert lines[0] == b"post /predict/label http/1.1"
    assert {b"accept: application/x-ndjson", b"x-request-timeout: 0.500000s"} <= set(lines)


async def test_a_connection_is_kept_after_a_stream(kind: Kind) -> None:
    async with RawServer(GOOD) as server, client_of(kind, server.url) as client:
        for _ in range(3):
            assert (await client.stream()).error is None
        assert server.connections == 1


async def test_chunks_may_end_anywhere(kind: Kind) -> None:
    body = PARTS + RESULT + b"\n"
    came = await streamed(kind, STREAM, *(chunk(body[place : place + 1]) for place in range(len(body))), END)
    assert ([each.key for each in came.parts], came.error) == (["a", "b"], None)


async def test_a_large_output_comes_whole(kind: Kind) -> None:
    text = "x" * (8 << 20)
    line = part("a", text)
    came = await streamed(kind, STREAM + chunk(line[: 3 << 20]) + chunk(line[3 << 20 :]) + chunk(RESULT + b"\n") + END)
    assert came.parts[0].output == text


async def test_a_stream_that_is_closed_instead_of_ended_is_good_once_the_answer_is_there(kind: Kind) -> None:
    came = await streamed(kind, GOOD.removesuffix(END))
    assert came.error is None
    assert came.answer is not None


# What goes wrong.


@pytest.mark.parametrize("place", [0, 20, len(STREAM), len(STREAM) + 40, len(STREAM) + len(chunk(PARTS)), len(GOOD) - 30])
async def test_a_stream_that_is_cut_is_an_error_wherever_that_is(kind: Kind, place: int) -> None:
    came = await streamed(kind, GOOD[:place])
    assert isinstance(came.error, BadAnswer)
    assert "broke" in str(came.error)
    assert came.error.request_id


async def test_a_stream_that_ends_without_a_result_is_an_error(kind: Kind) -> None:
    came = await streamed(kind, STREAM + chunk(PARTS) + END)
    assert len(came.parts) == 2
    assert isinstance(came.error, BadAnswer)
    assert "cut short" in str(came.error)


async def test_a_problem_at_the_end_is_raised_after_the_parts(kind: Kind) -> None:
    said = problem_json(504, "timeout", node="predict/b", predictor="b")
    came = await streamed(kind, STREAM + chunk(PARTS + said + b"\n") + END)
    assert len(came.parts) == 2
    assert isinstance(came.error, TimedOut)
    assert (came.error.node, came.error.status, came.error.request_id) == ("predict/b", 504, "r")


async def test_a_problem_before_the_first_part_is_raised_at_once(kind: Kind) -> None:
    came = await streamed(kind, problem(404, "not-found"))
    assert (came.parts, type(came.error)) == ([], NotFound)


@pytest.mark.parametrize("said", [ok(), answer(200, "text/html", b"<html>"), answer(503, "text/html", b"<html>")])
async def test_what_is_no_stream_is_told_as_that(kind: Kind, said: bytes) -> None:
    came = await streamed(kind, said)
    assert isinstance(came.error, BadAnswer)
    assert "is something else there" in str(came.error)


async def test_a_line_is_never_longer_than_it_may_be(kind: Kind) -> None:
    came = await streamed(kind, STREAM + chunk(part("a", "x" * 600)), max_bytes=500)
    assert "longer than 500 bytes" in str(came.error)


async def test_a_proxy_that_does_not_run_is_unreachable(kind: Kind) -> None:
    async with client_of(kind, "http://127.0.0.1:1") as client:
        assert isinstance((await client.stream()).error, Unreachable)


@pytest.mark.slow
async def test_a_stream_that_falls_silent_is_not_waited_for_longer_than_the_timeout(kind: Kind) -> None:
    async with RawServer(begun(STREAM + chunk(PARTS))) as server, client_of(kind, server.url) as client:
        came = await client.stream(timeout=0.01)
    assert len(came.parts) == 2
    assert isinstance(came.error, TimedOut)


# Leaving early, and being early.


async def test_a_part_is_there_before_the_next_one_is() -> None:
    more = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM + chunk(part("a")))
        await more.wait()
        writer.write(chunk(RESULT + b"\n") + END)
        await reader.read()

    async with RawServer(script) as server, AsyncClient(server.url) as client, client.stream("predict", {}) as parts:
        assert (await anext(parts)).key == "a"
        with pytest.raises(RuntimeError, match="when the loop over the parts has come to its end"):
            _ = parts.answer
        more.set()
        assert [each async for each in parts] == []
        assert parts.answer.revision == 7


async def test_leaving_the_block_lets_go_of_the_run() -> None:
    async with RawServer(begun(STREAM + chunk(PARTS))) as server:
        async with AsyncClient(server.url) as client:
            async with client.stream("predict", {}) as parts:
                async for _ in parts:
                    break
            await server.empty()
        assert server.connections == 1


async def test_leaving_the_block_lets_go_of_the_run_in_plain_code() -> None:
    def leave(client: Client) -> None:
        with client.stream("predict", {}) as parts:
            for _ in parts:
                break

    async with RawServer(begun(STREAM + chunk(PARTS))) as server:
        with Client(server.url) as client:
            await asyncio.to_thread(leave, client)
            await server.empty()


async def test_leaving_a_bare_loop_lets_go_of_the_run_in_plain_code() -> None:
    def leave(client: Client) -> None:
        for _ in client.stream("predict", {}):
            break
        gc.collect()

    async with RawServer(begun(STREAM + chunk(PARTS))) as server:
        with Client(server.url) as client:
            await asyncio.to_thread(leave, client)
            await server.empty()


async def test_a_task_that_is_cancelled_while_it_waits_for_a_part_lets_go_of_the_run() -> None:
    got = asyncio.Event()

    async def follow() -> None:
        async with client.stream("predict", {}) as parts:
            async for _ in parts:
                got.set()

    async with RawServer(begun(STREAM + chunk(PARTS))) as server, AsyncClient(server.url) as client:
        task = asyncio.get_running_loop().create_task(follow())
        await got.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.empty()


async def test_a_stream_that_nobody_reads_asks_nobody(kind: Kind) -> None:
    async with RawServer(GOOD) as server:
        async with AsyncClient(server.url) as client:
            async with client.stream("predict", {}):
                pass
            client.stream("predict", {})
        assert server.connections == 0
