"""The workers of this machine, as the control process sees them through the main one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from plait.server.questions import answer
from plait.server.running import Running

if TYPE_CHECKING:
    from plait.graph.plan import Plan
    from plait.server.member import Member
    from plait.server.serve import Worker
    from plait.server.workers import Workers

Report = Callable[[str, dict[str, Any]], None]
"""Takes what has happened, `running` or `gone`, and of whom."""

_log = logging.getLogger("plait")


class Crew(Protocol):
    """All workers of one plait."""

    def report(self, told: Report) -> None:
        """Tell somebody what each worker runs, now and whenever that changes."""

    def adopt(self, plan: Plan) -> None:
        """Have them run another plan."""

    async def ask(self, question: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
        """What each of them answers within so many seconds."""
        ...


class Alone:
    """The only worker, which is this process.

    Args:
        worker: It.
        server: What its plan says of the server itself.
    """

    def __init__(self, worker: Worker, server: msgspec.Raw) -> None:
        self._worker = worker
        self._server = server

    def report(self, told: Report) -> None:
        """As a crew does."""
        if self._worker.reconciler is not None:
            self._worker.reconciler.report(lambda running: told("running", _facts(1, os.getpid(), running)))

    def adopt(self, plan: Plan) -> None:
        """As a crew does; what it says of the server itself has to wait."""
        if plan.server != self._server:
            self._server = plan.server
            _log.warning("revision %d: what it says of `server` takes effect when plait is started again", plan.revision)
        if self._worker.reconciler is not None:
            self._worker.reconciler.adopt(plan)

    async def ask(self, question: dict[str, Any], seconds: float) -> list[dict[str, Any]]:  # noqa: ARG002 - it answers at once
        """As a crew does."""
        return [{**answer(self._worker, question), "worker": 1}]


class Together:
    """Several workers, which this process looks after.

    Args:
        workers: Who keeps them.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def report(self, told: Report) -> None:
        """As a crew does."""

        def tell(kind: str, member: Member) -> None:
            if member.number is not None and member.running is not None:
                told(kind, _facts(member.number, member.pid, member.running))

        self._workers.tell(lambda member: tell("running", member), lambda member: tell("gone", member))

    def adopt(self, plan: Plan) -> None:
        """As a crew does."""
        self._workers.adopt(plan)

    async def ask(self, question: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
        """As a crew does."""
        return await self._workers.ask(question, seconds)


def _facts(number: int, pid: int, running: Running) -> dict[str, Any]:
    return {"worker": number, "pid": pid, **msgspec.structs.asdict(running)}
