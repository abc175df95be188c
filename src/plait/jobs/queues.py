"""Queues of jobs that may wait: one worker of all runs each, so that its rate and concurrency hold over all."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from plait.jobs.errors import StoreDown
from plait.jobs.held import Held
from plait.jobs.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from typing import Any

    from plait.background import Background
    from plait.clock import Clock
    from plait.jobs.keeping import Keeping
    from plait.jobs.runner import Runner
    from plait.spec.sinks import QueueSink

LOOK = 0.5
"""Seconds between two looks for what others have put into a queue."""
LEASE = 10.0
"""Seconds for which one worker has a queue."""
RENEW = 3.0
"""Seconds after which it asks for it again, as do those that have it not."""


class Queue:
    """One queue, as one worker runs it if it is the one that does.

    Args:
        name: That of its sink.
        spec: What the file says of it.
        keeping: The store.
        runner: Runs its jobs.
        clock: The worker's clock.
    """

    def __init__(self, name: str, spec: QueueSink, keeping: Keeping, runner: Runner, clock: Clock) -> None:
        self.name = name
        self.spec = spec
        self.ours = False
        self._keeping = keeping
        self._runner = runner
        self._clock = clock
        self._pulse = Pulse(f"the queue {name}", LOOK, self._look)
        self._line: deque[Held] = deque()
        self._running: set[Held] = set()
        self._asked = -RENEW
        self._next = 0.0
        self._due = False
        self._more = False

    def beat(self) -> Coroutine[Any, Any, None]:
        """Look after it until cancelled."""
        return self._pulse.beat()

    def now(self) -> None:
        """There is a new job in it."""
        self._pulse.now()

    def go_on(self) -> None:
        """Begin what may begin: there is room, or time has passed."""
        self._running = {held for held in self._running if not held.over.is_set()}
        while self._line and len(self._running) < self.spec.concurrency and self._runner.free > 0:
            if self._line[0].left:
                self._line.popleft()
            elif (now := self._clock.now()) < self._next:
                self._wake_at(self._next)
                return
            else:
                self._next = now + 1 / self.spec.rate if self.spec.rate else now
                held = self._line.popleft()
                self._running.add(held)
                self._runner.begin(held)
        if self._more and self._room > 0:
            self._more = False
            self.now()

    async def leave(self) -> None:
        """Let others have it."""
        await self._runner.give_up(self._line)
        self._line.clear()
        if self.ours:
            self.ours = False
            await self._keeping.leave(self.name)

    async def _look(self) -> None:
        if self._runner.draining:
            return
        now = self._clock.now()
        if now - self._asked >= RENEW:
            self.ours = await self._keeping.hold(self.name, LEASE)
            self._asked = now
        if not self.ours:
            return
        if (room := self._room) > 0:
            try:
                jobs = await self._keeping.claim_queue(self.name, room)
            except StoreDown:
                self._runner.doubt = True
                raise
            self._more = len(jobs) == room
            for job in jobs:
                held = Held(job)
                self._runner.keep(held)
                self._line.append(held)
        self.go_on()

    @property
    def _room(self) -> int:
        return self.spec.concurrency - len(self._running) - len(self._line)

    def _wake_at(self, moment: float) -> None:
        if not self._due:
            self._due = True
            self._clock.at(moment, self)

    def expire(self) -> None:
        """The next may begin."""
        self._due = False
        self.go_on()


class Queues:
    """All queues that are configured.

    Args:
        keeping: The store.
        runner: Runs their jobs.
        clock: The worker's clock.
        background: Owns their tasks.
    """

    def __init__(self, keeping: Keeping, runner: Runner, clock: Clock, background: Background) -> None:
        self._keeping = keeping
        self._runner = runner
        self._clock = clock
        self._background = background
        self._known: dict[str, tuple[Queue, asyncio.Task[None]]] = {}

    async def change(self, specs: Mapping[str, QueueSink]) -> None:
        """Look after these from now on."""
        for name in self._known.keys() - specs.keys():
            await self._end(name)
        for name, spec in specs.items():
            if name in self._known:
                self._known[name][0].spec = spec
            else:
                queue = Queue(name, spec, self._keeping, self._runner, self._clock)
                self._known[name] = (queue, self._background.start(queue.beat()))

    def now(self, name: str) -> None:
        """There is a new job in a queue."""
        if name in self._known:
            self._known[name][0].now()

    def go_on(self) -> None:
        """There may be room for jobs of them."""
        for queue, _ in self._known.values():
            queue.go_on()

    async def close(self) -> None:
        """Let others have them."""
        for name in tuple(self._known):
            await self._end(name)

    async def _end(self, name: str) -> None:
        queue, task = self._known.pop(name)
        task.cancel()
        await asyncio.wait((task,))
        with suppress(StoreDown):  # its lease runs out by itself
            await queue.leave()
