"""A client that takes its answer slowly, on virtual time: it gets all of it as long as it takes enough."""

from __future__ import annotations

import asyncio

from plait.clock import Clock
from plait.http1.messages import Reply, Request, Response
from plait.server.app import NOTHING
from plait.server.front import Front
from plait.server.listener import Deadlines, Listener
from plait.testing import run_virtual
from plait.types import Started
from tests.server.serving import post

SIZE = 10 << 20
HIGH = 64 << 10
LOW = 16 << 10


class Transport(asyncio.Transport):
    """The transport of a client that takes nothing but what `take` says."""

    def __init__(self, front: Front) -> None:
        super().__init__()
        self.front = front
        self.unsent = 0
        self.ended = self.closing = self.aborted = False

    def write(self, data: object) -> None:
        self.unsent += len(data)  # type: ignore[arg-type] # bytes
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
