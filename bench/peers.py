"""What is measured: plait, and what it is measured beside."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nginx
from payload import NAMES
from processes import HOST, Program
from tools import Tools
from trouble import Trouble

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a run happens.

    Args:
        tools: The programs.
        folder: For files that end with the run.
        ports: Of the three predictors.
    """

    tools: Tools
    folder: Path
    ports: Sequence[int]

    def services(self) -> dict[str, str]:
        """The variables that say where the predictors are; plait and the plain proxy both read them."""
        return {f"SERVICE_{name.upper()}": f"{HOST}:{port}" for name, port in zip(NAMES, self.ports, strict=True)}


@dataclass(frozen=True, slots=True)
class Peer:
    """One kind of proxy.

    Args:
        title: What it is called in tables and the picture.
        program: How it is started on a port.
        longer: Its rounds are so many times as long: one that answers 30 times a second needs them to be.
        alone: Requests on one connection in a round.
    """

    title: str
    program: Callable[[Scene, int], Program]
    longer: int = 1
    alone: int = 400


def plait(scene: Scene, port: int) -> Program:
    """plait as it comes, in one worker."""
    command = beside_python("plait")
    return Program("plait", (command, "serve", str(HERE / "fanout.yaml"), "--port", str(port)), port, scene.services())


def njs(scene: Scene, port: int) -> Program:
    """nginx with the bare fan-out in JavaScript, in one worker."""
    if scene.tools.js_module is None:
        raise Trouble("njs needs nginx's JavaScript module")
    return nginx.fanout(scene.tools.nginx, scene.tools.js_module, scene.folder, scene.ports, port)


def plain(scene: Scene, port: int) -> Program:
    """FastAPI and httpx under uvicorn, in one worker; without its access log, which the others do not write either."""
    listen = ("--host", HOST, "--port", str(port), "--workers", "1", "--no-access-log")
    command = (sys.executable, "-m", "uvicorn", "--app-dir", str(HERE), *listen, "plain_proxy:app")
    return Program("plain", command, port, scene.services())


PEERS = {
    "plait": Peer("plait", plait),
    "njs": Peer("nginx with njs", njs),
    "plain": Peer("FastAPI with httpx", plain, longer=5, alone=40),
}


def beside_python(name: str) -> str:
    command = Path(sys.executable).with_name(name)
    if not command.is_file():
        raise Trouble(f"{name} is not installed beside {sys.executable}; `make bench` sets it up")
    return str(command)
