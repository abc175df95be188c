"""Requests that are answered with a job: at once, or after a while in which there was no answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from plait.errors import PlaitError, TimedOut, fault
from plait.server.alarm import Alarm
from plait.server.job_answers import has_outcome
from plait.server.waited import forget, waited
from plait.types import JOB

if TYPE_CHECKING:
    from plait.events import Part
    from plait.jobs.asked import Asked
    from plait.jobs.carried import Carried
    from plait.jobs.state import JobState
    from plait.server.lasting import Lasting
    from plait.server.later import Client


class Submitted:
    """A request that is a job from the beginning, and may wait for its end.

    The client that leaves before it knows of the job takes it along, unless it has given a key by which it will come again.

    Args:
        lasting: The worker's state.
        client: Who is answered.
        asked: The job.
        wait: How many seconds it is waited for.
    """

    def __init__(self, lasting: Lasting, client: Client, asked: Asked, wait: float) -> None:
        self._lasting = lasting
        self._client = client
        self._asked = asked
        self._wait = wait
        self._taking: asyncio.Task[JobState] | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        background = self._lasting.tasks.background
        self._taking = background.start(self._lasting.jobs.submit(self._asked))
        self._task = background.start(self._answer(self._taking))

    def cancel(self) -> None:
        """The client has left."""
        taking, self._taking = self._taking, None
        if self._task is not None and taking is not None:
            self._task.cancel()
            if self._asked.key is None:
                forget(self._lasting, taking, self._asked.client)
            else:
                taking.add_done_callback(error_of)  # nobody asks it any more

    async def _answer(self, taking: asyncio.Task[JobState]) -> None:
        lasting, client, wait = self._lasting, self._client, self._wait
        began = lasting.clock.now()
        try:
            await asyncio.wait((taking,))
            state = taking.result()
            if wait and not state.ended:
                began = lasting.clock.now()
                state = await waited(lasting, state.id, self._asked.client, wait)
        except PlaitError as exc:
            client.failed(0, exc)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the client must hear of it
            client.failed(0, fault(exc))
        else:
            if wait and has_outcome(state):
                client.ended(state, lasting.clock.now() - began)
            else:
                client.accepted(state)


class Patient:
    """A request that is answered as usual if that is within some seconds, and becomes a job if not.

    Until then nothing was promised: all ends with the client.

    Args:
        lasting: The worker's state.
        client: Who is answered.
        carried: The graph's call, which has not begun.
        asked: The job that it may become.
    """

    def __init__(self, lasting: Lasting, client: Client, carried: Carried, asked: Asked) -> None:
        self._lasting = lasting
        self._client: Client | None = client
        self._carried = carried
        self._asked = asked
        self._taking: asyncio.Task[JobState] | None = None
        self._alarm = Alarm(lasting.clock, self._late)
        self._leave = lasting.waits.add(self._late)

    def start(self, moment: float) -> None:
        """Begin, and wait until a moment."""
        self._alarm.at(moment)
        self._carried.start()
        self._carried.listen(unheard, self._over)

    def cancel(self) -> None:
        """The client has left."""
        if self._close() is not None:
            self._carried.cancel()
            if self._taking is not None:
                forget(self._lasting, self._taking, self._asked.client)

    def _over(self) -> None:
        """The graph has an answer, or none; once it is on its way to be a job, its client hears of that."""
        if self._taking is None:
            tell(self._close(), self._carried)

    def _late(self) -> None:
        """The client has waited long enough."""
        if self._client is not None and self._taking is None:
            self._taking = adopting(self._lasting, self._carried, self._asked)
            self._taking.add_done_callback(self._taken)

    def _taken(self, taking: asyncio.Task[JobState]) -> None:
        client = self._close()
        if client is None:
            return
        error = error_of(taking)
        if error is None:
            client.accepted(taking.result())
        elif not tell(client, self._carried):
            self._carried.cancel()
            client.failed(0, error)

    def _close(self) -> Client | None:
        """Whoever is still to be answered, who is not any more then."""
        client, self._client = self._client, None
        self._alarm.drop()
        self._leave()
        return client


def adopting(lasting: Lasting, carried: Carried, asked: Asked) -> asyncio.Task[JobState]:
    """A run on its way to be a job; the calls that it still begins are no more urgent than a job's."""
    carried.run.priority = JOB
    return lasting.tasks.background.start(lasting.jobs.adopt(carried, asked))


def tell(client: Client | None, carried: Carried) -> bool:
    """Answer with what came of a call, if something did."""
    outcome = carried.outcome
    if client is None or outcome is None:
        return False
    if isinstance(outcome, PlaitError):
        client.failed(0, outcome)
    else:
        client.answered(0, outcome)
    return True


def error_of(taking: asyncio.Task[JobState]) -> PlaitError | None:
    """Why there is no job; None if there is one."""
    if taking.cancelled():
        return TimedOut("plait has ended")
    error = taking.exception()
    return error if error is None or isinstance(error, PlaitError) else fault(error)  # type: ignore[arg-type] # no task raises more


def unheard(_: Part) -> None:
    """The parts are for others."""
