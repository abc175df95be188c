"""Several workers for the tests: which processes they are, and clients that come to them."""

from __future__ import annotations

import os
import re
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.processes import Plait

GRAPH = "server: {workers: 2}\ngraphs: {predict: {transform: {a: 1}}}\n"
BACK = re.compile(r"worker (\d) serves again, as process (\d+)")
RESTARTED = re.compile(r"all 2 workers have been restarted")
GET = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"
SECONDS = 30


def children(process: Plait) -> list[int]:
    """The processes that it has started; each is the parent's own copy until its program runs."""
    pid = process.process.pid
    found = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [child for child in found if b"plait.cli.worker" in _read(child, "cmdline")]


def _read(pid: int, file: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{file}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def workers(process: Plait) -> list[int]:
    """Those that have a socket of their clients beside the one to their parent."""
    return [pid for pid in children(process) if sockets(pid) > 1]


def spare(process: Plait) -> int:
    """The one that has none of their sockets, as soon as there is one that has imported (nearly) everything."""
    waiting: list[int] = []

    def waits() -> bool:
        waiting.extend(pid for pid in children(process) if sockets(pid) == 1 and b"uvloop" in _read(pid, "maps"))
        return bool(waiting)

    until(waits, "there is no spare")
    return waiting[0]


def until(condition: Callable[[], bool], otherwise: str) -> None:
    """Look again and again whether something has come to pass that no line tells of."""
    give_up = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < give_up, otherwise
        select.select((), (), (), 0.02)


def sockets(pid: int) -> int:
    return sum(link.startswith("socket:") for link in descriptors(pid))


def descriptors(pid: int) -> list[str]:
    """What a process has open; nothing if it has just gone."""
    found = []
    with suppress(FileNotFoundError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                found.append(str(link.readlink()))
    return found


def connected(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=SECONDS)


def answer(sock: socket.socket) -> bytes:
    """An answer, whole: until its body has come or the connection has ended."""
    data = b""
    while not (b"\r\n\r\n" in data and _whole(data)):
        piece = sock.recv(65536)
        if not piece:
            return data
        data += piece
    return data


def _whole(data: bytes) -> bool:
    head, _, body = data.partition(b"\r\n\r\n")
    return len(body) >= int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])


@contextmanager
def idle_clients(url: str, count: int) -> Iterator[list[socket.socket]]:
    """Clients that have had an answer and keep their connections."""
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(connected(url))) for _ in range(count)]
        for client in clients:
            client.sendall(GET % b"/readyz")
            assert answer(client).startswith(b"HTTP/1.1 200")
        yield clients


@contextmanager
def watched(pids: list[int]) -> Iterator[None]:
    """Processes that must have ended soon after the block."""
    watches = [os.pidfd_open(pid) for pid in pids]
    yield
    for descriptor in watches:
        assert select.select([descriptor], [], [], SECONDS)[0], "a worker outlived its parent"
        os.close(descriptor)
