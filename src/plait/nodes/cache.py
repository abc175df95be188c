"""Keep a node's answers for a while; those who ask the same meanwhile wait for one call."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from plait.errors import TimedOut
from plait.nodes.absent import LEFT_OUT
from plait.nodes.ask import Ask
from plait.nodes.drive import leaf
from plait.nodes.flight import Flight, replay, unread
from plait.nodes.link import Evaluate, Link
from plait.nodes.store import Kept, Store
from plait.spec.base import Spec
from plait.spec.fields import Duration, Size
from plait.types import Call, Context, Leaf, Message, Run


class CacheSpec(Spec):
    """How long a node's answers are kept, and for whom."""

    ttl: Duration
    """How long an answer is kept."""
    key: str | None = None
    """CEL that says which inputs are the same; by default those that are equal, with all else that the node looks at."""
    size: Size = 16 << 20
    """How much all its answers may take; those that were not asked for longest go first."""


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

    call: Leaf
    key: Key
    ttl: float
    asks: tuple[Ask, ...]
    store: Store
    flights: dict[bytes, Flight]

    @classmethod
    def of(cls, spec: CacheSpec, call: Call, link: Link, asks: tuple[Ask, ...]) -> Cached:
        """The cache that a node asks for, around its call."""
        own = None if spec.key is None else link.expression(spec.key, ("cache", "key"))
        key = Key(own, link.forwarded(asks), link.looked_at())
        return cls(leaf(call), key, spec.ttl, asks, Store(spec.size), {})

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The answer. Only whole ones are kept; a failure is that of all who wait, but one's own deadline is nobody else's."""
        key, run = self.key(message, ctx), ctx.run
        if run.recalled is not None:
            return await self.call(message, ctx)  # what is known of it from before is nobody else's
        while True:
            kept = self.store.get(key, run.clock.now())
            if kept is not None:
                replay(run, kept.parts, seconds=0.0)
                return Message(kept.raw)
            flight = self.flights.get(key)
            if flight is None:
                return await self._lead(self._take_off(key, message, ctx), run)
            try:
                answer = await flight.answer(run.clock, ctx.deadline)
            except TimedOut:
                if flight.out_of_time and ctx.deadline > flight.deadline:
                    continue  # it had less time than there is here
                self._follow(flight, run, "timeout")
                raise
            except BaseException:  # a failure of the call, or nobody waits here any more
                self._follow(flight, run, "cancelled")
                raise
            self._follow(flight, run, "cancelled")
            return answer

    def _take_off(self, key: bytes, message: Message, ctx: Context) -> Flight:
        flight = self.flights[key] = Flight(key, ctx)
        flight.waiter.future.add_done_callback(lambda _: self._land(flight))
        flight.started = self.call.start(message, Context(flight.run, ctx.deadline, ctx.named), flight.waiter)
        return flight

    def _land(self, flight: Flight) -> None:
        del self.flights[flight.key]
        flight.let_go()
        future, run = flight.waiter.future, flight.run
        if future.exception() is None:
            answer = future.result()
            if answer.complete and answer is not LEFT_OUT:
                self.store.put(flight.key, Kept(answer.raw, tuple(map(unread, run.parts)), run.clock.now() + self.ttl))

    async def _lead(self, flight: Flight, run: Run) -> Message:
        """The answer to whoever asked first, whose deadline the call itself keeps."""
        try:
            return await flight.answer(run.clock, None)
        except BaseException:
            if flight.waiting:
                flight.first = None
                flight.tell_rest(run, self.asks, "cancelled")
            self._leave(flight)
            raise

    def _follow(self, flight: Flight, run: Run, otherwise: str) -> None:
        """Tell a run that asked the same meanwhile of the parts, as far as it waited for them."""
        replay(run, flight.run.parts)
        flight.tell_rest(run, self.asks, otherwise)
        self._leave(flight)

    def _leave(self, flight: Flight) -> None:
        """Stop a call for which nobody waits any more."""
        if not (flight.waiting or flight.over):
            del self.flights[flight.key]
            flight.started.cancel()
            flight.let_go()
