"""The events of a job: each part from the first on, then what came of it, no faster than the client reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from plait.errors import PlaitError, fault
from plait.events import Part
from plait.http1.messages import Response
from plait.http1.problem import problem
from plait.jobs.records import SUCCEEDED
from plait.server.alarm import Alarm
from plait.server.answers import part_json, stream_head
from plait.server.event_stream import SILENCE, one_line
from plait.server.job_answers import enveloped, failure

if TYPE_CHECKING:
    from plait.http1.messages import Outlet, Reply
    from plait.jobs.state import JobState
    from plait.server.forms import Events
    from plait.server.lasting import Lasting


class JobEvents:
    """An answer that streams what happens to a job. The next event is looked for when the client has room for it.

    Args:
        lasting: The worker's state.
        reply: Takes the streamed answer, or the plain problem if there is no such job.
        events: How events are written.
        request_id: That of the request.
        details: Whether the client sees addresses and errors of parts.
    """

    def __init__(self, lasting: Lasting, reply: Reply, events: Events, request_id: str, *, details: bool) -> None:
        self._lasting = lasting
        self._reply = reply
        self._events = events
        self._request_id = request_id
        self._details = details
        self._alarm = Alarm(lasting.clock, self._silent)
        self._news = asyncio.Event()
        self._outlet: Outlet | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, job: str, client: str, *, head_only: bool) -> None:
        """Begin; with `head_only` the client wants to know no more than whether there is such a job."""
        self._task = self._lasting.tasks.background.start(self._answer(job, client, head_only=head_only))

    def cancel(self) -> None:
        """The client has left."""
        self._alarm.drop()
        self._outlet = None
        if self._task is not None:
            self._task.cancel()

    # What the connection calls.

    def open(self, outlet: Outlet) -> None:
        """The head is sent."""
        self._outlet = outlet
        self._listen()
        self._news.set()

    def resume(self) -> None:
        """There is room again."""
        self._news.set()

    async def _answer(self, job: str, client: str, *, head_only: bool) -> None:
        try:
            state = await self._lasting.jobs.find(job, client)
        except PlaitError as exc:
            self._reply(problem(exc, self._request_id))
            return
        except Exception as exc:  # noqa: BLE001 - whatever it is, the client must hear of it
            self._reply(problem(fault(exc), self._request_id))
            return
        head = stream_head(self._events.media_type, self._request_id, str(state.revision))
        self._reply(Response(200, b"", head, None if head_only else self))
        if not head_only:
            await self._stream(job, client)

    async def _stream(self, job: str, client: str) -> None:
        leave = self._lasting.streams.add(self._cut)
        events = self._lasting.jobs.events(job, client)
        try:
            async for event in events:
                outlet = await self._room()
                if isinstance(event, Part):
                    self._write(outlet, b"part", part_json(event, details=self._details))
                else:
                    self._end(outlet, event)
                    return
        except PlaitError:
            pass  # what is told of a job that cannot be followed any more is that this is not all
        except Exception as exc:  # noqa: BLE001 - the same, and it must be found in the log
            fault(exc)
        finally:
            leave()
            if isinstance(events, AsyncGenerator):
                await events.aclose()
        self._cut()

    async def _room(self) -> Outlet:
        """The outlet, once it takes a piece."""
        while (outlet := self._outlet) is None or not outlet.writable:
            self._news.clear()
            await self._news.wait()
        return outlet

    def _write(self, outlet: Outlet, name: bytes, body: bytes) -> None:
        self._listen()
        outlet.write(self._events.write(name, one_line(body)))

    def _end(self, outlet: Outlet, state: JobState) -> None:
        self._alarm.drop()
        self._outlet = None
        if state.status == SUCCEEDED:
            last = Response(200, enveloped(state, state.request_id, details=self._details), complete=bool(state.complete))
        else:
            last = failure(state, state.request_id, details=self._details)
        outlet.write(self._events.write(b"result" if state.status == SUCCEEDED else b"problem", one_line(last.body)))
        outlet.end(last)

    def _cut(self) -> None:
        """End a stream that is not whole, so that its client notices."""
        outlet = self._outlet
        self.cancel()
        if outlet is not None:
            outlet.abort()

    def _silent(self) -> None:
        """There was no event for a while."""
        outlet = self._outlet
        if outlet is not None and outlet.writable:
            outlet.write(self._events.silence)
        self._listen()

    def _listen(self) -> None:
        if self._events.silence:
            self._alarm.set(SILENCE)
