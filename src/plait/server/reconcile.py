"""Bring a worker to the newest plan: build beside the old, warm, swap one reference, report."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from plait.graph.plan import Plan, Planned, planned
from plait.server.app import App
from plait.server.generation import Generation, generation
from plait.server.warm import PATIENCE, warm

if TYPE_CHECKING:
    from plait.server.lasting import Lasting

_log = logging.getLogger("plait")


class Running(msgspec.Struct, frozen=True):
    """What a worker runs.

    Args:
        revision: The number of its configuration.
        since: When it began to, in RFC 3339.
        warnings: What went wrong while predictors were warmed.
        error: Why it does not run a newer one that it was told to, if so.
    """

    revision: int
    since: str
    warnings: tuple[str, ...] = ()
    error: str | None = None


class Reconciler:
    """Owns what a worker runs.

    Args:
        lasting: What the worker keeps from one generation to the next.
        ready: Whether new work is welcome.
        first: What it runs to begin with.

    `install` is told each new handler, `told` what runs since; whoever wants to know sets them.
    """

    def __init__(self, lasting: Lasting, ready: Callable[[], bool], first: Planned, running: Generation) -> None:
        self._lasting = lasting
        self._ready = ready
        self._planned = first
        self._generation = running
        self._next: Plan | None = None
        self._work: asyncio.Task[None] | None = None
        self.app = App(running, ready)
        self.running = Running(first.plan.revision, _now())
        self.install: Callable[[App], None] = _nobody
        self.told: Callable[[Running], None] = _nobody

    def adopt(self, plan: Plan) -> None:
        """Run this from soon on; where several come at once, only the newest is built."""
        self._next = plan
        if self._work is None or self._work.done():
            self._work = self._lasting.tasks.background.start(self._go_on())

    async def _go_on(self) -> None:
        while (plan := self._next) is not None:
            self._next = None
            try:
                await self._bring(plan)
            except Exception as exc:  # noqa: BLE001 - whatever it is, the worker must go on with what it has
                _log.exception("revision %d cannot be run; revision %d goes on", plan.revision, self.running.revision)
                await self._lasting.upstreams.drop()
                self._tell(msgspec.structs.replace(self.running, error=f"{type(exc).__name__}: {exc}"))

    async def _bring(self, plan: Plan) -> None:
        importable(plan)
        now = planned(plan, self._planned)
        lasting = self._lasting
        built = await generation(now.config, plan.revision, lasting, self._generation)
        warnings: list[str] = []
        if new := lasting.upstreams.new:
            await asyncio.wait((lasting.tasks.background.start(lasting.upstreams.open()),), timeout=PATIENCE)
            warnings = await warm(now.config, new, lasting.clock)
        self._planned, self._generation, self.app = now, built, App(built, self._ready)
        self.install(self.app)
        await lasting.upstreams.swap()
        lasting.tally.keep(list(now.config.graphs), list(now.config.predictors))
        for warning in warnings:
            _log.warning("revision %d: %s", plan.revision, warning)
        self._tell(Running(plan.revision, _now(), tuple(warnings)))

    def _tell(self, running: Running) -> None:
        self.running = running
        self.told(running)


@asynccontextmanager
async def reconciling(plan: Plan, lasting: Lasting, ready: Callable[[], bool]) -> AsyncIterator[Reconciler]:
    """A worker's graphs, open until the end of the block; its predictors are met when requests come."""
    importable(plan)
    first = planned(plan)
    running = await generation(first.config, plan.revision, lasting)
    await lasting.upstreams.open()
    await lasting.upstreams.swap()
    try:
        yield Reconciler(lasting, ready, first, running)
    finally:
        await lasting.close()


def importable(plan: Plan) -> None:
    """Have modules with functions of users found where the plan says."""
    if plan.code and plan.folder not in sys.path:
        sys.path.insert(0, plan.folder)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _nobody(_: object) -> None:
    """Nobody wants to know yet."""
