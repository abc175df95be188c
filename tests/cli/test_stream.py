"""`plait call --stream`: parts as they end, without the client's extra."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from plait.cli.call import call
from plait.cli.http import lines, opened
from plait.cli.stream import part_line, show
from plait.client.part import Part
from plait.errors import BadAnswer, PlaitError, TimedOut
from plait.testing import RawServer
from plait.testing.server import read_request
from tests.client.asking import END, RESULT, STREAM, chunk, once, part, problem, problem_json

PARTS = part("a", [1.5]) + part("b", status="timeout", code=None, error="no answer in 300 ms")


async def streamed(*pieces: bytes, **options: Any) -> None:
    async with RawServer(once(*pieces)) as server:
        await asyncio.to_thread(call, "predict", "{}", server.url, stream=True, **options)


async def test_what_is_no_terminal_gets_the_stream_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    body = PARTS + RESULT + b"\n"
    await streamed(STREAM, *(chunk(body[place : place + 1]) for place in range(len(body))), END)
    out, err = capsys.readouterr()
    assert out.encode() == body
    assert err == "the answer is not complete\n"


def test_a_terminal_gets_a_line_for_each_part(capsys: pytest.CaptureFixture[str]) -> None:
    answer = show(iter([*PARTS.splitlines(keepends=True), RESULT]), raw=False)
    assert answer.result == {"a": [1, 2.5]}
    first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["a", "ok", "31.2", "ms", "[1.5]"]
    assert second.split() == ["b", "timeout", "31.2", "ms", "no", "answer", "in", "300", "ms"]


def test_a_long_output_is_shortened_on_a_terminal() -> None:
    line = part_line(Part(key="a", node="a", status="ok", code=200, ms=1, attempts=1, output="x" * 500))
    assert line.endswith("x…")
    assert len(line) < 150


async def test_the_stream_is_asked_for_with_the_data_and_the_timeout() -> None:
    asked: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await read_request(reader))
        writer.write(STREAM + chunk(RESULT + b"\n") + END)
        await reader.read()

    async with RawServer(script) as server:
        await asyncio.to_thread(call, "label", '{"x": 1}', server.url, "250ms", stream=True)
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /predict/label HTTP/1.1")
    assert {b"accept: application/x-ndjson", b"x-request-timeout: 250ms"} <= set(head.lower().split(b"\r\n"))
    assert json.loads(body) == {"x": 1}


async def test_a_problem_before_the_stream_is_told_as_that_of_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        await streamed(problem(504, "timeout"))
    assert caught.value.code == 1
    assert json.loads(capsys.readouterr().err)["status"] == 504


async def test_a_problem_at_the_end_is_an_error_after_the_parts(capsys: pytest.CaptureFixture[str]) -> None:
    said = problem_json(504, "timeout") + b"\n"
    with pytest.raises(TimedOut, match="it went wrong"):
        await streamed(STREAM, chunk(PARTS + said), END)
    assert capsys.readouterr().out.encode() == PARTS + said


async def test_a_stream_that_is_cut_short_is_an_error() -> None:
    with pytest.raises(BadAnswer, match="cut short"):
        await streamed(STREAM, chunk(PARTS), END)
    with pytest.raises(PlaitError, match="cut short"):
        await streamed(STREAM, chunk(PARTS), b"40\r\n{")


def test_a_part_is_shown_before_the_next_one_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    def said() -> Iterator[bytes]:
        yield part("a")
        assert '"part": "a"' in capsys.readouterr().out
        yield RESULT

    show(said(), raw=True)


async def test_a_line_is_read_before_the_next_one_is_there() -> None:
    more = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM + chunk(part("a")))
        await more.wait()
        writer.write(chunk(part("b")) + END)
        await reader.read()

    async with RawServer(script) as server:
        with ExitStack() as stack:
            response = await asyncio.to_thread(stack.enter_context, opened(server.url, b"{}"))
            coming = lines(response, server.url)
            assert await asyncio.to_thread(next, coming) == part("a")
            more.set()
            assert await asyncio.to_thread(list, coming) == [part("b")]
