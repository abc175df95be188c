"""How the calls of a predictor, or those of one node, are repeated: what a file says, made ready."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plait.spec.policies import P95, TIMEOUT
from plait.upstream.retry import NEVER_SENT, REPEATABLE, Retry

if TYPE_CHECKING:
    from plait.spec.policies import HedgeSpec, RetrySpec


@dataclass(frozen=True, slots=True)
class Repeats:
    """What a call needs to know.

    Args:
        retry: How often it is made, and for what.
        twice: Whether a kept connection that closed without a byte is reason enough, once.
        shared: Whether each attempt has only its share of the time, so that one that is silent leaves some for another.
        hedged: Whether a slow call is sent a second time.
        after: After how many seconds; 0 is the live 95th percentile.
        timed: Whether there is anything to wait for besides the deadline.
    """

    retry: Retry
    twice: bool
    shared: bool
    hedged: bool
    after: float
    timed: bool

    @classmethod
    def of(cls, retry: RetrySpec | None, hedge: HedgeSpec | None, idempotent: bool | None) -> Repeats:  # noqa: FBT001 - three answers
        """From what the file says; all of it may be left out."""
        on = (REPEATABLE if idempotent else NEVER_SENT) if retry is None or retry.on is None else frozenset(retry.on)
        policy = Retry(on=on) if retry is None else Retry(retry.attempts, on)
        shared = TIMEOUT in on and policy.attempts > 1
        after = 0.0 if hedge is None or hedge.after == P95 else float(hedge.after)
        return cls(policy, idempotent is not False, shared, hedge is not None, after, shared or hedge is not None)

    def patient(self) -> Repeats:
        """The same without second copies."""
        return replace(self, hedged=False, timed=self.shared) if self.hedged else self
