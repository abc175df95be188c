"""Messages between plait's own processes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from plait.server.frames import LARGEST, Frame, framed, opened, read

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


class End:
    """Hears what comes, and that it is over."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Frame] = asyncio.Queue()
        self.over = asyncio.Event()

    async def next(self) -> tuple[str, Any, int]:
        async with asyncio.timeout(10):
            frame = await self.heard.get()
        return frame.kind, frame.read(object), frame.number


async def test_messages_arrive_whole_however_they_were_cut(pair: Pair) -> None:
    end = End()
    frames = await opened(pair[0], end.heard.put_nowait, end.over.set)
    sent = framed("plan", {"a": [1, "é"]}, 7) + framed("beat") + framed("told", "x" * 100_000)
    for place in range(0, len(sent), 997):
        await asyncio.to_thread(pair[1].sendall, sent[place : place + 997])
    assert await end.next() == ("plan", {"a": [1, "é"]}, 7)
    assert await end.next() == ("beat", None, 0)
    assert await end.next() == ("told", "x" * 100_000, 0)
    await frames.end()


async def test_what_one_end_sends_the_other_reads_before_it_has_a_loop(pair: Pair) -> None:
    end = End()
    frames = await opened(pair[0], end.heard.put_nowait, end.over.set)
    frames.send("plan", {"x": "y" * 1_000_000}, 3)
    frame = await asyncio.to_thread(read, pair[1], 10)
    assert frame is not None
    assert (frame.kind, frame.read(dict), frame.number) == ("plan", {"x": "y" * 1_000_000}, 3)
    await frames.end()


async def test_the_end_of_the_other_is_heard_once_and_what_is_sent_then_is_lost(pair: Pair) -> None:
    end = End()
    frames = await opened(pair[0], end.heard.put_nowait, end.over.set)
    pair[1].close()
    async with asyncio.timeout(10):
        await end.over.wait()
    frames.send("beat")
    await frames.end()


async def test_what_claims_to_be_too_long_ends_the_line(pair: Pair) -> None:
    end = End()
    await opened(pair[0], end.heard.put_nowait, end.over.set)
    pair[1].sendall((LARGEST + 1).to_bytes(4, "big"))
    async with asyncio.timeout(10):
        await end.over.wait()


@pytest.mark.parametrize("sent", [b"", b"\0\0", b"\0\0\0\5{", (LARGEST + 1).to_bytes(4, "big") + b"{}"])
def test_who_reads_without_a_loop_is_not_fooled_by_what_breaks_off(pair: Pair, sent: bytes) -> None:
    pair[1].sendall(sent)
    pair[1].close()
    assert read(pair[0], 10) is None


def test_who_reads_without_a_loop_waits_for_no_longer_than_it_was_told(pair: Pair) -> None:
    assert read(pair[0], 0.01) is None
