"""The control process: it owns the store, says what the workers run, and answers the admin port."""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from plait.control.acting import HERE, Acting, look_before
from plait.control.audit import Audit, Entry
from plait.control.bus import Bus
from plait.control.candidate import Surroundings
from plait.control.conductor import Conductor
from plait.control.current import kept
from plait.control.errors import StoreDown
from plait.control.files import Taken, digest
from plait.control.jobs import Jobs
from plait.control.known import Last
from plait.control.ledger import START, Ledger
from plait.control.line import LinePlant
from plait.control.marks import Mark
from plait.control.plant import WorkerState
from plait.control.revisions import Revision
from plait.control.settings import Settings
from plait.control.store.open import StateFolder, open_store, own
from plait.control.store.statements import State
from plait.control.token import admin_token
from plait.control.watch import Watch
from plait.errors import ConfigError, StartError
from plait.graph.spec import Server
from plait.graph.text import kind_of
from plait.server.frames import opened

if TYPE_CHECKING:
    from pathlib import Path

    from plait.control.api.terms import Desk
    from plait.control.outcome import Findings
    from plait.graph.load import Loaded

FOLLOW = 0.3
"""Seconds from look to look at a store that others share."""
REPORT = 5.0
"""Seconds after which a proxy says again that it is there."""
SILENT = timedelta(seconds=30)
"""After so long, one that says nothing is no more."""

_log = logging.getLogger("plait")


async def control(settings: Settings, ended: asyncio.Event) -> int:
    """Serve the admin port, and say what the workers run, until the line to the main process ends.

    Args:
        settings: What the process is told.
        ended: Is set when it shall end.

    Returns:
        The exit code.
    """
    bus = Bus()
    plant = LinePlant(lambda worker, state: _worker(bus, worker, state))

    def over() -> None:
        plant.end()
        ended.set()

    frames = await opened(settings.line, plant.heard, over)
    plant.begin(frames)
    try:
        folder, token, server = await asyncio.to_thread(_found, settings)
    except StartError as exc:
        frames.send("refused", exc.detail)
        return 1
    process = Process(settings, server, folder, plant, bus)
    try:
        if not await process.begin():
            frames.send("without")
        await process.run(token, ended)
    finally:
        await process.close()
        frames.close()
    return 0


def _found(settings: Settings) -> tuple[StateFolder, str, Server]:
    server = settings.server()
    folder = own(settings.state, os.getppid())
    try:
        return folder, admin_token(settings.environ, settings.state, loopback=settings.loopback), server
    except StartError:
        folder.close()
        raise


def _last(state: Path, proxy: str) -> Last | None:
    """What ran here last, in case the store has lost it since; who wrote it, and when, was only there."""
    current = kept(state)
    if current is None:
        return None
    now = datetime.now(UTC)
    newest = Revision(number=current.revision, created=now, author=START, reason="the store had lost it", data=current.data)
    marks = {name: Mark(name, START, "", now) for name in current.excluded}
    return Last(State(0, newest, marks), Taken(proxy, current.digest) if current.digest else None)


def _worker(bus: Bus, worker: int, state: WorkerState | None) -> None:
    if state is None:
        bus.publish("worker", worker=worker, up=False)
    else:
        facts = {"pid": state.pid, "revision": state.revision, "warnings": list(state.warnings), "error": state.error}
        bus.publish("worker", worker=worker, up=True, **facts)


