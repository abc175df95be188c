"""The main process's end of the control process: started, kept alive, its plans handed on, its questions asked."""

from __future__ import annotations

import asyncio
import logging
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from plait.background import Background
from plait.errors import StartError
from plait.graph.plan import Plan
from plait.server.frames import Frame, Frames, opened, read
from plait.server.launch import Control, Launch

if TYPE_CHECKING:
    from plait.server.crew import Crew

Stewarding = Callable[["Crew"], "Steward"]
"""Makes the steward of a crew."""

FIRST_PLAN = 10.0
"""Seconds that the first plan may take, until what is known without it is served."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds until a control process that has ended is started again: twice as many each time, up to these."""
STEADY = 10.0
"""Seconds after which one has not failed to start."""
ANSWERS = 0.5
"""Seconds that workers have to answer a question."""
LEAVE = 5.0
"""Seconds that it has to end by itself, once its line has."""

_log = logging.getLogger("plait")


def first_plan(control: Control) -> Plan | None:
    """The plan that a control process that has just been started sends; None if it has none, or sends none in time.

    Raises:
        StartError: If it says that plait cannot be started so.
    """
    frame = read(control.line, FIRST_PLAN)
    if frame is not None and frame.kind == "refused":
        raise StartError(frame.read(str))
    return frame.read(Plan) if frame is not None and frame.kind == "plan" else None


class Steward:
    """Joins a control process and the workers, for as long as `keep` runs.

    Args:
        launch: How the process is started again.
        control: The one that runs already.
        crew: The workers.
    """

    def __init__(self, launch: Launch, control: Control, crew: Crew) -> None:
        self._launch = launch
        self._control = control
        self._crew = crew
        self._frames: Frames | None = None
        self._answering = Background()
        self._states: dict[int, tuple[str, dict[str, Any]]] = {}

    async def keep(self) -> None:
        """Hand on plans and questions, and start the process again whenever it has ended; never returns."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        self._crew.report(self._report)
        try:
            while True:
                began = loop.time()
                await self._serve()
                code = await self._ended()
                pause = FIRST_PAUSE if loop.time() - began >= STEADY else pause
                _log.error(
                    "the control process has ended with exit code %d; requests are served, it starts again in %g s", code, pause
                )
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                await self._start()
        finally:
            await self._close()

    def _report(self, kind: str, facts: dict[str, Any]) -> None:
        if kind == "gone":
            self._states.pop(facts["pid"], None)
        else:
            self._states[facts["pid"]] = (kind, facts)
        if self._frames is not None:
            self._frames.send(kind, facts)

    async def _serve(self) -> None:
        over = asyncio.Event()
        self._frames = frames = await opened(self._control.line, self._heard, over.set)
        for kind, facts in tuple(self._states.values()):
            frames.send(kind, facts)
        try:
            await over.wait()
        finally:
            self._frames = None
            frames.close()

    def _heard(self, frame: Frame) -> None:
        if frame.kind == "plan":
            self._crew.adopt(frame.read(Plan))
        elif frame.kind == "ask":
            self._answering.start(self._answer(frame))

    async def _answer(self, frame: Frame) -> None:
        told = await self._crew.ask(frame.read(dict), ANSWERS)
        if self._frames is not None:
            self._frames.send("told", told, frame.number)

    async def _start(self) -> None:
        while True:
            try:
                self._control = self._launch.start()
            except StartError as exc:
                _log.error("%s; it is tried again in %g s", exc.detail, LONGEST_PAUSE)
                await asyncio.sleep(LONGEST_PAUSE)
            else:
                return

    async def _ended(self) -> int:
        """Wait until the process has ended, and make it, if need be; its exit code."""
        process = self._control.process
        try:
            return await asyncio.to_thread(process.wait, LEAVE)
        except subprocess.TimeoutExpired:
            process.kill()
            return await asyncio.to_thread(process.wait)

    async def _close(self) -> None:
        await self._answering.close()
        if self._frames is not None:
            self._frames.close()
        else:
            self._control.line.close()
        await self._ended()


@asynccontextmanager
async def stewarded(stewarding: Stewarding | None, crew: Crew) -> AsyncIterator[None]:
    """Have a crew's control process kept until the end of the block, if there is one."""
    if stewarding is None:
        yield
        return
    keeping = asyncio.get_running_loop().create_task(stewarding(crew).keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.wait((keeping,))
