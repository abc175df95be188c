"""What a predictor's calls may cost beyond their first attempts."""

from __future__ import annotations

from plait.upstream.defaults import BUDGET_LEAST, BUDGET_SECONDS, BUDGET_SHARE


class Budget:
    """Pays for retries, hedges and trial requests together, and never waits.

    In any ten seconds at most the larger of 10 and a tenth of the calls. The idea is Finagle's `RetryBudget`; its leaky
    bucket has become counts per second, so that what was not spent cannot be saved up.

    Args:
        now: The moment at which it begins.

    `turns` is the moment from which on `turn` must be called before `calls` is added to.
    """

    __slots__ = ("_calls", "_past", "_spent", "_turns", "calls", "spent", "turns")

    def __init__(self, now: float) -> None:
        self.calls = 0
        self.spent = 0
        self.turns = now + 1.0
        self._calls = 0
        self._spent = 0
        self._past: list[tuple[int, int]] = [(0, 0)] * (BUDGET_SECONDS - 1)
        self._turns = 0

    def call(self, now: float) -> None:
        """A call began; its first attempt is free."""
        if now >= self.turns:
            self.turn(now)
        self.calls += 1

    def take(self, now: float, share: float = 1.0) -> bool:
        """Whether one attempt more is paid for, from such a share of what may be spent."""
        if now >= self.turns:
            self.turn(now)
        if self.spent >= BUDGET_LEAST * share and self.spent + 1 > self.calls * BUDGET_SHARE * share:
            return False
        self.spent += 1
        return True

    def turn(self, now: float) -> None:
        """Seconds have ended: they join the past, and as many leave it."""
        passed = min(int(now - self.turns) + 1, BUDGET_SECONDS)
        for _ in range(passed):
            place = self._turns % (BUDGET_SECONDS - 1)
            calls, spent = self._past[place]
            self._past[place] = (self.calls - self._calls, self.spent - self._spent)
            self.calls -= calls
            self.spent -= spent
            self._calls, self._spent = self.calls, self.spent
            self._turns += 1
        self.turns = self.turns + passed if passed < BUDGET_SECONDS else now + 1.0
