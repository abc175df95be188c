"""A predictor as what we call: its replicas, how many calls they take, and what repeating them may cost."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.errors import PlaitError, Unreachable
from plait.upstream.budget import Budget
from plait.upstream.call import Call
from plait.upstream.enquiry import Enquiry
from plait.upstream.hedge import Hedge
from plait.upstream.line import Line
from plait.upstream.repeats import Repeats
from plait.wire.probe import ProbeCodec

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.clock import Clock
    from plait.spec.policies import HedgeSpec, RetrySpec
    from plait.types import Message, Run
    from plait.upstream.balance import Draw
    from plait.upstream.enquiry import Answer
    from plait.upstream.fleet import Fleet
    from plait.upstream.limit import Limit
    from plait.upstream.peer import Peer
    from plait.upstream.receiver import Receiver
    from plait.upstream.replicas import Replicas

_BUSY = "as many calls of it are in flight as it can take, and waiting for one would take too long"
PATIENCE = 3.0
"""Times the usual time of a call that a silent one must have had, so that its replica is to blame."""


@dataclass(frozen=True, slots=True)
class Policies:
    """What an upstream decides with.

    Args:
        retry: When its calls are made again, unless a node says otherwise.
        hedge: When a second copy of one is sent, in the same way.
        idempotent: Whether one may reach it twice, if the file says.
        limit: Permits for calls in flight.
        waiting: How many calls may wait for one.
        budget: Pays for every attempt after the first.
        draw: Where chance comes from.
    """

    retry: RetrySpec | None
    hedge: HedgeSpec | None
    idempotent: bool | None
    limit: Limit
    waiting: int
    budget: Budget
    draw: Draw

    def repeating(self, retry: RetrySpec | None, hedge: HedgeSpec | None) -> Repeats:
        """How calls are repeated where a node has these of its own."""
        return Repeats.of(retry or self.retry, hedge or self.hedge, self.idempotent)


class Upstream:
    """One predictor.

    Args:
        name: Its name.
        timeout: Seconds that one call may take, with all its attempts.
        replicas: Where it answers.
        policies: What it decides with.
        clock: The worker's clock.
    """

    __slots__ = (
        "_admitting", "_policies", "budget", "clock", "draw", "fleet", "hedge", "limit", "line", "name", "repeats",
        "replicas", "timeout",
    )  # fmt: skip

    def __init__(self, name: str, timeout: float, replicas: Replicas, policies: Policies, clock: Clock) -> None:
        self.name = name
        self.timeout = timeout
        self.replicas = replicas
        self.fleet: Fleet[Peer] = replicas.fleet
        self.limit = policies.limit
        self.budget = policies.budget
        self.draw = policies.draw
        self.line: Line[Call] = Line(policies.waiting)
        self.repeats = policies.repeating(None, None)
        self.hedge = Hedge(clock.now())
        self.clock = clock
        self._policies = policies
        self._admitting = False

    async def open(self) -> None:
        """Find out where it answers, and begin to watch it."""
        await self.replicas.open()

    async def retire(self) -> None:
        """Watch it no more, and keep no connection to it; requests that run may still ask it."""
        await self.replicas.retire()

    async def close(self) -> None:
        """End every call and every connection."""
        while (call := self.line.next(-math.inf, 0.0, [])) is not None:
            call.refuse("plait is closing")
        await self.replicas.close()

    def repeating(self, retry: RetrySpec | None, hedge: HedgeSpec | None) -> Repeating:
        """The same predictor, with what a node says of repeating its calls in place of what the predictor says."""
        return Repeating(self, self._policies.repeating(retry, hedge))

    def ask(
        self, message: Message, run: Run, now: float, deadline: float, receiver: Receiver, repeats: Repeats | None = None
    ) -> Call:
        """Begin a call, or have it wait for its turn; where that is no use, it has failed by the time this returns.

        Args:
            message: What is asked.
            run: For whom.
            now: The moment.
            deadline: The moment at which it ends, whatever happens.
            receiver: Hears how it ended.
            repeats: How it is repeated, if not as the predictor says.
        """
        left = deadline - now
        call = Call(self, self.repeats if repeats is None else repeats, message, run, deadline, left, receiver)
        budget, limit = self.budget, self.limit
        if now >= budget.turns:
            budget.turn(now)
        budget.calls += 1
        if not self.line.waiting and limit.take():
            call.attempt(now)
        elif not self.line.enter(call, left, deadline, limit.took, limit.usual):
            call.refuse(_BUSY)
        elif limit.in_flight < limit.limit:
            self.permit()
        return call

    async def get(self, path: str, run: Run) -> Message:
        """Ask the predictor about itself, within its timeout: a replica that may be called, but never as a trial.

        Raises:
            UpstreamError: If there is no good answer.
        """
        peer = self.fleet.look(self.clock.now())
        if peer is None:
            raise Unreachable(self.nobody)
        return await self.get_from(peer, path, run)

    async def get_from(self, peer: Peer, path: str, run: Run) -> Message:
        """Ask one replica about the predictor, within the predictor's timeout.

        Raises:
            UpstreamError: If there is no good answer.
        """
        codec = ProbeCodec(path, peer.authority)
        future: asyncio.Future[Answer | PlaitError] = asyncio.get_running_loop().create_future()
        enquiry = Enquiry(peer.aside, codec.encode(run.message, run, self.timeout), _settle(future))
        try:
            enquiry.ask(self.clock, self.timeout)
            answer = await future
            if isinstance(answer, PlaitError):
                raise answer
            return codec.decode(*answer)
        except PlaitError as exc:
            exc.endpoint = peer.shown
            raise
        finally:
            enquiry.cancel()

    # What calls ask of it.

    @property
    def nobody(self) -> str:
        """Why no replica can be picked."""
        return "no address of it is known: its host's name does not resolve"

    def patient(self, seconds: float) -> bool:
        """Whether whoever is silent for so long is to blame, and not a caller who has no time."""
        return seconds >= min(self.timeout, PATIENCE * self.limit.took)

    def hedge_after(self, repeats: Repeats, now: float) -> float:
        """Seconds after which the call that begins now may be sent a second time."""
        delay = self.hedge.delay(now)
        return repeats.after or delay

    def may_hedge(self, repeats: Repeats, now: float) -> bool:
        """Whether a second copy may be sent now; it has a permit then."""
        if self.line.waiting or self.limit.in_flight >= self.limit.limit:
            return False  # and nothing is paid
        paid = (repeats.after or self.hedge.take()) and self.budget.take(now)
        return bool(paid) and self.limit.take()

    def permit(self) -> None:
        """A permit has come back: whoever waits is called soon, never from within a read callback."""
        if self.line.waiting and not self._admitting:
            self._admitting = True
            asyncio.get_running_loop().call_soon(self._admit)

    def _admit(self) -> None:
        self._admitting = False
        now = self.clock.now()
        while self.line.waiting and self.limit.take():
            late: list[Call] = []
            call = self.line.next(now, self.limit.took, late)
            for each in late:
                each.refuse(_BUSY)
            if call is None:
                self.limit.cut()
            else:
                call.attempt(now)


class Repeating:
    """A predictor as one node asks it.

    Args:
        upstream: The predictor.
        repeats: How this node repeats its calls.
    """

    __slots__ = ("_repeats", "_upstream", "name", "timeout")

    def __init__(self, upstream: Upstream, repeats: Repeats) -> None:
        self.name = upstream.name
        self.timeout = upstream.timeout
        self._upstream = upstream
        self._repeats = repeats

    def ask(self, message: Message, run: Run, now: float, deadline: float, receiver: Receiver) -> Call:
        """Begin a call, as the predictor does."""
        return self._upstream.ask(message, run, now, deadline, receiver, self._repeats)


def _settle(future: asyncio.Future[Answer | PlaitError]) -> Callable[[Answer | PlaitError], None]:
    def settle(outcome: Answer | PlaitError) -> None:
        if not future.done():
            future.set_result(outcome)

    return settle
