"""How soon a worker that is killed is back: from `kill -9` to its successor's first good answer."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from client import Client

CLIENTS = 12
"""They come right after the kill; that none of them comes to the killed worker's socket of two happens once in 4,096 times."""
PAUSE = 4.0
"""Seconds until the next kill: time for a new spare, also when load takes all cores."""


def workers(parent: int) -> list[int]:
    """The workers among a parent's children: what has no socket of clients is a spare."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if _clients_come_to(int(child))]


def seconds_until_back(parent: int, port: int, request: bytes) -> float:
    """Kill one worker; seconds until all clients that came right then, some of them to its queue, have a good answer."""
    killed = workers(parent)[0]
    with ThreadPoolExecutor(CLIENTS) as threads:
        os.kill(killed, signal.SIGKILL)
        began = time.monotonic()
        while killed in workers(parent):
            time.sleep(0.001)  # clients who came before it is quite dead are reset
        for answer in [threads.submit(_ask, port, request) for _ in range(CLIENTS)]:
            answer.result()
        return time.monotonic() - began


def _ask(port: int, request: bytes) -> None:
    with Client(port, request) as client:
        client.ask()


def _clients_come_to(pid: int) -> bool:
    """Whether it has a socket beside the one to its parent; a spare has not, nor one that still starts."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"plait.cli.worker" in command and sum(map(_is_socket, Path(f"/proc/{pid}/fd").iterdir())) > 1
    except OSError:
        return False


def _is_socket(link: Path) -> bool:
    try:
        return str(link.readlink()).startswith("socket:")
    except OSError:  # closed just now
        return False
