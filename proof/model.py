"""A predictor as a process of its own, which can be stopped and killed: `python -m proof.model`."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from plait.testing import RawServer
from plait.testing.server import ok
from processes import Program
from proof.serving import LOOK_AGAIN, ROOT, START, process
from trouble import Trouble

_READY = re.compile(r"^model on (\S+)$", re.MULTILINE)


@asynccontextmanager
async def stoppable(folder: Path) -> AsyncIterator[tuple[str, int]]:
    """The URL and process id of a predictor that answers at once."""
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    program = Program("model", (sys.executable, "-m", "proof.model"), 0, {"PYTHONPATH": path})
    async with process(program, folder) as started:
        async with asyncio.timeout(START):
            while (found := _READY.search((folder / "model.log").read_text())) is None:
                if started.poll() is not None:
                    raise Trouble(f"the predictor has ended: {(folder / 'model.log').read_text()}")
                await asyncio.sleep(LOOK_AGAIN)
        try:
            yield found[1], started.pid
        finally:
            os.kill(started.pid, signal.SIGCONT)  # one that is stopped would not hear that it shall end


async def main() -> None:
    async with RawServer(ok()) as server:
        print(f"model on {server.url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
