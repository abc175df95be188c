"""The workers on this machine, through the main process and the line to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec

from plait.control.plant import ANSWERS, Snapshot, WorkerState
from plait.graph.plan import Plan
from plait.server.frames import Frame, Frames

NOBODY = 0
"""In place of a worker's number, where there is none at all yet."""
SLACK = 0.5
"""Seconds that answers may take from the main process to here."""


class LinePlant:
    """A plant at the other end of a line.

    Args:
        told: Is called with each worker's news, and with None in place of a state when it has gone.
    """

    def __init__(self, told: Callable[[int, WorkerState | None], None]) -> None:
        self._told = told
        self._frames: Frames | None = None
        self._plan: Plan | None = None
        self._states: dict[int, WorkerState] = {}
        self._news = asyncio.Event()
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[list[Snapshot]]] = {}
        self._over = False

    def begin(self, frames: Frames) -> None:
        """The line stands."""
        self._frames = frames

    def end(self) -> None:
        """The line has ended: nothing more will be heard, so nobody waits for it."""
        self._over = True
        self._news.set()

    def heard(self, frame: Frame) -> None:
        """The main process said something."""
        if frame.kind == "running":
            state = frame.read(WorkerState)
            self._states[state.pid] = state
            self._told(state.worker, state)
        elif frame.kind == "gone":
            gone = self._states.pop(frame.read(WorkerState).pid, None)
            if gone is not None:
                self._told(gone.worker, None)
        elif frame.kind == "told":
            asked = self._asked.get(frame.number)
            if asked is not None and not asked.done():
                asked.set_result(frame.read(list[dict[str, Any]]))  # type: ignore[arg-type] # JSON's own types
        self._news.set()

    def run(self, plan: Plan) -> None:
        """As of a plant."""
        self._plan = plan
        # What went wrong with an older plan is not held against this one.
        self._states = {pid: msgspec.structs.replace(state, error=None) for pid, state in self._states.items()}
        if self._frames is not None:
            self._frames.send("plan", plan)

    def workers(self) -> list[WorkerState]:
        """As of a plant; of two processes with one number, the newer one."""
        newest = {state.worker: state for state in self._states.values()}
        return [newest[number] for number in sorted(newest)]

    async def running(self, seconds: float) -> list[int]:
        """As of a plant."""
        plan = self._plan
        deadline = asyncio.get_running_loop().time() + seconds
        while (late := self._late(plan)) and not self._over and not self._failed(late):
            self._news.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._news.wait()
            except TimeoutError:
                return late
        return late

    def _failed(self, late: list[int]) -> bool:
        """Whether there is nothing to wait for: all that do not run it have said that they cannot."""
        return all(state.error for state in self.workers() if state.worker in late) and late != [NOBODY]

    def _late(self, plan: Plan | None) -> list[int]:
        states = self.workers()
        return [state.worker for state in states if plan and not state.runs(plan)] if states else [NOBODY]

    async def snapshot(self, seconds: float = ANSWERS) -> list[Snapshot]:
        """As of a plant."""
        return [told for told in await self.ask({"what": "snapshot"}, seconds) if "worker" in told and "predictors" in told]

    async def ask(self, question: dict[str, Any], seconds: float = ANSWERS, slack: float = SLACK) -> list[Snapshot]:
        """As of a plant.

        Args:
            question: It.
            seconds: How long workers have for it.
            slack: How long the answers may take from the main process to here.
        """
        if self._frames is None:
            return []
        number = next(self._numbers)
        asked: asyncio.Future[list[Snapshot]] = asyncio.get_running_loop().create_future()
        self._asked[number] = asked
        self._frames.send("ask", question, number)
        try:
            async with asyncio.timeout(seconds + slack):
                return await asked
        except TimeoutError:
            return []
        finally:
            del self._asked[number]