class Process:
    """All parts of the control process.

    Args:
        settings: What it was told.
        server: What the file says of the server.
        folder: The state folder.
        plant: The workers here.
        bus: Where events are told.
    """

    def __init__(self, settings: Settings, server: Server, folder: StateFolder, plant: LinePlant, bus: Bus) -> None:
        self._settings = settings
        self._server = server
        self._folder = folder
        self._plant = plant
        self._bus = bus
        self._audit = Audit(settings.state)
        self._changes: dict[tuple[str, str], int] = {}
        self._store = open_store(server.store, settings.state)
        self._watch = None if settings.file is None else Watch(settings.file, self._take, self._file)
        self._acting = Acting(plant, bus, self._audit)
        self._jobs = Jobs()
        self._taken: str | None = None
        self._conductor = Conductor(plant, bus, settings.state, lambda: self._taken, (self._acting.follow, self._jobs.follow))
        around = Surroundings(settings.environ, settings.folder, settings.source)
        last = _last(settings.state, folder.proxy)
        self._ledger = Ledger(self._store, around, folder.proxy, before=self._look, changed=self._conductor.changed, last=last)
        self._acting.ledger = self._ledger

    async def begin(self) -> bool:
        """Find out what is active, have the file speak, and hand that on; whether there is anything."""
        try:
            await self._ledger.open()
            await self._speak()
        except StoreDown as exc:
            _log.error("%s; what ran last is served, and it is tried again", exc.detail)
        return await self._conductor.begin()

    async def run(self, token: str, ended: asyncio.Event) -> None:
        """Do all there is to do, until the end is told."""
        from plait.control.web import serve  # noqa: PLC0415 - the first plan does not wait for it

        acting = self._acting
        works = (
            self._ledger.follow(FOLLOW),
            acting.guard.run(),
            acting.keep_versions(),
            self._keep_telling(),
            self._keep_speaking(),
        )
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            await serve(self.desk(token), self._settings.listener, ended)
            for task in tasks:
                task.cancel()

    def desk(self, token: str) -> Desk:
        """Who is asked by the admin port's routes."""
        from plait.control.api.terms import Desk, Known, Terms, own_hosts  # noqa: PLC0415 - as above

        acting, settings = self._acting, self._settings
        hosts = own_hosts(settings.address)
        terms = Terms(
            token,
            hosts=hosts and hosts | {self._server.admin_host},
            open_metrics=self._server.open_metrics,
            proxy=self._folder.proxy,
            drain=self._server.limits.drain_timeout,
        )
        known = Known(
            file=lambda: self._watch.facts if self._watch else None,
            store=self._store_facts,
            proxies=self._others,
            versions=lambda: acting.versions,
            accuracy=acting.feedback.facts,
            rollout=acting.guard.facts,
            feedback=acting.feedback.record,
            changes=self._changes,
        )
        return Desk(self._ledger, self._plant, self._bus, self._audit, terms, known, jobs=self._jobs)

    async def close(self) -> None:
        """Bring what was begun to its end."""
        if self._store.shared:
            try:
                await self._store.forget(self._folder.proxy)
            except StoreDown as exc:
                _log.debug("the store is not told that this proxy ends: %s", exc.detail)
        await self._ledger.close()
        await self._jobs.close()
        self._audit.close()
        self._folder.close()

    async def _look(self, candidate: Loaded, running: Loaded | None) -> Findings:
        return await look_before(candidate, running, len(self._plant.workers()))

    # The file, or the environment.

    async def _speak(self) -> None:
        if self._watch is not None:
            await self._watch.look()
            return
        try:
            await self._ledger.take_services()
        except StartError as exc:
            _log.error(exc.detail)

    async def _keep_speaking(self) -> None:
        """Watch the file; without one, have the environment speak as soon as the store lets it."""
        if self._watch is not None:
            await self._watch.run()
        while True:
            try:
                await self._speak()
            except StoreDown:
                await asyncio.sleep(1.0)
            else:
                return

    async def _take(self, text: bytes) -> None:
        file = self._settings.file
        if file is None:
            return
        outcome = await self._ledger.take_file(text, kind_of(file), str(file))
        self._taken = digest(text)
        await self._conductor.remember()
        if outcome and outcome.changed:
            self._audit.write(Entry(HERE, "file", "file", str(file), "done", revision=outcome.revision))
        for warning in outcome.warnings if outcome else ():
            _log.warning(warning)

    def _file(self, facts: dict[str, Any]) -> None:
        self._bus.publish("file", **facts)
        outcome = {"active": "accepted", "invalid": "refused"}.get(facts["state"])
        if outcome == "refused":
            self._audit.write(Entry(HERE, "file", "file", facts["path"], ConfigError.code))
        if outcome:
            self._changes["file", outcome] = self._changes.get(("file", outcome), 0) + 1

    # The store, and the others that share it.

    def _store_facts(self) -> dict[str, Any]:
        failure = self._store.failure
        return {"ok": not failure, "kind": "postgresql" if self._store.shared else "sqlite", "error": failure or None}

    async def _keep_telling(self) -> None:
        """Tell of the store when it goes and comes back; tell the others that share it what runs here."""
        told: object = None
        at, down, now = 0.0, "", asyncio.get_running_loop().time
        while True:
            if self._store.failure != down:
                down = self._store.failure
                self._bus.publish("store", ok=not down, error=down or None)
            runs = [state.facts(self._folder.proxy) for state in self._plant.workers()]
            if self._store.shared and (runs != told or now() - at >= REPORT):
                try:
                    await self._store.report(self._folder.proxy, runs, datetime.now(UTC))
                    told, at = runs, now()
                except StoreDown as exc:
                    _log.debug("the store is not told what runs here: %s", exc.detail)
            await asyncio.sleep(FOLLOW)

    async def _others(self) -> list[dict[str, Any]]:
        """What the workers of the others that share the store run, as those have said last."""
        if not self._store.shared:
            return []
        try:
            proxies = await self._store.proxies()
        except StoreDown:
            return []
        others = (each for each in proxies if each.id != self._folder.proxy)
        alive = (each for each in others if each.seen and datetime.now(UTC) - each.seen < SILENT)
        return [worker for proxy in alive for worker in proxy.runs or ()]
