"""The walk of README.md: starts all processes, types every command, and shows what it says.

`python walk.py` takes the ports of the files; `python walk.py --free` takes free ones, and shows those of the files in their place.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

HERE = Path(__file__).parent
DATA, ADMIN = 9000, 9001
PREDICTORS = {
    "petals": 8100,
    "sepals": 8101,
    "leaves": 8102,
    "measure_1": 8110,
    "classify_1": 8111,
    "measure_2": 8120,
    "classify_2": 8121,
}
STEPS = """
plait status
plait call predict
plait call species

plait apply add.yaml --dry-run
plait apply add.yaml --reason "a third vote"
plait call predict

plait exclude leaves --reason "calls every flower a setosa"
plait call predict
plait status

plait apply half.yaml
plait apply both.yaml --reason "millimetres"
plait call species

plait rollback --reason "the labels must stay as they were"
plait call species
plait revisions
plait revisions 3
""".strip()
PATIENCE = 60.0

Ports = Mapping[int, int]


def main() -> None:
    """Walk."""
    ports = {port: free_port() if "--free" in sys.argv[1:] else port for port in (DATA, ADMIN, *PREDICTORS.values())}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        for file in HERE.glob("*.yaml"):
            (folder / file.name).write_text(changed(file.read_text(encoding="utf-8"), ports), encoding="utf-8")
        for predictor, port in PREDICTORS.items():
            stack.enter_context(running(folder, str(HERE / "predictors.py"), predictor, str(ports[port])))
        options = ("--port", str(ports[DATA]), "--admin-port", str(ports[ADMIN]), "--workers", "2")
        stack.enter_context(running(folder, "-m", "plait", "serve", "plait.yaml", *options))
        for port in PREDICTORS.values():
            until(lambda port=ports[port]: listens(port))
        until(lambda: "plait serves" in (folder / "log").read_text(encoding="utf-8"))
        for step in STEPS.splitlines():
            print(f"$ {step}\n{said(step, folder, ports)}" if step else "", flush=True)


def said(command: str, folder: Path, ports: Ports) -> str:
    """What a command says, with the ports of the files."""
    urls = {"PLAIT_URL": f"http://127.0.0.1:{ports[DATA]}", "PLAIT_ADMIN_URL": f"http://127.0.0.1:{ports[ADMIN]}"}
    done = subprocess.run(  # noqa: S603 - one of the steps above
        [sys.executable, "-m", *shlex.split(command)],
        cwd=folder,
        env={**os.environ, **urls, "LOGNAME": "ada"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    lines = changed(done.stdout, {real: port for port, real in ports.items()}).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def changed(text: str, ports: Ports) -> str:
    """A text with other ports."""
    return re.sub(r"(?<=127\.0\.0\.1:)\d+", lambda found: str(ports.get(int(found[0]), found[0])), text)


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[None]:
    """A process of Python, for the length of the block."""
    with (folder / "log").open("a") as log:
        process = subprocess.Popen([sys.executable, *arguments], cwd=folder, stdout=log, stderr=log)  # noqa: S603 - our own
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    end, pause = monotonic() + PATIENCE, Event().wait
    while not holds():
        if monotonic() > end:
            raise SystemExit(f"not everything was there within {PATIENCE:.0f} s")
        pause(0.1)


def listens(port: int) -> bool:
    """Whether somebody listens at a port."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody listens at."""
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        return int(sock.getsockname()[1])


if __name__ == "__main__":
    main()
