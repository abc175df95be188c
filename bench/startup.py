"""How soon plait is there: its first answer, and its help."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass

from peers import Scene, plait
from processes import environment, free_ports
from rounds import start


@dataclass(frozen=True, slots=True)
class Soon:
    """Seconds, one figure for each try."""

    first_answer: list[float]
    help: list[float]


def soon(scene: Scene, tries: int) -> Soon:
    """Start plait so many times, alone, with the predictors running; a first try fills the caches and is not counted."""
    return Soon([_first_answer(scene) for _ in range(tries + 1)][1:], [_help(scene) for _ in range(tries + 1)][1:])


def _first_answer(scene: Scene) -> float:
    program = plait(scene, *free_ports(1))
    with ExitStack() as stack:
        begin = time.perf_counter()
        start(program, scene.folder, stack)
        return time.perf_counter() - begin


def _help(scene: Scene) -> float:
    command = plait(scene, 0).command[0]
    begin = time.perf_counter()
    subprocess.run((command, "--help"), capture_output=True, check=True, env=environment({}))
    return time.perf_counter() - begin
