"""Whatever is desired from now on: handed to the workers, kept for a start without the store, told to those who act on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from plait.control.current import Current, keep

if TYPE_CHECKING:
    from pathlib import Path

    from plait.control.bus import Bus
    from plait.control.marks import Marks
    from plait.control.outcome import Desired
    from plait.control.plant import Plant

_log = logging.getLogger("plait")


class Follower(Protocol):
    """Acts on what is desired."""

    def __call__(self, desired: Desired, before: Desired | None, /) -> None:
        """Something else is desired than before."""


class Conductor:
    """Hands on what the ledger says, once it may begin.

    Args:
        plant: The workers here.
        bus: Where events are told.
        state: The state folder.
        digest: That of the file that was taken in last.
        followers: Who else acts on it.
    """

    def __init__(
        self, plant: Plant, bus: Bus, state: Path, digest: Callable[[], str | None], followers: Sequence[Follower] = ()
    ) -> None:
        self._plant = plant
        self._bus = bus
        self._state = state
        self._digest = digest
        self._followers = followers
        self._begun = False
        self._desired: Desired | None = None
        self._handed: Desired | None = None
        self._unkept = False

    async def changed(self, desired: Desired) -> None:
        """Something else is desired from now on."""
        self._desired = desired
        if self._begun:
            await self._hand_over()

    async def begin(self) -> bool:
        """Hand on what is desired by now, and all that comes; whether there was anything."""
        self._begun = True
        if self._desired is None:
            return False
        await self._hand_over()
        return True

    async def remember(self) -> None:
        """Keep what runs, with the file that is the newest now."""
        if self._handed is not None:
            await self._keep(self._handed)

    async def _hand_over(self) -> None:
        desired, before = self._desired, self._handed
        if desired is None:
            return
        self._handed = desired
        self._plant.run(await asyncio.to_thread(lambda: desired.plan))
        self._tell(desired, before)
        for follower in self._followers:
            follower(desired, before)
        await self._keep(desired)

    async def _keep(self, desired: Desired) -> None:
        current = Current(desired.revision.number, desired.revision.data, sorted(desired.marks), self._digest())
        try:
            await asyncio.to_thread(keep, self._state, current)
        except OSError as exc:
            if not self._unkept:
                _log.warning("what runs cannot be kept in %s: %s", self._state, (exc.strerror or str(exc)).lower())
            self._unkept = True
        else:
            self._unkept = False

    def _tell(self, desired: Desired, before: Desired | None) -> None:
        revision = desired.revision
        if before is None or before.revision.number != revision.number:
            facts: dict[str, Any] = {"revision": revision.number, "author": revision.author, "reason": revision.reason}
            self._bus.publish("revision", **facts)
            why = f": {revision.reason}" if revision.reason else ""
            _log.info("revision %d is active, by %s%s", revision.number, revision.author, why)
        old: Marks = before.marks if before else {}
        for name, mark in desired.marks.items():
            if name not in old:
                self._bus.publish("excluded", predictor=name, author=mark.author, reason=mark.reason)
        for name in old.keys() - desired.marks.keys():
            self._bus.publish("included", predictor=name)
