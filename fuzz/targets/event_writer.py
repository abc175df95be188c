"""Streamed answers: readers that know nothing of plait find in them the events that were put in, and no other."""

from __future__ import annotations

import json

import msgspec

from fuzz.pieces import Pieces
from fuzz.sse import events
from fuzz.stopped import STOPPED
from plait.answer import Answer
from plait.client.events import Events as ClientEvents
from plait.errors import BadAnswer, PlaitError, Refused
from plait.events import Part
from plait.http1.messages import Response
from plait.http1.problem import problem
from plait.jsontext import NotJson, validate
from plait.server.answers import envelope, part_json
from plait.server.event_stream import EventStream
from plait.server.forms import NDJSON, SSE, Events
from plait.types import Message, Run

_MOST = 1 << 20


def one_input(data: bytes) -> None:
    """Write a run's parts and its end in both forms, and read them again."""
    pieces = Pieces(data)
    pauses, response = pieces.number(), ending(pieces)
    parts = [part(pieces) for _ in range(min(8, data.count(b"\x1e\n") // 5))]
    expected = [*(("part", json.loads(part_json(each, details=True))) for each in parts)]
    expected.append(("result" if response.status == 200 else "problem", json.loads(response.body)))
    for form in (SSE, NDJSON):
        client = Client(form, pauses)
        written = client.run(parts, response)
        if not parts and response.status != 200:
            assert (written, client.plain) == (b"", response)
        elif form is SSE:
            assert [(name, json.loads(text)) for name, text in events(written)] == expected
        else:
            assert [json.loads(line) for line in written.split(b"\n")[:-1]] == [what for _, what in expected]
            heard(written, parts, response)


def ending(pieces: Pieces) -> Response:
    """The answer or the problem that a run ends with."""
    raw, why = pieces.bytes(), words(pieces)
    if why:
        return problem(Refused(why, 422, raw), "me")
    message = Message(valid(raw))
    return envelope(message, Run(message, STOPPED), "me", "1", details=True)


def part(pieces: Pieces) -> Part:
    """A part whose texts may be anything, and whose output is JSON."""
    key, status, endpoint, error = (words(pieces) for _ in range(4))
    return Part(key, f"predict/{key}", key, status, 0.01, 200, 1, endpoint, error, Message(valid(pieces.bytes())))


def words(pieces: Pieces) -> str:
    """A text as plait's own are: without halves of characters, which it lets nobody put into its sentences."""
    return pieces.text().encode(errors="replace").decode()


def valid(raw: bytes) -> bytes:
    """The bytes if they are JSON, as every message is, else null."""
    try:
        validate(raw)
    except NotJson:
        return b"null"
    return raw


def heard(written: bytes, parts: list[Part], response: Response) -> None:
    """Accept lines in which plait's own client hears the same parts and the same end."""
    keys, end = told(written)
    if end is BadAnswer:
        assert not all(map(_has_value, written.split(b"\n")[:-1]))
        return
    assert keys == [each.key for each in parts]
    assert end is (Answer if response.status == 200 else Refused)


def told(written: bytes) -> tuple[list[str], type[Answer | PlaitError]]:
    """The keys of the parts that plait's own client hears of, and what it hears in the end."""
    client = ClientEvents(_MOST)
    keys: list[str] = []
    try:
        for each in client.feed(written):
            keys.append(each.key)  # noqa: PERF401 - those before an error count
        client.end()
    except PlaitError as exc:
        return keys, type(exc)
    return keys, type(client.known())


def _has_value(line: bytes) -> bool:
    """Whether Python has a value for this JSON: of 1e999 it has none, which passes over HTTP all the same."""
    try:
        msgspec.json.decode(line)
    except msgspec.DecodeError:
        return False
    return True


class Client:
    """Both sides of a stream: its outlet, which is full now and then, and its reply.

    Args:
        form: How events are written.
        pauses: By its bits, after which pieces the client stops reading.
    """

    def __init__(self, form: Events, pauses: int) -> None:
        self._stream = EventStream(self._reply, form, "", STOPPED, details=True)
        self._written = b""
        self._pauses = pauses
        self._ended = False
        self.writable = True
        self.plain: Response | None = None

    def run(self, parts: list[Part], response: Response) -> bytes:
        """All that was written."""
        for each in parts:
            self._stream.part(each)
        self._stream(response)
        while not (self._ended or self.plain):
            self.writable = True
            self._stream.resume()
        return self._written

    def _reply(self, response: Response) -> None:
        if response.stream is None:
            self.plain = response
        else:
            response.stream.open(self)

    # What the stream calls.

    def write(self, data: bytes) -> None:
        assert self.writable
        assert data
        self._written += data
        self.writable = not self._pauses & 1
        self._pauses >>= 1

    def end(self, last: Response | None = None) -> None:  # noqa: ARG002 - an outlet's arguments
        self._ended = True

    def abort(self) -> None:
        raise AssertionError("the stream was cut short")
