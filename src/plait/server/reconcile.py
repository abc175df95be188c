"""Bring a worker to the newest plan: build beside the old, warm, swap one reference, report."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from plait.graph.plan import Plan, Planned, planned
from plait.server.app import App
from plait.server.generation import Generation, generation
from plait.server.running import Running, now
from plait.server.warm import PATIENCE, warm

if TYPE_CHECKING:
    from plait.server.lasting import Lasting
    from plait.upstream.upstream import Upstream

_log = logging.getLogger("plait")


class Reconciler:
    """Owns what a worker runs.

    Args:
        lasting: What the worker keeps from one generation to the next.
        ready: Whether new work is welcome.
        first: What it runs to begin with.
        running: The same, built.

    `install` is told each new handler.
    """

    def __init__(self, lasting: Lasting, ready: Callable[[], bool], first: Planned, running: Generation) -> None:
        self.lasting = lasting
        self._ready = ready
        self._planned = first
        self.generation = running
        self._next: Plan | None = None
        self._work: asyncio.Task[None] | None = None
        self.app = App(running, ready)
        self.running = Running(first.plan.revision, now(), excluded=first.plan.excluded)
        self.install: Callable[[App], None] = _nobody
        self._told: Callable[[Running], None] = _nobody

    @property
    def upstreams(self) -> Mapping[str, Upstream]:
        """Whom the graphs ask at present, by name."""
        return self.generation.upstreams

    def report(self, told: Callable[[Running], None]) -> None:
        """Tell somebody what runs, now and whenever that changes."""
        self._told = told
        told(self.running)

    def adopt(self, plan: Plan) -> None:
        """Run this from soon on; where several come at once, only the newest is built."""
        self._next = plan
        if self._work is None or self._work.done():
            self._work = self.lasting.tasks.background.start(self._go_on())

    async def _go_on(self) -> None:
        while (plan := self._next) is not None:
            self._next = None
            try:
                await self._bring(plan)
            except Exception as exc:  # noqa: BLE001 - whatever it is, the worker must go on with what it has
                _log.exception("revision %d cannot be run; revision %d goes on", plan.revision, self.running.revision)
                await self.lasting.upstreams.drop()
                self._tell(msgspec.structs.replace(self.running, error=f"{type(exc).__name__}: {exc}"))

    async def _bring(self, plan: Plan) -> None:
        importable(plan)
        said = planned(plan, self._planned)
        config, lasting = said.config, self.lasting
        built = await generation(config, plan.revision, lasting, self.generation, plan.folder)
        warnings: list[str] = []
        if new := lasting.upstreams.new:
            await asyncio.wait((lasting.tasks.background.start(lasting.upstreams.open()),), timeout=PATIENCE)
            warnings = await warm(config, new, lasting.clock)
        self._planned, self.generation, self.app = said, built, App(built, self._ready)
        self.install(self.app)
        await lasting.upstreams.swap()
        await lasting.change(config, plan.revision, plan.folder)
        lasting.tally.keep(list(config.graphs), list(config.predictors), list(config.sinks))
        for warning in warnings:
            _log.warning("revision %d: %s", plan.revision, warning)
        self._tell(Running(plan.revision, now(), tuple(warnings), excluded=plan.excluded))

    def _tell(self, running: Running) -> None:
        self.running = running
        self._told(running)


@asynccontextmanager
async def reconciling(plan: Plan, lasting: Lasting, ready: Callable[[], bool]) -> AsyncIterator[Reconciler]:
    """A worker's graphs, open until the end of the block; its predictors are met when requests come."""
    importable(plan)
    first = planned(plan)
    gc.disable()  # all of it stays: looking through it again and again takes a third of the time
    try:
        running = await generation(first.config, plan.revision, lasting, folder=plan.folder)
    finally:
        gc.enable()
    await lasting.upstreams.open()
    await lasting.upstreams.swap()
    await lasting.change(first.config, plan.revision, plan.folder)
    try:
        yield Reconciler(lasting, ready, first, running)
    finally:
        await lasting.close()


def importable(plan: Plan) -> None:
    """Have modules with functions of users found where the plan says."""
    if plan.code and plan.folder not in sys.path:
        sys.path.insert(0, plan.folder)


def _nobody(_: object) -> None:
    """Nobody wants to know yet."""
