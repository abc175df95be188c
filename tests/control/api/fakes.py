"""A ledger in memory and workers that do as they are told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from plait.control.api.app import admin_app
from plait.control.api.terms import Desk, Known, Terms, own_hosts
from plait.control.audit import Audit
from plait.control.bus import Bus
from plait.control.candidate import Surroundings, candidate
from plait.control.difference import difference
from plait.control.errors import Stale, StoreDown
from plait.control.jobs import Jobs
from plait.control.marks import Mark
from plait.control.merge import Edit, whole
from plait.control.outcome import Outcome
from plait.control.plant import Snapshot, WorkerState
from plait.control.revisions import Data, Entry, Revision
from plait.errors import NotFound
from plait.graph.plan import Plan
from plait.graph.spec import Config
from plait.jobs.working import Place

TOKEN = "a-token-of-the-tests-only"  # noqa: S105 - it opens nothing else
AROUND = Surroundings({}, Path("/nowhere"))
NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)
FILE: Data = {
    "predictors": {
        "setosa": {"url": "http://127.0.0.1:8000", "headers": {"authorization": "Bearer swordfish"}},
        "virginica": {"url": "http://127.0.0.1:8001"},
        "spare": {"url": "http://127.0.0.1:8002"},
    },
    "graphs": {"predict": {"parallel": ["setosa", "virginica"]}, "one": "setosa"},
}


@dataclass
class MemoryLedger:
    revisions: list[Revision] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    down: bool = False
    unseen: list[Revision] = field(default_factory=list)
    config: Config = field(default_factory=Config)

    @property
    def active(self) -> Revision:
        self._up()
        return self.revisions[-1]

    async def propose(
        self, edit: Edit, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        self._up()
        old = self.revisions[-1].data if self.revisions else {}
        number = self.revisions[-1].number if self.revisions else 0
        if if_match not in (None, number):
            raise Stale(f"revision {number} is active")
        loaded = candidate(edit, old, False, list(self.marks), AROUND)  # noqa: FBT003 - it is told by name
        new = loaded.document.data
        created = edit.puts is not None and edit.puts[1] not in old.get(edit.puts[0], {})
        changes = difference(old, new)
        if dry_run or (old == new and self.revisions):
            return Outcome(number, created, difference=changes, dry_run=dry_run)
        self.config = loaded.config
        entry = Revision(number=number + 1, created=NOW, author=author, reason=reason, difference=changes, data=new)
        self.revisions.append(entry)
        return Outcome(number + 1, created, difference=changes)

    async def exclude(
        self, name: str, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        self._up()
        if not dry_run:
            self.marks = {**self.marks, name: Mark(name, author, reason, NOW)}
        return Outcome(self.active.number, dry_run=dry_run)

    async def include(
        self, name: str, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        self._up()
        if not dry_run:
            self.marks = {key: mark for key, mark in self.marks.items() if key != name}
        return Outcome(self.active.number, dry_run=dry_run)

    async def activate(
        self, number: int, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        found = await self.revision(number)
        return await self.propose(whole(found.data), author=author, reason=reason, if_match=if_match, dry_run=dry_run)

    async def look(self) -> bool:
        """Whether others that share the store have made a revision."""
        self._up()
        news, self.unseen = self.unseen, []
        self.revisions += news
        return bool(news)

    async def history(self, before: int | None, limit: int) -> list[Entry]:
        self._up()
        found = [entry for entry in reversed(self.revisions) if before is None or entry.number < before]
        return [*found[:limit]]

    async def revision(self, number: int) -> Revision:
        self._up()
        if not 0 < number <= len(self.revisions):
            raise NotFound("there is no revision of that number")
        return self.revisions[number - 1]

    def _up(self) -> None:
        if self.down:
            raise StoreDown("the store does not answer")


@dataclass
class ToldPlant:
    """Workers that run each plan at once, but for those that are late."""

    states: dict[int, WorkerState] = field(default_factory=dict)
    late: tuple[int, ...] = ()
    snapshots: list[list[Snapshot]] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)

    def run(self, plan: Plan) -> None:
        self.plans.append(plan)

    def workers(self) -> list[WorkerState]:
        return list(self.states.values())

    async def running(self, seconds: float) -> list[int]:
        return list(self.late)

    async def snapshot(self, seconds: float = 0.5) -> list[Snapshot]:
        if len(self.snapshots) > 1:
            return self.snapshots.pop(0)
        return self.snapshots[0] if self.snapshots else []

    async def ask(self, question: dict[str, Any], seconds: float = 0.5) -> list[Snapshot]:
        return []


@dataclass
class Admin:
    """An admin API over fakes, and a client of it."""

    app: FastAPI
    ledger: MemoryLedger
    plant: ToldPlant
    bus: Bus
    desk: Desk
    state: Path

    def client(self, token: str | None = TOKEN, **headers: str) -> httpx2.AsyncClient:
        given = {**({"Authorization": f"Bearer {token}"} if token else {}), **headers}
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:9001", headers=given)

    @property
    def audited(self) -> list[dict[str, Any]]:
        path = self.state / "audit.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@asynccontextmanager
async def admin(
    state: Path,
    file: Data | None = None,
    known: Known | None = None,
    ledger: MemoryLedger | None = None,
    place: Place | None = None,
    **terms: Any,
) -> AsyncIterator[Admin]:
    ledger, plant, bus, audit = ledger or MemoryLedger(), ToldPlant(), Bus(), Audit(state)
    await ledger.propose(whole(FILE if file is None else file), author="file")
    said: Mapping[str, Any] = {"hosts": own_hosts("127.0.0.1"), "beat": 0.05, "drain": 1.0, **terms}
    desk = Desk(ledger, plant, bus, audit, Terms(TOKEN, **said), known or Known(), jobs=Jobs(place))
    try:
        yield Admin(admin_app(desk), ledger, plant, bus, desk, state)
    finally:
        bus.close()
        audit.close()
