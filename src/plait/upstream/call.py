"""One call of a predictor: attempt after attempt until one is answered, the deadline comes, or nobody waits any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.errors import Overloaded, PlaitError, Refused, TimedOut, Unreachable, UpstreamError, fault
from plait.spec.policies import CONNECT, TIMEOUT
from plait.upstream.again import made_again
from plait.upstream.copy import Later
from plait.upstream.silence import watch
from plait.upstream.verdict import heed, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.clock import Bucket
    from plait.http1.connection import Connection
    from plait.types import Header, Message, Run
    from plait.upstream.balance import Replica
    from plait.upstream.copy import Copy
    from plait.upstream.peer import Peer
    from plait.upstream.receiver import Receiver
    from plait.upstream.repeats import Repeats
    from plait.upstream.retry import Reason
    from plait.upstream.share import Permits
    from plait.upstream.upstream import Upstream


class Call:
    """What travels, who waits, and what is known of it so far.

    It is the exchange of its own attempts, one after the other; a second one beside it is a `Copy`. While an attempt of its own is
    in flight, `replica` is where, and `sent` the moment at which it began; `ended_at` is the moment of a good answer.

    Args:
        upstream: The predictor.
        repeats: How often it may be made.
        message: What is asked.
        run: For whom.
        deadline: On the run's clock.
        seconds: How long that is from now.
        receiver: Hears how it ended, unless it cancels before.
    """

    __slots__ = (
        "_due", "_moments", "_receiver", "_seconds", "attempts", "began", "code", "connection", "copy", "data",
        "deadline", "ended_at", "endpoint", "message", "outer", "permits", "repeats", "replica", "run", "sent", "tried", "upstream",
    )  # fmt: skip
    outer: float  # of jobs only: until when it may wait for its turn

    def __init__(
        self, upstream: Upstream, repeats: Repeats, message: Message, run: Run, deadline: float, seconds: float, receiver: Receiver
    ) -> None:
        self.upstream = upstream
        self.repeats = repeats
        self.message = message
        self.run = run
        self._due = run.clock.at(deadline, self)
        self._moments: tuple[tuple[Bucket, Later], ...] = ()
        self.deadline = deadline
        self._seconds = seconds
        self.permits: Permits = upstream.limit
        self._receiver: Receiver | None = receiver
        self.tried: tuple[Replica[Peer], ...] = ()
        self.copy: Copy | None = None
        self.began = self.sent = self.ended_at = 0.0
        self.attempts = 0
        self.data = b""
        self.code: int | None = None
        self.endpoint = ""
        self.connection: Connection | None = None
        self.replica: Replica[Peer] | None = None

    def refuse(self, why: str) -> None:
        """It is not begun: there are too many."""
        self._end(Overloaded(why))

    def cancel(self) -> None:
        """Nobody waits any more."""
        if self._receiver is None:
            return
        upstream = self.upstream
        waits = upstream.line.leave(self) or not self.attempts
        self._receiver = None
        self._due.pop(self, None)
        self._forget_moments()
        if not waits:
            self.drop(upstream.clock.now())
            self.permits.cut()
            upstream.permit()

    def expire(self) -> None:
        """The deadline has come."""
        if self._receiver is None:
            return
        if self.upstream.line.leave(self) or not self.attempts:
            self.overdue()
            return
        upstream, now = self.upstream, self.upstream.clock.now()
        seconds = now - self.sent
        if self.replica is not None and upstream.patient(seconds):
            self.permits.late(now, seconds)
        else:
            self.permits.cut()
        if self.repeats.hedged:
            upstream.hedge.saw(now, now - self.began)
        self.drop(now, blamed=True)
        self._fail(TimedOut(f"no answer in {self._seconds * 1000:.0f} ms"), TIMEOUT)

    def until(self, deadline: float, now: float) -> None:
        """Another deadline counts from now on."""
        self._due.pop(self, None)
        self._due = self.run.clock.at(deadline, self)
        self.deadline, self._seconds = deadline, deadline - now

    def overdue(self) -> None:
        """Its turn did not come in time."""
        self._end(TimedOut(f"its turn did not come in {self._seconds * 1000:.0f} ms"))

    # What the connection calls, and its copy.

    def answered(self, status: int, headers: Header, body: bytes) -> None:
        """An answer to its own attempt was read whole."""
        replica = self.replica
        if replica is None:
            return
        try:
            message = replica.endpoint.codec.decode(status, headers, body)
        except Exception as exc:  # noqa: BLE001 - a callback has nobody above it who would answer
            self.unfit(self, exc, status, headers)
        else:
            self.won(replica, message, status)

    def broke(self, error: PlaitError, *, stale: bool) -> None:
        """There was no answer to its own attempt."""
        self.lost(self, error, stale=stale)

    def unfit(self, attempt: Call | Copy, exc: Exception, status: int, headers: Header) -> None:
        """The answer to an attempt says nothing good."""
        if isinstance(exc, UpstreamError):
            heed(exc, headers)
            self.lost(attempt, exc, status)
        else:
            self.lost(attempt, fault(exc), status)

    def taken_over(self, copy: Copy) -> None:
        """Its copy was faster, and is its own attempt from now on."""
        own, self.copy = self.replica, None
        upstream, now = self.upstream, self.upstream.clock.now()
        upstream.limit.cut()
        if own is not None:
            own.endpoint.endpoint.drop(self)
            upstream.fleet.cut(own, now, now - self.sent)
        self.replica, self.sent = copy.replica, copy.sent
        if copy.replica is not None:
            self.endpoint = copy.replica.endpoint.shown

    def won(self, replica: Replica[Peer], message: Message, status: int) -> None:
        """Its own attempt was answered well, by this replica."""
        upstream = self.upstream
        self.ended_at = now = upstream.clock.now()
        seconds = now - self.sent
        self.replica = None
        self.code = status
        if upstream.fleet.sole is replica and not replica.health.rate:
            replica.in_flight -= 1
            latency = replica.latency
            latency.seconds = seconds
            latency.known = True  # it may not stay the only one
        else:
            upstream.fleet.good(replica, now, seconds)
        self.permits.ended(now, seconds)
        if self.repeats.hedged:
            upstream.hedge.saw(now, now - self.began)
            self.drop(now)
        # As in `_end`, which would cost another call.
        receiver, self._receiver = self._receiver, None
        self._due.pop(self, None)
        if self._moments:
            self._forget_moments()
        if upstream.line.waiting:
            upstream.permit()
        if receiver is not None:
            receiver.ended(self, message, None)

    def lost(self, attempt: Call | Copy, error: PlaitError, status: int | None = None, *, stale: bool = False) -> None:
        """An attempt has failed: so has the call, unless another one is in flight or may follow."""
        replica, attempt.replica, attempt.connection = attempt.replica, None, None
        if replica is None:
            return
        upstream, now = self.upstream, self.upstream.clock.now()
        seconds = now - attempt.sent
        self.endpoint = replica.endpoint.shown
        self.code = getattr(error, "answer_status", None) if status is None else status
        found = verdict(error, self.code)
        blamed = (found.bad and not stale) or (isinstance(error, TimedOut) and upstream.patient(seconds))
        judge = upstream.fleet.bad if blamed else upstream.fleet.cut
        judge(replica, now, seconds)
        if attempt is self.copy:
            self.copy = None
            upstream.limit.cut()
            upstream.permit()
        if isinstance(error, Refused):  # another replica would say the same
            self.drop(now)
        if self.replica is None and self.copy is None:
            if made_again(self, now, error, found, stale=stale):
                return
            if found.busy:
                self.permits.dropped()
            else:
                self.permits.cut()
            self._fail(error, found.reason)

    # How it goes on.

    def again(self) -> None:
        """Another attempt is due."""
        if self._receiver is not None:
            self.code = None
            self.upstream.again(self, self.upstream.clock.now())

    def attempt(self, now: float) -> None:
        """Send it, to a replica that was not tried if there is one; it has a permit."""
        upstream = self.upstream
        if self._receiver is None:  # left in the moment in which its turn came
            self.permits.cut()
            return
        replica = upstream.fleet.sole
        self.attempts += 1
        self.sent = now
        if replica is None:
            replica = upstream.fleet.pick(now, self.tried)
            if replica is None:
                self.permits.cut()
                self._fail(Unreachable(upstream.nobody), CONNECT)
                return
            self.tried += (replica,)
        else:
            replica.in_flight += 1
        self.replica = replica
        if self.repeats.timed:
            watch(self, now)
        peer = replica.endpoint
        self.endpoint = peer.shown
        self.data = peer.codec.encode(self.message, self.run, self.deadline - now)
        try:
            peer.endpoint.send(self)
        except UpstreamError as exc:
            self.lost(self, exc)

    def at(self, moment: float, then: Callable[[], None]) -> None:
        """Come back to it at a moment, if it has not ended by then."""
        later = Later(then)
        self._moments += ((self.upstream.clock.at(moment, later), later),)

    def drop(self, now: float, *, blamed: bool = False) -> None:
        """End every attempt that is in flight; `blamed` are those of which an answer was due by now."""
        upstream, copy = self.upstream, self.copy
        self.copy = None
        if copy is not None:
            upstream.limit.cut()
        for attempt in (self, copy):
            if attempt is not None and attempt.replica is not None:
                replica, attempt.replica = attempt.replica, None
                replica.endpoint.endpoint.drop(attempt)
                seconds = now - attempt.sent
                judge = upstream.fleet.bad if blamed and upstream.patient(seconds) else upstream.fleet.cut
                judge(replica, now, seconds)

    def _fail(self, error: PlaitError, reason: Reason | None) -> None:
        """It has failed, for good where it was decided here whether to ask again."""
        retry = self.repeats.retry
        error.final = error.final or self.attempts > 1 or (retry.attempts > 1 and reason in retry.on)
        self._end(error)

    def _end(self, error: PlaitError) -> None:
        """Tell whoever asked; its permit was given back."""
        receiver, upstream = self._receiver, self.upstream
        self._receiver = None
        self._due.pop(self, None)
        self._forget_moments()
        if upstream.line.waiting:
            upstream.permit()
        error.endpoint = self.endpoint
        if receiver is not None:
            receiver.ended(self, None, error)

    def _forget_moments(self) -> None:
        """They hold this call."""
        for bucket, later in self._moments:
            bucket.pop(later, None)
        self._moments = ()
