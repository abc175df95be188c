"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path


def machine() -> str:
    """Processor, cores, memory, system, Python, and how busy it is with other things."""
    kilobytes = int(_field("/proc/meminfo", r"MemTotal:\s*(\d+)") or 0)
    processor = _field("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.machine()
    cores, system = len(os.sched_getaffinity(0)), f"{platform.system()} {platform.release()}"
    return (
        f"{processor}, {cores} cores, {kilobytes / 2**20:.0f} GiB, {system}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} at the start"
    )


def _field(file: str, pattern: str) -> str:
    found = re.search(pattern, Path(file).read_text())
    return found[1].strip() if found else ""
