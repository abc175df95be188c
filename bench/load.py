"""Many requests at once, by wrk."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from payload import REQUEST
from trouble import Trouble

SCRIPT = """
wrk.method = "POST"
wrk.body = '%s'
wrk.headers["Content-Type"] = "application/json"
"""
MILLIS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True, slots=True)
class Load:
    """How hard: connections that each ask again as soon as they are answered, and for how long (seconds)."""

    connections: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What wrk saw; times in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float


def ask_many(wrk: str, url: str, load: Load, folder: Path) -> Answered:
    """Put a load on a proxy.

    Raises:
        Trouble: If any answer was bad or missing.
    """
    done = subprocess.run(_command(wrk, url, load, folder), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"wrk failed: {done.stderr or done.stdout}")
    return read(done.stdout)


@contextmanager
def asking(wrk: str, url: str, load: Load, folder: Path) -> Iterator[None]:
    """Put a load on a proxy, whatever it answers, for the length of the block."""
    process = subprocess.Popen(_command(wrk, url, load, folder), stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _command(wrk: str, url: str, load: Load, folder: Path) -> tuple[str, ...]:
    script = folder / "post.lua"
    script.write_text(SCRIPT % REQUEST.decode())
    size = ("-t1", f"-c{load.connections}", f"-d{load.seconds}s", "--timeout", "60s")
    return (wrk, *size, "--latency", "-s", str(script), url)


def read(text: str) -> Answered:
    """What wrk's report says.

    Raises:
        Trouble: If not all went well.
    """
    if bad := re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", text):
        raise Trouble(f"not every answer was good: {bad[0]}")
    found = [
        re.search(pattern, text, re.MULTILINE)
        for pattern in (r"(\d+) requests in", r"^Requests/sec:\s+([\d.]+)", r"^\s+50%\s+(\S+)", r"^\s+99%\s+(\S+)")
    ]
    requests, rate, p50, p99 = (match[1] if match else "" for match in found)
    if not (requests.isdigit() and int(requests) and rate and p50 and p99):
        raise Trouble(f"no request was answered, or wrk tells it in a form of its own:\n{text}")
    return Answered(int(requests), float(rate), _millis(p50), _millis(p99))


def _millis(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]
    return float(number) * MILLIS[unit]
