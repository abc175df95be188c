"""Keep several workers serving one port: replace those that die, restart them one by one, end them together."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from plait.errors import StartError
from plait.rules.counting import Counting
from plait.server.channel import BEAT, PATIENCE
from plait.server.member import Member, Program, start
from plait.server.restarts import Restarts
from plait.server.spare import Spare

if TYPE_CHECKING:
    import socket

    from plait.graph.plan import Plan

START = 60.0
"""Seconds until a worker that is not ready has failed to start."""
SLACK = 5.0
"""Seconds that a worker has to end after it has drained, until it is made to."""

_log = logging.getLogger("plait")


@dataclass(slots=True)
class Slot:
    """A place for one worker: the socket, which stays while workers come and go, and with it the clients that wait in its queue.

    Args:
        number: From 1.
        sock: Where its clients come.
    """

    number: int
    sock: socket.socket
    member: Member | None = None
    restarts: Restarts = field(default_factory=Restarts)
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Workers:
    """The parent of the workers.

    Args:
        socks: One listening socket for each worker.
        program: What they shall run to begin with.
        renew: What they shall run after a restart, by what they run before.
        ready: Called once all of them take clients.
        drain: How many seconds they may take to finish what is in flight.
    """

    def __init__(
        self,
        socks: list[socket.socket],
        program: Program,
        renew: Callable[[Program], Program],
        ready: Callable[[], None],
        drain: float,
    ) -> None:
        self._slots = [Slot(place, sock) for place, sock in enumerate(socks, 1)]
        self._renew = renew
        self._program = program
        self._ready = ready
        self._leave = PATIENCE + drain + SLACK
        self._running = False
        self._ending = False
        self._restart = asyncio.Event()
        self._members: set[Member] = set()
        self._counting = Counting(time.monotonic)
        self._spare = Spare(self._begin, self._calm)
        self._told: Callable[[Member], None] = _nobody
        self._left: Callable[[Member], None] = _nobody

    def tell(self, told: Callable[[Member], None], left: Callable[[Member], None]) -> None:
        """Tell somebody of each worker that says what it runs, and of each that has ended."""
        self._told, self._left = told, left
        for member in self._members:
            told(member)

    def adopt(self, plan: Plan) -> None:
        """Have all workers run another plan; where it says something else of the server itself, they are restarted for that."""
        before, text = self._program, plan.encoded()
        self._program = Program(before.command, text, plan.server)
        for member in self._members:
            if member.number is not None and not member.leaving:
                member.adopt(text)
        if plan.server != before.server:
            self._restart.set()

    async def ask(self, question: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
        """What each worker that serves answers within so many seconds, with its number."""
        members = [slot.member for slot in self._slots if slot.member is not None]
        asked = {member: asyncio.get_running_loop().create_task(member.ask(question)) for member in members}
        if not asked:
            return []
        _, late = await asyncio.wait(asked.values(), timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        told = {member: task.result() for member, task in asked.items() if task not in late}
        return [{**msgspec.json.decode(raw), "worker": member.number} for member, raw in told.items() if raw is not None]

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then have the workers finish; a second signal ends them at once. SIGHUP restarts them.

        Raises:
            StartError: If a worker cannot start, or ends again and again.
        """
        loop = asyncio.get_running_loop()
        work = loop.create_task(self._work())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, work)
        loop.add_signal_handler(signal.SIGHUP, self._restart.set)
        await asyncio.wait((work,))
        await self._end_all()
        if not work.cancelled():
            work.result()

    def _end(self, work: asyncio.Task[None]) -> None:
        if self._ending:
            self._send(signal.SIGKILL)
        self._ending = True
        work.cancel()

    async def _end_all(self) -> None:
        for slot in self._slots:
            slot.sock.close()  # from now on new clients are refused, and go elsewhere
        self._send(signal.SIGTERM)
        for seconds in (self._leave, None):
            if self._members:
                await asyncio.wait([member.over for member in self._members], timeout=seconds)
            self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        for member in tuple(self._members):
            member.send(number)

    async def _work(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for slot in self._slots:
                    group.create_task(self._fill(slot))
            self._running = True
            self._ready()
            async with asyncio.TaskGroup() as group:
                for slot in self._slots:
                    group.create_task(self._keep(slot))
                group.create_task(self._restart_when_told())
                group.create_task(self._feel_pulses())
                group.create_task(self._spare.keep())
        except* StartError as errors:
            raise errors.exceptions[0] from None

    async def _begin(self) -> Member:
        """Start a process that waits for its place."""
        member = await start(self._program)
        member.told = self._heard
        member.count = self._counting
        self._members.add(member)
        member.over.add_done_callback(lambda _: self._gone(member))
        return member

    def _heard(self, member: Member) -> None:
        self._told(member)

    def _gone(self, member: Member) -> None:
        self._members.discard(member)
        if member.running is not None:
            self._left(member)

    async def _calm(self) -> None:
        """Wait until no slot is about to be filled."""
        for slot in self._slots:
            async with slot.changing:
                pass

    async def _fill(self, slot: Slot) -> None:
        """Have workers take the place until one is ready."""
        while True:
            try:
                member = self._spare.take() or await self._begin()
                member.take(slot.number, self._program.text, slot.sock)
            except StartError as exc:
                if not self._running:
                    raise
                await self._pause(slot, f"worker {slot.number}: {exc.detail}", slot.restarts.pause(None))
                continue
            if await member.becomes_ready(START):
                slot.member = member
                return
            if member.refused and not self._running:
                raise StartError(f"worker {slot.number} could not start: it {member.end}")
            await self._bury(slot, member)

    async def _bury(self, slot: Slot, member: Member) -> None:
        """Wait before a worker that has ended gets a successor."""
        seconds = slot.restarts.pause(member.served, killed=member.killed)
        await self._pause(slot, f"worker {slot.number}, process {member.pid}, {member.end}", seconds)

    async def _pause(self, slot: Slot, what: str, seconds: float | None) -> None:
        if seconds is None:
            raise StartError(f"{what}, for the {slot.restarts.early}th time in a row right after its start; mend what ends it")
        _log.error("%s; starts again%s", what, f" in {seconds:g} s" if seconds else "")
        await asyncio.sleep(seconds)

    async def _keep(self, slot: Slot) -> None:
        """Replace each worker that dies."""
        while (member := slot.member) is not None:
            await asyncio.wait((member.over,))
            async with slot.changing:
                if slot.member is member:
                    await self._bury(slot, member)
                    await self._fill(slot)
                    _log.info("worker %d serves again, as process %d", slot.number, slot.member.pid)

    async def _restart_when_told(self) -> None:
        while True:
            await self._restart.wait()
            self._restart.clear()
            before = self._program
            try:
                program = self._renew(before)
            except StartError as exc:
                _log.error("the workers stay as they are: %s", exc.detail)
                continue
            _log.info("restarting %d workers, one by one", len(self._slots))
            for slot in self._slots:
                if not await self._exchange(slot, program if self._program is before else self._program):
                    break
            else:
                if self._program is before:
                    self._program = program
                self._spare.renew()
                _log.info("all %d workers have been restarted", len(self._slots))

    async def _exchange(self, slot: Slot, program: Program) -> bool:
        """Have a worker's successor ready, then let the worker go."""
        async with slot.changing:
            try:
                successor = await self._begin()
                successor.take(slot.number, program.text, slot.sock)
            except StartError as exc:
                _log.error("worker %d stays as it is: %s", slot.number, exc.detail)
                return False
            if not await successor.becomes_ready(START):
                _log.error("worker %d stays as it is: its successor %s before it was ready", slot.number, successor.end)
                return False
            old, slot.member = slot.member, successor
        if old is not None:
            await old.leave(self._leave)
        return True

    async def _feel_pulses(self) -> None:
        """Kill workers that hang."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        while True:
            await asyncio.sleep(BEAT)
            before, now = now, loop.time()
            held_up = max(now - before - 2 * BEAT, 0.0)
            for member in tuple(self._members):
                if member.pulse is not None and not member.leaving and member.pulse.hangs(now, held_up):
                    _log.error("%s, process %d, hangs and is killed", member.name, member.pid)
                    member.send(signal.SIGKILL)


def _nobody(_: Member) -> None:
    """Nobody wants to know."""
