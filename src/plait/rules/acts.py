"""How rules act in one worker: promises are tasks of it, matches are counted here or by whoever counts for all workers."""

from __future__ import annotations

import asyncio
import logging
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from plait.background import Background
from plait.rules.counting import Counting

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.clock import Clock
    from plait.jobs.records import Outgoing
    from plait.rules.acting import Match, Promising

SELDOM = 10.0
"""Seconds in which no more than one line is logged of one rule's failures."""
LARGEST = 10 << 20
"""Bytes of a message, until a configuration says how large a body may be."""
MOST = 10_000
"""Rules whose last line is known."""

_log = logging.getLogger("plait")


class Elsewhere(Protocol):
    """Whoever counts for all workers."""

    def count(self, match: Match) -> asyncio.Future[bool] | None:
        """Count a match; None if nobody can be asked."""
        ...


class Acts:
    """Where the rules of one worker act.

    Args:
        clock: The worker's clock.
        promising: Takes messages to sinks.
        saw: Counts what becomes of matches.

    `largest` is how many bytes a message may have; `elsewhere` counts for all workers, where there are several.
    """

    def __init__(self, clock: Clock, promising: Promising, saw: Callable[[str, str, str], None]) -> None:
        self.clock = clock
        self.largest = LARGEST
        self.saw = saw
        self.elsewhere: Elsewhere | None = None
        self._promises = Background()
        self._promising = promising
        self._counting = Counting(clock.now)
        self._logged: dict[tuple[str, str], float] = {}

    def promise(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Have a message taken to a sink, whoever waits for that."""
        return self._promises.start(self._promised(outgoing))

    async def drain(self, seconds: float) -> None:
        """What was promised has so many seconds to become durable."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds if math.isfinite(seconds) else None):
                await self._promises.idle()

    async def close(self) -> None:
        """Stop what is not durable yet."""
        await self._promises.close()

    async def _promised(self, outgoing: Outgoing) -> None:
        await self._promising.promise(outgoing)

    def count(self, match: Match) -> asyncio.Future[bool]:
        """Count a match; true if the rule is to act on it."""
        asked = None if self.elsewhere is None else self.elsewhere.count(match)
        return self.alone(match) if asked is None else asked

    def alone(self, match: Match) -> asyncio.Future[bool]:
        """Count it in this worker only."""
        decided: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        decided.set_result(self._counting(match))
        return decided

    def failed(self, graph: str, rule: str, why: str) -> None:
        """Say in the log, now and then, that a rule could not do what it says."""
        now, of = self.clock.now(), (graph, rule)
        if now < self._logged.get(of, float("-inf")) + SELDOM:
            return
        if len(self._logged) >= MOST:
            self._logged.clear()
        self._logged[of] = now
        _log.warning("rule %s of graph %s: %s", rule, graph, why)
