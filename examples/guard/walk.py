"""The walk of README.md: starts all processes, types every command, and shows what it says.

`python walk.py` takes the ports of the files; `python walk.py --free` takes free ones, and shows those of the files in their place.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
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
DATA, ADMIN, CHURN, PAGER = 9000, 9001, 8205, 8290
MODELS = (8200, 8201, 8202, 8203, 8204)
SECRET = "whsec_cGxhaXQ6IG9ubHkgZm9yIHRoZSBleGFtcGxlIQ=="  # noqa: S105 - of nobody but this walk
STEPS = """
python replay.py
cat pager.log
plait jobs list --graph review
""".strip()
PATIENCE = 60.0

Ports = Mapping[int, int]


def main() -> None:
    """Walk."""
    ports = {port: free_port() if "--free" in sys.argv[1:] else port for port in (DATA, ADMIN, CHURN, PAGER, *MODELS)}
    os.environ["PAGER_SECRET"] = SECRET
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name) / "guard"
        shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__pycache__", ".plait", "service.jsonl"))
        file = folder / "plait.yaml"
        file.write_text(changed(file.read_text(encoding="utf-8"), ports), encoding="utf-8")
        stack.enter_context(running(folder, "pager.log", "receiver.py", str(ports[PAGER])))
        stack.enter_context(running(folder, "churn.log", "churn.py", str(ports[CHURN])))
        options = ("--port", str(ports[DATA]), "--admin-port", str(ports[ADMIN]))
        stack.enter_context(running(folder, "plait.log", "-m", "plait", "up", "plait.yaml", *options))
        for port in (PAGER, CHURN, *MODELS):
            until(lambda port=ports[port]: listens(port))
        until(lambda: "plait serves" in (folder / "plait.log").read_text(encoding="utf-8"))
        for step in STEPS.splitlines():
            print(f"$ {step}\n{said(step, folder, ports)}", flush=True)


def said(command: str, folder: Path, ports: Ports) -> str:
    """What a command says, with the ports of the files."""
    urls = {"PLAIT_URL": DATA, "PLAIT_ADMIN_URL": ADMIN, "PAGER_URL": PAGER}
    words = shlex.split(command)
    known = {"python": [sys.executable], "plait": [sys.executable, "-m", "plait"]}
    done = subprocess.run(  # noqa: S603 - one of the steps above
        [*known.get(words[0], words[:1]), *words[1:]],
        cwd=folder,
        env={**os.environ, **{name: f"http://127.0.0.1:{ports[port]}" for name, port in urls.items()}},
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
def running(folder: Path, log: str, *arguments: str) -> Iterator[None]:
    """A process of Python, for the length of the block; what it says is in its log."""
    with (folder / log).open("w") as out:
        process = subprocess.Popen([sys.executable, *arguments], cwd=folder, stdout=out, stderr=out)  # noqa: S603 - our own
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
