"""The events of a job in which nothing happens, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from plait.clock import Clock
from plait.events import Part
from plait.http1.messages import Response
from plait.jobs.state import JobState
from plait.server.event_stream import SILENCE
from plait.server.forms import NDJSON, SSE, Events
from plait.server.job_events import JobEvents
from plait.server.lasting import Lasting
from plait.testing import run_virtual
from plait.types import Message
from tests.server.serving import nowhere

RUNNING = JobState(
    id="0" * 32, graph="predict", status="running", parts={}, result=None, complete=None, error=None, created="", finished=None,
    revision=1, request_id="me",
)  # fmt: skip
CANCELLED = JobState(
    id="0" * 32, graph="predict", status="cancelled", parts={}, result=None, complete=None, error=None, created="", finished="",
    revision=1, request_id="me",
)  # fmt: skip


class Quiet:
    """A job that has a part at once, and ends when it is told to."""

    def __init__(self) -> None:
        self.over = asyncio.Event()

    async def find(self, job: str, client: str) -> JobState:
        return RUNNING

    async def events(self, job: str, client: str) -> AsyncIterator[Part | JobState]:
        yield Part("a", "predict/a", "a", "ok", 0.01, 200, output=Message(b"1"))
        await self.over.wait()
        yield CANCELLED


class Connection:
    """What a stream writes to."""

    def __init__(self, events: Events) -> None:
        loop = asyncio.get_running_loop()
        lasting = Lasting(Clock(loop, loop.time), nowhere())
        self.job = lasting.jobs = Quiet()  # type: ignore[assignment] # all that is asked of jobs here
        self.written: list[bytes] = []
        self.writable = True
        self.ended = self.aborted = 0
        self.stream = JobEvents(lasting, self.reply, events, "me", details=False)
        self.stream.start("0" * 32, "", head_only=False)

    def reply(self, response: Response) -> None:
        assert response.stream is self.stream
        self.stream.open(self)

    def write(self, data: bytes) -> None:
        assert self.writable
        self.written.append(data)

    def end(self, last: Response | None = None) -> None:
        self.ended += 1

    def abort(self) -> None:
        self.aborted += 1


@pytest.mark.parametrize(("events", "signs"), [(SSE, 3), (NDJSON, 0)])
def test_a_job_in_which_nothing_happens_gives_signs_of_life_where_the_form_knows_how(events: Events, signs: int) -> None:
    async def run() -> list[bytes]:
        connection = Connection(events)
        await asyncio.sleep(3.5 * SILENCE)
        connection.writable = False
        await asyncio.sleep(2 * SILENCE)
        connection.writable = True
        connection.job.over.set()
        await asyncio.sleep(2 * SILENCE)
        assert (connection.ended, connection.aborted) == (1, 0)
        return connection.written

    part, *silent, last = run_virtual(run())
    assert b'"part":"a"' in part
    assert silent == [b":\n\n"] * signs
    assert b"urn:plait:problem:cancelled" in last
