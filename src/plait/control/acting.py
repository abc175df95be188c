"""What plait does by itself: take back what is worse, exclude who is wrong too often, ask which versions run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plait.control.audit import Audit, Entry
from plait.control.feedback import Feedback
from plait.control.outcome import Desired, Findings
from plait.control.rollout import Guard, Watched
from plait.control.versions import differences, versions
from plait.control.waits import store_waits, waits
from plait.graph.load import Loaded

if TYPE_CHECKING:
    from plait.control.bus import Bus
    from plait.control.ledger import Ledger
    from plait.control.outcome import Outcome
    from plait.control.plant import Plant

VERSIONS = 60.0
"""Seconds from look to look at which versions run."""
HERE = "here"
"""Who asks, in the audit log, where nobody does."""


class Acting:
    """Follows what is desired, and acts on it through the ledger.

    Args:
        plant: The workers here.
        bus: Where events are told.
        audit: Where what was done is written down.

    It has to be told its `ledger` before it is told of anything else.
    """

    def __init__(self, plant: Plant, bus: Bus, audit: Audit) -> None:
        self.ledger: Ledger
        self.guard = Guard(plant.snapshot, self._activate, self._watched, asyncio.get_running_loop().time)
        self.feedback = Feedback(self._answers, self._exclude, self._judged)
        self.versions: dict[str, Mapping[str, Any]] = {}
        self._plant = plant
        self._bus = bus
        self._audit = audit
        self._new = asyncio.Event()

    def follow(self, desired: Desired, before: Desired | None) -> None:
        """Something else is desired than before."""
        config, revision = desired.loaded.config, desired.revision
        if before is None or before.revision.number != revision.number:
            previous = before.revision.number if before else None
            self.guard.began(revision.number, previous, config.server.rollback, author=revision.author)
        self.feedback.use(config, desired.marks.keys())
        self._new.set()

    async def keep_versions(self) -> None:
        """Ask again and again which versions run, where the configuration names any; never returns."""
        while True:
            self._new.clear()
            found = await versions(self.ledger.config) if self._begun else {}
            self.versions = {name: each.facts() for name, each in found.items()}
            try:
                async with asyncio.timeout(VERSIONS):
                    await self._new.wait()
            except TimeoutError:
                continue

    @property
    def _begun(self) -> bool:
        """Whether anything is known to be desired."""
        return self.guard.watched.revision > 0

    async def _activate(self, number: int, /, *, author: str, reason: str, if_match: int) -> Outcome:
        outcome = await self.ledger.activate(number, author=author, reason=reason, if_match=if_match)
        self._audit.write(Entry(HERE, author, "rollback", f"/revisions/{number}", "done", 0, outcome.revision, reason))
        return outcome

    def _watched(self, watched: Watched) -> None:
        self._bus.publish("rollback" if watched.state == "taken back" else "rollout", **self.guard.facts())

    async def _exclude(self, name: str, /, *, author: str, reason: str) -> Outcome:
        outcome = await self.ledger.exclude(name, author=author, reason=reason)
        self._audit.write(Entry(HERE, author, "exclude", f"/predictors/{name}", "done", 0, outcome.revision, reason))
        return outcome

    def _judged(self, name: str, facts: dict[str, Any]) -> None:
        self._bus.publish("accuracy", predictor=name, **facts)

    async def _answers(self, request_id: str) -> Mapping[str, Any] | None:
        """What was answered to a request, by the worker that had it."""
        told = await self._plant.ask({"what": "answers", "request_id": request_id})
        return next((each["answers"] for each in told if each.get("answers") is not None), None)


async def look_before(candidate: Loaded, running: Loaded | None, workers: int) -> Findings:
    """Which versions run that are not what a configuration names, and what of it has to wait, before it becomes a revision."""
    before = running.config if running else None
    found = await differences(candidate.config, before)
    waiting = waits(candidate.config.server, before.server if before else None, workers)
    waiting = [*waiting, *store_waits(candidate.config.jobs, before.jobs if before else None)]
    return Findings(found.problems, [*waiting, *map(str, found.warnings)])
