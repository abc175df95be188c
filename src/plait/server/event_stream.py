"""The events of one run: each part as it ends, then what came of it, no faster than the client reads."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from plait.errors import fault
from plait.http1.messages import Response
from plait.server.alarm import Alarm
from plait.server.answers import part_json

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.events import Part
    from plait.http1.messages import Outlet, Reply
    from plait.server.forms import Events
    from plait.types import Started

SILENCE = 15.0
"""Seconds without an event after which a sign of life is sent: what stands in between may close a connection that is idle."""

_GOOD, _REFUSED = 200, 400


class EventStream:
    """Stands between a run and its client: hears each part, takes the answer, and writes both as events.

    Parts wait as they are; one at a time is encoded, once there is room for it. So a client that does not read costs one encoded
    event beside what the run holds anyway.

    Args:
        reply: Takes the streamed answer with the first event, or the plain problem of a run that fails before it.
        events: How they are written.
        head: The header lines of the streamed answer.
        details: Whether the client sees addresses and errors of parts.
        clock: The worker's clock.

    `run` is what stops when the client leaves.
    """

    __slots__ = (
        "_alarm", "_closed", "_details", "_events", "_head", "_last", "_opened", "_outlet", "_reply", "_waiting", "run",
    )  # fmt: skip

    def __init__(self, reply: Reply, events: Events, head: str, clock: Clock, *, details: bool) -> None:
        self._reply = reply
        self._events = events
        self._head = head
        self._details = details
        self._alarm = Alarm(clock, self._silent)
        self.run: Started | None = None
        self._outlet: Outlet | None = None
        self._waiting: deque[Part] = deque()
        self._last: Response | None = None
        self._opened = False
        self._closed = False

    def cancel(self) -> None:
        """The client has left."""
        run, self.run = self.run, None
        self._close()
        if run is not None:
            run.cancel()

    # What the run calls.

    def part(self, part: Part) -> None:
        """A part has ended. Those that end after the run are of no interest to its client."""
        if not self._closed and self._last is None:
            self._waiting.append(part)
            self._go_on()

    def __call__(self, response: Response) -> None:
        """The run has ended: with the answer in its envelope, or with a problem."""
        self.run = None
        if self._closed:
            return
        if not self._opened and response.status >= _REFUSED:
            self._close()
            self._reply(response)
        else:
            self._last = response
            self._go_on()

    # What the connection calls.

    def open(self, outlet: Outlet) -> None:
        """The head is sent."""
        self._outlet = outlet
        self.resume()

    def resume(self) -> None:
        """Write what waits, as far as there is room for it."""
        outlet = self._outlet
        if outlet is None:
            return
        try:
            self._write(outlet)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the client must not take what it has for the whole
            fault(exc)
            self.cancel()
            outlet.abort()

    def _go_on(self) -> None:
        if self._opened:
            self.resume()
        else:
            self._opened = True
            self._reply(Response(_GOOD, b"", self._head, self))

    def _write(self, outlet: Outlet) -> None:
        event, waiting = self._events.write, self._waiting
        while waiting and outlet.writable:
            outlet.write(event(b"part", one_line(part_json(waiting.popleft(), details=self._details))))
        last = self._last
        if last is None or waiting or not outlet.writable:
            self._listen()
            return
        self._close()
        outlet.write(event(b"result" if last.status < _REFUSED else b"problem", one_line(last.body)))
        outlet.end(last)

    def _silent(self) -> None:
        """There was no event for a while."""
        outlet = self._outlet
        if outlet is not None and outlet.writable:
            outlet.write(self._events.silence)
        self._listen()

    def _listen(self) -> None:
        if self._events.silence:
            self._alarm.set(SILENCE)

    def _close(self) -> None:
        self._closed = True
        self._outlet = self._last = None
        self._waiting.clear()
        self._alarm.drop()


def one_line(json: bytes) -> bytes:
    """The same JSON without line ends, which can only be blanks in it."""
    return json.replace(b"\n", b" ").replace(b"\r", b" ")
