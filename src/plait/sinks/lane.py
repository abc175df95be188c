"""What is on its way to one sink: so many messages at once, each until it was taken or put off."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from plait.errors import fault
from plait.jobs.insist import insist
from plait.sinks.schedule import pause
from plait.sinks.sender import NotTaken, Unwanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plait.background import Background
    from plait.counts import SinkCounts
    from plait.jobs.outbox import Outbox
    from plait.jobs.records import StoredOutgoing
    from plait.sinks.sender import Sender

AT_ONCE = 8
"""Messages to one sink that are sent at once by one worker."""

_log = logging.getLogger("plait")


class Lane:
    """Sends to one sink.

    Args:
        name: The sink's.
        sender: Sends.
        outbox: Is told what came of it.
        background: Owns the tasks.
        counts: Counts.

    `disabled` hears why nothing more is wanted.
    """

    def __init__(self, name: str, sender: Sender, outbox: Outbox, background: Background, counts: SinkCounts) -> None:
        self.name = name
        self.sender = sender
        self.disabled: Callable[[str, str, str], None] = _nobody
        self._outbox = outbox
        self._background = background
        self._counts = counts
        self._known: dict[str, StoredOutgoing] = {}
        self._line: deque[str] = deque()
        self._sending: set[asyncio.Task[None]] = set()
        self._draining = False
        self._failing = False

    @property
    def waiting(self) -> int:
        """Messages that are here, those under way among them."""
        return len(self._known)

    def send(self, messages: Iterable[StoredOutgoing]) -> None:
        """Send these, each when it is its turn; of one that is here already, the newer claim counts."""
        for message in messages:
            if message.id not in self._known:
                self._line.append(message.id)
            self._known[message.id] = message
        self._go_on()

    async def drain(self, seconds: float) -> None:
        """Begin nothing more; what is under way has so many seconds. The rest stays in the outbox."""
        self._draining = True
        if self._sending:
            await asyncio.wait(tuple(self._sending), timeout=seconds)
        for task in self._sending:
            task.cancel()
        if self._sending:
            await asyncio.wait(tuple(self._sending))
        self._line.clear()
        self._known.clear()

    async def retire(self) -> None:
        """Send what is here, then close the connection: the sink is another one from now on, or there is none."""
        while self._sending:
            await asyncio.wait(tuple(self._sending))
        await self.close()

    async def close(self) -> None:
        """End what is under way, and the connection."""
        await self.drain(0.0)
        await self.sender.close()

    def _go_on(self) -> None:
        while self._line and len(self._sending) < AT_ONCE and not self._draining:
            task = self._background.start(self._send(self._line.popleft()))
            self._sending.add(task)
            task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._go_on()

    async def _send(self, message: str) -> None:
        known = self._known
        try:
            await self.sender.send(known[message])
        except Unwanted as exc:
            self._known.pop(message, None)
            await self._give_up_all(exc.detail)
        except NotTaken as exc:
            await self._put_off(known.pop(message), exc)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the message must come another time
            await self._put_off(known.pop(message), NotTaken(fault(exc).detail))
        else:
            sent = known.pop(message)
            self._counts.took(age(sent))
            self._failing = False
            await insist(partial(self._outbox.sent, message, sent.fence))

    async def _put_off(self, message: StoredOutgoing, why: NotTaken) -> None:
        attempts = message.attempts + 1
        seconds = pause(attempts, message.id, age(message), why.after)
        if seconds is None:
            self._counts.dropped += 1
            _log.error("a message to the sink %s is given up after %d attempts: %s", self.name, attempts, why.detail)
            await insist(partial(self._outbox.drop, message.id, message.fence, why.detail))
            return
        self._counts.retried += 1
        if not self._failing:
            self._failing = True
            _log.warning("the sink %s does not take a message, which is sent again in %.0f s: %s", self.name, seconds, why.detail)
        await insist(partial(self._outbox.postpone, message.id, message.fence, seconds, why.detail))

    async def _give_up_all(self, why: str) -> None:
        """Nothing more is wanted: what waits is given up too."""
        self._counts.dropped += 1 + len(self._line)
        for message in self._line:
            self._known.pop(message, None)
        self._line.clear()
        _log.error("the sink %s gets nothing more until its URL is another one: %s", self.name, why)
        self.disabled(self.name, self.sender.target, why)
        await insist(partial(self._outbox.disable, self.name, self.sender.target, why))


def age(message: StoredOutgoing) -> float:
    """Seconds since it was promised."""
    return max(0.0, (datetime.now(UTC) - message.created).total_seconds())


def _nobody(name: str, target: str, why: str) -> None:
    """Nobody wants to know."""
