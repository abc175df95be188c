"""Real `plait serve` processes for a measurement, and what can be seen of them from outside and inside."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

from processes import Program, running
from proof.client import Clients, post
from trouble import Trouble
from usage import memory, tree

ROOT = Path(__file__).parents[1]
START = 30.0
LOOK_AGAIN = 0.005
_READY = re.compile(r"plait serves .* on (http://\S+)$", re.MULTILINE)
_ADMIN = re.compile(r"the admin API is on (http://\S+)$", re.MULTILINE)
TOKEN = "a-token-for-proofs-only"

INSIDE = {"python": "proof.inside:state"}
"""A graph that tells what a worker holds."""


@dataclass(frozen=True, slots=True)
class Served:
    """A proxy that serves."""

    url: str
    process: Popen[bytes]
    log: Path
    admin: str = ""
    """Where its admin API is, if it has one."""

    @property
    def pid(self) -> int:
        return self.process.pid

    def workers(self) -> list[int]:
        """The processes below it with a listening socket beside the one to their parent; a spare has none."""
        return [pid for pid in tree(self.pid)[1:] if _sockets(pid) > 1]

    def descriptors(self) -> int:
        """Files and sockets that are open in the process."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def resident(self) -> float:
        """Megabytes of the process and all below it."""
        return memory(self.pid)["rss_mb"] or 0.0

    def printed(self) -> str:
        """What it has written to its log."""
        return self.log.read_text(errors="replace")

    async def says(self, pattern: str, times: int = 1) -> None:
        """Wait until the log has it so often.

        Raises:
            Trouble: If the process ends before.
            TimeoutError: If it is not there in half a minute.
        """
        async with asyncio.timeout(START):
            while len(re.findall(pattern, self.printed(), re.MULTILINE)) < times:
                if self.process.poll() is not None:
                    raise Trouble(f"plait has ended. It printed:\n{self.printed()[-2000:]}")
                await asyncio.sleep(LOOK_AGAIN)

    async def inside(self) -> dict[str, Any]:
        """What the worker says that it holds; its configuration has `INSIDE` as the graph `inside`."""
        async with Clients(self.url) as clients:
            answer = await clients.ask(post("/predict/inside"))
        if answer.status != 200:
            raise Trouble(f"the graph inside answers {answer.status}: {answer.body[:500]!r}")
        return dict(json.loads(answer.body))


@asynccontextmanager
async def serving(config: Mapping[str, Any], folder: Path, name: str = "plait", *, admin: bool = False) -> AsyncIterator[Served]:
    """A proxy of a configuration, from here to the end of the block; with `admin`, it can be changed meanwhile.

    Raises:
        Trouble: If it does not start.
    """
    file = folder / f"{name}.json"
    file.write_text(json.dumps(config))
    log = folder / f"{name}.log"
    log.unlink(missing_ok=True)  # that of one before
    command = (sys.executable, "-m", "plait", "serve", str(file), "--port", "0", "--admin-port", "0" if admin else "off")
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    environ = {"PYTHONPATH": path, "PLAIT_ADMIN_TOKEN": TOKEN}
    async with process(Program(name, command, 0, environ), folder) as started:
        served = Served("", started, log)
        await served.says(_READY.pattern)
        ready, api = _READY.search(served.printed()), _ADMIN.search(served.printed())
        yield Served(ready[1] if ready else "", started, log, api[1] if api else "")


@asynccontextmanager
async def process(program: Program, folder: Path) -> AsyncIterator[Popen[bytes]]:
    """A process, from here to the end of the block; the loop goes on while it starts and ends."""
    context = running(program, folder)
    started = await asyncio.to_thread(context.__enter__)
    try:
        yield started
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


def _sockets(pid: int) -> int:
    try:
        return sum(str(each.readlink()).startswith("socket:") for each in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it has ended
        return 0
