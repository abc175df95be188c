"""The events of one run, with an outlet that a test opens and closes."""

from __future__ import annotations

import asyncio
import logging

import pytest

from plait.clock import Clock
from plait.events import Part
from plait.http1.messages import Response
from plait.server.event_stream import SILENCE, EventStream
from plait.server.forms import NDJSON, SSE, Events
from plait.testing import run_virtual
from plait.types import Message

HEAD = "Content-Type: text/event-stream\r\n"


class Connection:
    """What stands on both sides of a stream: its outlet, its reply, and the run that it may cancel."""

    def __init__(self, events: Events = NDJSON) -> None:
        loop = asyncio.get_running_loop()
        self.replies: list[Response] = []
        self.written: list[bytes] = []
        self.writable = True
        self.ended = self.aborted = self.cancelled = 0
        self.stream = EventStream(self.reply, events, HEAD, Clock(loop, loop.time), details=False)
        self.stream.run = self

    def reply(self, response: Response) -> None:
        self.replies.append(response)
        if response.stream is not None:
            response.stream.open(self)

    def write(self, data: bytes) -> None:
        assert self.writable
        self.written.append(data)

    def end(self, last: Response | None = None) -> None:
        self.ended += 1

    def abort(self) -> None:
        self.aborted += 1

    def cancel(self) -> None:
        self.cancelled += 1

    @property
    def told(self) -> list[bytes]:
        """What the events say in short: the key of a part, or the result."""
        return [line.split(b'"')[3] if line.startswith(b'{"part"') else line.strip() for line in self.written]


def part(key: str) -> Part:
    return Part(key, f"predict/{key}", key, "ok", 0.01, 200, output=Message(b"1"))


RESULT = Response(200, b'{"result":1}')
PROBLEM = Response(502, b'{"status":502}', (("Content-Type", "application/problem+json"),))


async def test_nothing_is_sent_before_the_first_event() -> None:
    connection = Connection()
    assert connection.replies == []
    connection.stream.part(part("a"))
    connection.stream(RESULT)
    assert [response.head for response in connection.replies] == [HEAD]
    assert connection.told == [b"a", RESULT.body]
    assert connection.ended == 1


async def test_a_problem_before_the_first_event_is_the_plain_answer() -> None:
    connection = Connection()
    connection.stream(PROBLEM)
    assert connection.replies == [PROBLEM]
    assert connection.written == []


async def test_what_ends_after_the_run_is_not_told() -> None:
    for last in (RESULT, PROBLEM):
        connection = Connection()
        connection.stream.part(part("a"))
        connection.writable = False
        connection.stream.part(part("b"))
        connection.stream(last)
        connection.stream.part(part("late"))
        connection.writable = True
        connection.stream.resume()
        connection.stream.part(part("later"))
        assert connection.told == [b"a", b"b", last.body]
        assert connection.ended == 1


async def test_an_outlet_without_room_gets_nothing_and_then_all_in_order() -> None:
    connection = Connection()
    connection.writable = False
    for key in "abc":
        connection.stream.part(part(key))
    connection.stream(RESULT)
    assert (connection.written, connection.ended) == ([], 0)
    connection.writable = True
    connection.stream.resume()
    assert connection.told == [b"a", b"b", b"c", RESULT.body]
    assert connection.ended == 1


async def test_a_client_that_leaves_ends_the_run_and_hears_nothing_more() -> None:
    connection = Connection()
    connection.stream.part(part("a"))
    connection.stream.cancel()
    connection.stream.part(part("b"))
    connection.stream(RESULT)
    connection.stream.resume()
    connection.stream.cancel()
    assert (connection.told, connection.ended, connection.cancelled) == ([b"a"], 0, 1)


async def test_a_fault_in_writing_cuts_the_stream_and_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def broken(name: bytes, data: bytes) -> bytes:
        raise ZeroDivisionError

    connection = Connection(Events("text/x", broken, b""))
    with caplog.at_level(logging.ERROR, "plait"):
        connection.stream.part(part("a"))
    assert (connection.aborted, connection.cancelled, connection.ended) == (1, 1, 0)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(("events", "signs"), [(SSE, 3), (NDJSON, 0)])
def test_a_stream_in_which_nothing_happens_shows_that_it_lives_where_its_form_knows_how(events: Events, signs: int) -> None:
    async def run() -> list[bytes]:
        connection = Connection(events)
        connection.stream.part(part("a"))
        await asyncio.sleep(3.5 * SILENCE)
        connection.writable = False
        await asyncio.sleep(2 * SILENCE)
        connection.writable = True
        connection.stream(RESULT)
        await asyncio.sleep(2 * SILENCE)
        return connection.written

    _, *silent, _ = run_virtual(run())
    assert silent == [b":\n\n"] * signs
