"""A client that takes its answer slowly, on virtual time: it gets all of it as long as it takes enough."""

from __future__ import annotations

import asyncio

from plait.clock import Clock
from plait.events import Part
from plait.http1.messages import Reply, Request, Response
from plait.server.app import NOTHING
from plait.server.event_stream import EventStream
from plait.server.forms import SSE
from plait.server.front import Front
from plait.server.listener import Deadlines, Listener
from plait.testing import run_virtual
from plait.types import Message, Started
from tests.server.serving import post

SIZE = 10 << 20
HIGH = 64 << 10
LOW = 16 << 10


class Transport(asyncio.Transport):
    """The transport of a client that takes nothing but what `take` says."""

    def __init__(self, front: Front) -> None:
        super().__init__()
        self.front = front
        self.unsent = self.most = self.sent = 0
        self.ended = self.closing = self.aborted = False

    def write(self, data: object) -> None:
        self.sent += len(data)  # type: ignore[arg-type] # bytes
        self.unsent += len(data)  # type: ignore[arg-type] # bytes
        self.most = max(self.most, self.unsent)
        if self.unsent > HIGH:
            self.front.pause_writing()

    def take(self, count: int) -> None:
        was, self.unsent = self.unsent, max(0, self.unsent - count)
        if was > LOW >= self.unsent:
            self.front.resume_writing()
        if self.closing and not self.unsent:
            self.front.connection_lost(None)

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write_eof(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        self.aborted = True
        self.front.connection_lost(None)

    def resume_reading(self) -> None:
        pass


def served(sent: bytes, taken: int) -> tuple[bool, float]:
    """Whether a client got its whole answer that took so many bytes of it each second, and the seconds until it was gone."""

    async def run() -> tuple[bool, float]:
        loop = asyncio.get_running_loop()
        front = Front(Listener(handler, Clock(loop, loop.time), deadlines=Deadlines()))
        transport = Transport(front)
        front.connection_made(transport)
        front.data_received(sent)
        while not (transport.aborted or transport.closing) or transport.unsent:
            await asyncio.sleep(1)
            if transport.aborted:
                break
            transport.take(taken)
        return not transport.unsent, loop.time()

    return run_virtual(run())


def handler(request: Request, reply: Reply) -> Started:
    reply(Response(200, b"x" * SIZE))
    return NOTHING


def test_who_reads_steadily_gets_all_however_long_it_takes() -> None:
    assert served(post(b"{}", b"Connection: close"), 100 << 10)[0]


def test_who_has_sent_too_much_gets_all_and_a_moment_to_notice_the_end() -> None:
    whole, seconds = served(post(b"{}", b"Connection: close") + b"\r\n", 4 << 20)
    assert whole
    assert seconds < 6


def test_who_sends_nonsense_behind_a_request_gets_its_answer_whole() -> None:
    assert served(post(b"{}") + b"nonsense\r\n\r\n", 100 << 10)[0]


def test_who_takes_almost_nothing_is_left() -> None:
    for sent in (post(b"{}"), post(b"{}", b"Connection: close"), post(b"{}", b"Connection: close") + b"\r\n"):
        whole, seconds = served(sent, 1000)
        assert not whole
        assert 30 <= seconds <= 32


# Streams.

PARTS = 100
PART = Part("a", "predict/a", "a", "ok", 0.1, 200, output=Message(b'"' + b"x" * (1 << 20) + b'"'))


class Streamed:
    """A client of a stream with far more parts than it reads, all of them there at once; the run `ends` then, or goes on."""

    def __init__(self, *, ends: bool = False) -> None:
        self.ends = ends
        self.loop = asyncio.get_running_loop()
        self.cancelled = 0
        clock = Clock(self.loop, self.loop.time)
        self.front = Front(Listener(self.handle, clock))
        self.transport = Transport(self.front)
        self.front.connection_made(self.transport)
        self.front.data_received(post(b"{}"))

    def handle(self, request: Request, reply: Reply) -> Started:
        self.stream = EventStream(reply, SSE, (), self.front._listener.clock, details=False)
        self.stream.run = self
        for _ in range(PARTS):
            self.stream.part(PART)
        if self.ends:
            self.end()
        return self.stream

    def cancel(self) -> None:
        self.cancelled += 1

    def end(self, last: Response | None = None) -> None:
        self.stream(Response(200, b"{}"))

    async def take(self, bytes_a_second: int) -> None:
        """Take until all that was written is taken, or the connection is cut."""
        while True:
            await asyncio.sleep(1)
            if self.transport.aborted or not self.transport.unsent:
                return
            self.transport.take(bytes_a_second)


def test_a_stream_waits_for_its_reader_with_one_event_encoded() -> None:
    async def run() -> None:
        client = Streamed()
        client_end = client.loop.call_later(5, client.end)  # with most parts still waiting
        await client.take(1 << 20)
        assert client_end.when() < client.loop.time()
        assert (client.transport.aborted, client.cancelled) == (False, 0)
        assert client.transport.sent > PARTS << 20
        assert client.transport.most < (1 << 20) + HIGH + 1024
        assert not client.front._busy

    run_virtual(run())


def test_a_stream_whose_reader_takes_almost_nothing_is_cut_while_its_run_goes_on() -> None:
    async def run() -> None:
        for taken in (0, 1000):
            client = Streamed()
            began = client.loop.time()
            await client.take(taken)
            assert (client.transport.aborted, client.cancelled) == (True, 1)
            assert 30 <= client.loop.time() - began <= 32

    run_virtual(run())


def test_a_stream_whose_reader_takes_enough_goes_on_however_long_it_takes() -> None:
    async def run() -> None:
        client = Streamed(ends=True)
        await client.take(100 << 10)
        assert not client.transport.aborted
        assert client.transport.sent > PARTS << 20
        assert client.loop.time() > 1000

    run_virtual(run())


def test_who_reads_the_end_of_a_stream_late_can_ask_again() -> None:
    async def run() -> None:
        client = Streamed(ends=True)
        await client.take(4 << 20)
        client.front.data_received(post(b"{}"))
        await asyncio.sleep(0)
        assert client.transport.unsent > 1 << 20

    run_virtual(run())
