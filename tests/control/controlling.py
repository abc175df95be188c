"""A control process in the loop of a test, and the main process at the other end of its line."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import httpx2

from plait.control.process import control
from plait.control.settings import Settings
from plait.graph.plan import Plan
from plait.server.frames import Frame, Frames, opened

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - it opens nothing else
ENVIRON = {"PLAIT_ADMIN_TOKEN": TOKEN}
FILE = """\
predictors: {a: {url: "http://127.0.0.1:1"}, b: {url: "http://127.0.0.1:2"}}
graphs: {predict: {parallel: [a, b], require: any}}
"""
PATIENCE = 20.0


class Main:
    """The main process, with one worker that runs each plan as soon as it hears of it."""

    def __init__(self, running: asyncio.Task[int], port: int) -> None:
        self.running = running
        self.port = port
        self.heard: asyncio.Queue[Frame] = asyncio.Queue()
        self.frames: Frames

    def hears(self, frame: Frame) -> None:
        self.heard.put_nowait(frame)
        if frame.kind == "plan":
            plan = frame.read(Plan)
            facts = {"worker": 1, "pid": 1, "revision": plan.revision, "since": "2026-12-01T02:00:00Z", "excluded": plan.excluded}
            self.frames.send("running", facts)
        elif frame.kind == "ask":
            self.frames.send("told", [{"worker": 1, "pid": 1, "rss": 1, "graphs": {}, "predictors": {}}], frame.number)

    async def next(self, kind: str) -> Frame:
        async with asyncio.timeout(PATIENCE):
            while (frame := await self.heard.get()).kind != kind:
                pass
        return frame

    async def plan(self) -> Plan:
        return (await self.next("plan")).read(Plan)

    def client(self) -> httpx2.AsyncClient:
        url = f"http://127.0.0.1:{self.port}"
        return httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE)


@asynccontextmanager
async def started(
    state: Path, file: Path | None, environ: dict[str, str] | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Main]:
    ours, theirs = socket.socketpair()
    listener = socket.create_server((host, 0))
    settings = Settings(state, file, ENVIRON if environ is None else environ, theirs, listener)
    ended = asyncio.Event()
    main = Main(asyncio.create_task(control(settings, ended)), listener.getsockname()[1])
    main.frames = await opened(ours, main.hears, lambda: None)
    try:
        yield main
    finally:
        main.frames.close()
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait((main.running,))
        listener.close()
        theirs.close()


_T = TypeVar("_T")


async def until(look: Callable[[], Awaitable[_T]], is_good: Callable[[_T], bool]) -> _T:
    """Look again and again at what other processes do, until it is good."""
    async with asyncio.timeout(PATIENCE):
        while not is_good(found := await look()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)
        return found
