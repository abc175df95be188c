"""What the control process sees of the workers on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from plait.graph.plan import Plan

Snapshot = Mapping[str, Any]
ANSWERS = 0.5
"""Seconds that workers have to answer a question."""


class WorkerState(msgspec.Struct, frozen=True):
    """What a worker said last.

    Args:
        worker: Which of them it is.
        pid: Its process.
        revision: What it runs.
        since: Since when, in RFC 3339.
        warnings: What went wrong while predictors were warmed.
        error: Why it does not run a newer one, if so.
        excluded: The predictors that are taken out there.
    """

    worker: int
    pid: int
    revision: int
    since: str
    warnings: tuple[str, ...] = ()
    error: str | None = None
    excluded: tuple[str, ...] = ()

    def facts(self, proxy: str) -> dict[str, Any]:
        """What is told of it, as JSON.

        Args:
            proxy: The plait whose worker it is, among those that share a store.
        """
        return {
            "proxy": proxy,
            "worker": self.worker,
            "pid": self.pid,
            "running": self.revision,
            "since": self.since,
            "warnings": list(self.warnings),
            "error": self.error,
        }

    def runs(self, plan: Plan) -> bool:
        """Whether it has come to a plan, or past it."""
        return self.revision > plan.revision or (self.revision == plan.revision and self.excluded == plan.excluded)


class Plant(Protocol):
    """The workers on this machine."""

    def run(self, plan: Plan) -> None:
        """Have them run a plan; returns at once."""

    def workers(self) -> list[WorkerState]:
        """What each of them said last."""
        ...

    async def running(self, seconds: float) -> list[int]:
        """Wait until all of them run the last plan, or time is up; the numbers of those that do not, 0 if there is none at all."""
        ...

    async def snapshot(self, seconds: float = ANSWERS) -> list[Snapshot]:
        """Counts and states of those that answer in time."""
        ...

    async def ask(self, question: dict[str, Any], seconds: float = ANSWERS) -> list[Snapshot]:
        """What each of those that answer in time says to a question."""
        ...
