"""A predictor as what we call: its replicas, how many calls they take, and what repeating them may cost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.errors import PlaitError, Unreachable
from plait.types import JOB
from plait.upstream.budget import Budget
from plait.upstream.call import Call
from plait.upstream.defaults import JOBS_BUDGET
from plait.upstream.enquiry import Enquiry
from plait.upstream.hedge import Hedge
from plait.upstream.repeats import Repeats
from plait.upstream.share import Share
from plait.upstream.turns import Turns
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
        jobs: The same for jobs where they are alone, so that what becomes of theirs changes nothing for others.
        waiting: How many calls of one priority may wait for one.
        budget: Pays for every attempt after the first.
        draw: Where chance comes from.
    """

    retry: RetrySpec | None
    hedge: HedgeSpec | None
    idempotent: bool | None
    limit: Limit
    jobs: Limit
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
        "_policies", "_turns", "again", "budget", "clock", "draw", "fleet", "hedge", "limit", "line", "name", "permit",
        "repeats", "replicas", "share", "timeout",
    )  # fmt: skip

    def __init__(self, name: str, timeout: float, replicas: Replicas, policies: Policies, clock: Clock) -> None:
        self.name = name
        self.timeout = timeout
        self.replicas = replicas
        self.fleet: Fleet[Peer] = replicas.fleet
        self.limit = policies.limit
        self.budget = policies.budget
        self.draw = policies.draw
        self.share = Share(policies.limit, policies.jobs, clock.now())
        self._turns = turns = Turns(policies.limit, self.share, policies.waiting, clock)
        self.line = turns.line
        self.again = turns.again
        self.permit = turns.permit
        self.repeats = policies.repeating(None, None)
        self.hedge = Hedge(clock.now())
        self.clock = clock
        self._policies = policies

    async def open(self) -> None:
        """Find out where it answers, and begin to watch it."""
        await self.replicas.open()

    async def retire(self) -> None:
        """Watch it no more, and keep no connection to it; requests that run may still ask it."""
        await self.replicas.retire()

    async def close(self) -> None:
        """End every call and every connection."""
        self._turns.close()
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
            deadline: The moment at which it ends, whatever happens; of a job, whose timeout begins with its turn, the job's own.
            receiver: Hears how it ended.
            repeats: How it is repeated, if not as the predictor says.
        """
        left = deadline - now
        call = Call(self, self.repeats if repeats is None else repeats, message, run, deadline, left, receiver)
        budget = self.budget
        if now >= budget.turns:
            budget.turn(now)
        budget.calls += 1
        if run.priority >= JOB:
            self._turns.later(call, now)
        elif not self.line.waiting and self.limit.take():
            call.attempt(now)
        else:
            self._turns.enter(call, now, left)
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
        if self.line.urgent or self.limit.in_flight >= self.limit.limit:
            return False  # and nothing is paid
        paid = (repeats.after or self.hedge.take()) and self.budget.take(now)
        return bool(paid) and self.limit.take()

    def pays(self, call: Call, now: float) -> bool:
        """Whether the budget pays for one more attempt; calls of jobs leave some of it to others."""
        return self.budget.take(now, JOBS_BUDGET if call.permits is self.share else 1.0)


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
