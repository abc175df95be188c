"""Keep a node's answers for a while; those who ask the same meanwhile wait for one call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from plait.background import Background
from plait.errors import TimedOut
from plait.events import Part
from plait.nodes.absent import LEFT_OUT
from plait.nodes.ask import LEAST, Ask
from plait.nodes.link import Evaluate, Link
from plait.nodes.store import Kept, Store
from plait.nodes.waiter import Patience
from plait.spec.base import Spec
from plait.spec.fields import Duration, Size
from plait.types import Call, Context, Message, Run


class CacheSpec(Spec):
    """How long a node's answers are kept, and for whom."""

    ttl: Duration
    """How long an answer is kept."""
    key: str | None = None
    """CEL that says which inputs are the same; by default those that are equal, with all else that the node looks at."""
    size: Size = 16 << 20
    """How much all its answers may take; those that were not asked for longest go first."""


class Flight:
    """One call that several wait for."""

    __slots__ = ("deadline", "run", "task", "waiting")

    def __init__(self, call: Call, message: Message, ctx: Context, background: Background) -> None:
        self.run = ctx.run.recorded()
        self.deadline = ctx.deadline
        self.waiting = 0
        self.task = background.start(_answer(call, message, Context(self.run, ctx.deadline, ctx.named)))

    @property
    def out_of_time(self) -> bool:
        """Whether it has ended because its own deadline came, and not for a timeout within it."""
        return self.task.done() and self.run.clock.now() > self.deadline - LEAST


async def _answer(call: Call, message: Message, ctx: Context) -> Message:
    return await call(message, ctx)


@dataclass(frozen=True, slots=True)
class Key:
    """What tells one call from another, as a digest.

    Args:
        own: The file's key; without one, the whole input.
        fields: The client's header fields that predictors within may see.
        seen: What else the node looks at, such as the request or an earlier step.
    """

    own: Evaluate | None
    fields: tuple[bytes, ...]
    seen: tuple[Evaluate, ...]

    def __call__(self, message: Message, ctx: Context) -> bytes:
        pieces = [ctx.run.headers.get(field) for field in self.fields]
        if self.own is not None:
            pieces.append(self.own(ctx, message, None).raw)
        else:
            pieces += [message.raw, *(evaluate(ctx, message, None).raw for evaluate in self.seen)]
        digest = blake2b(digest_size=32)
        for piece in pieces:
            digest.update(b"-" if piece is None else b"%d:%b" % (len(piece), piece))
        return digest.digest()


@dataclass(frozen=True, slots=True)
class Cached:
    """Gives a kept answer, or the one that is on its way, or asks for one."""

    call: Call
    key: Key
    ttl: float
    asks: tuple[Ask, ...]
    background: Background
    store: Store
    flights: dict[bytes, Flight]

    @classmethod
    def of(cls, spec: CacheSpec, call: Call, link: Link, asks: tuple[Ask, ...]) -> Cached:
        """The cache that a node asks for, around its call."""
        own = None if spec.key is None else link.expression(spec.key, ("cache", "key"))
        key = Key(own, link.forwarded(asks), link.looked_at())
        return cls(call, key, spec.ttl, asks, link.background, Store(spec.size), {})

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The answer. Only whole ones are kept; a failure is that of all who wait, but one's own deadline is nobody else's."""
        key = self.key(message, ctx)
        while True:
            kept = self.store.get(key, ctx.run.clock.now())
            if kept is not None:
                replay(ctx.run, kept.parts, seconds=0.0)
                return Message(kept.raw)
            flight = self.flights.get(key)
            if flight is None:
                return await self._wait(key, self._take_off(key, message, ctx), ctx, None)  # the call keeps the deadline itself
            try:
                answer = await self._wait(key, flight, ctx, ctx.deadline)
            except TimedOut:
                if flight.out_of_time and ctx.deadline > flight.deadline:
                    continue  # it had less time than there is here
                self._tell(flight, ctx.run, "timeout")
                raise
            except BaseException:  # a failure of the call, or nobody waits here any more
                self._tell(flight, ctx.run, "cancelled")
                raise
            self._tell(flight, ctx.run, "cancelled")
            return answer

    def _take_off(self, key: bytes, message: Message, ctx: Context) -> Flight:
        flight = self.flights[key] = Flight(self.call, message, ctx, self.background)
        clock = ctx.run.clock

        def landed(task: asyncio.Task[Message]) -> None:
            self._forget(key, flight)
            if task.cancelled() or task.exception() is not None:
                return
            answer = task.result()
            if answer.complete and answer is not LEFT_OUT:
                self.store.put(key, Kept(answer.raw, tuple(map(_bare, flight.run.parts)), clock.now() + self.ttl))

        flight.task.add_done_callback(landed)
        return flight

    async def _wait(self, key: bytes, flight: Flight, ctx: Context, moment: float | None) -> Message:
        flight.waiting += 1
        try:
            return await Patience.until(flight.task, ctx.run.clock, moment)
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                self._forget(key, flight)  # who comes now must not wait for what is being stopped
                flight.task.cancel()

    def _forget(self, key: bytes, flight: Flight) -> None:
        if self.flights.get(key) is flight:
            del self.flights[key]

    def _tell(self, flight: Flight, run: Run, otherwise: str) -> None:
        """Record what is known of the parts of another's call, and what those are to this one that have not ended."""
        parts = flight.run.parts
        replay(run, parts)
        ended = {part.key for part in parts}
        for ask in self.asks:
            if not flight.task.done() and ask.key not in ended:
                ask.never_began(run, otherwise, "another request has asked it, and there is no answer yet")


def replay(run: Run, parts: Sequence[Part], seconds: float | None = None) -> None:
    """Record parts of another call as parts of this run, for which nobody was asked."""
    for part in map(_bare, parts):
        took = part.seconds if seconds is None else seconds
        run.emit(msgspec.structs.replace(part, attempts=0, seconds=took))


def _bare(part: Part) -> Part:
    """The same part with an output that nobody has looked into: what was found there may be much larger than its JSON."""
    if part.output is None:
        return part
    return msgspec.structs.replace(part, output=Message(part.output.raw, complete=part.output.complete))
