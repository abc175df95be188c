"""Which machine and which versions the figures are from."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

import tools
from tools import Tools

PACKAGES = ("plait", "uvloop", "httptools", "fastapi", "uvicorn", "httpx")


def facts(found: Tools) -> dict[str, str]:
    """What a reader needs to compare with another machine."""
    kilobytes = int(_field("/proc/meminfo", r"MemTotal:\s*(\d+)") or 0)
    return {
        "processor": _field("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{kilobytes / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "nginx": tools.version(found.nginx, "-v"),
        "wrk": tools.version(found.wrk, "--version"),
    }


def _field(file: str, pattern: str) -> str:
    try:
        found = re.search(pattern, Path(file).read_text())
    except OSError:
        return ""
    return found[1].strip() if found else ""
