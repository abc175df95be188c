"""CPU and memory of a process and all below it, from /proc (proc(5))."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from trouble import Trouble

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
PAUSE = 0.2
PATIENCE = 60.0


def cpu_seconds(root: int) -> float:
    """User and system time of the tree so far, with that of children that have ended."""
    # utime, stime, cutime, cstime: fields 14 to 17, of which the first two are cut off here.
    return TICK * sum(int(field) for pid in tree(root) for field in _stat(pid)[11:15])


def cpu_at_rest(root: int) -> float:
    """The same as soon as the tree rests: work on requests whose client has gone ends first.

    Raises:
        Trouble: If it never rests.
    """
    give_up = time.monotonic() + PATIENCE
    last = cpu_seconds(root)
    while time.monotonic() < give_up:
        time.sleep(PAUSE)
        now = cpu_seconds(root)
        if now - last <= TICK:
            return now
        last = now
    raise Trouble(f"process {root} still computes {PATIENCE:.0f} s after its last request")


def memory(root: int) -> dict[str, float | None]:
    """Megabytes (10**6 bytes) of the tree: resident, and its proportional share where the kernel tells."""
    pids = tree(root)
    return {"rss_mb": _megabytes(pids, "status", "VmRSS"), "pss_mb": _megabytes(pids, "smaps_rollup", "Pss")}


def tree(root: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def _stat(pid: int) -> list[str]:
    """The fields behind the program's name, which may hold anything; none if the process has gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _megabytes(pids: list[int], file: str, field: str) -> float | None:
    try:
        texts = [(PROC / str(pid) / file).read_text() for pid in pids]
    except OSError:
        return None
    found = [re.search(rf"(?m)^{field}:\s+(\d+) kB", text) for text in texts]
    return sum(int(one[1]) for one in found if one) * 1024 / 1e6
