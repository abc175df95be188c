"""The processes that a run starts: each is ended by its own id, whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from client import Client
from trouble import Trouble

HOST = "127.0.0.1"
START = 60.0
END = 15.0
LOOK_AGAIN = 0.002
# Where plait would listen; and what keeps Python from keeping compiled modules, as it does wherever plait is installed.
# Proxies for HTTP, which httpx would use, are kept away too. Several plaits run at once, which would all want one admin port.
ALWAYS = {"PLAIT_ADMIN_PORT": "off"}
UNWANTED = ("HOST", "PORT", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True, slots=True)
class Program:
    """How a process is started.

    Args:
        name: What it is called in messages, and its log.
        command: Program and arguments.
        port: Where it answers.
        environ: Variables beside those of this process.
    """

    name: str
    command: Sequence[str]
    port: int
    environ: Mapping[str, str]


@contextmanager
def running(program: Program, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process, from here to the end of the block; what it prints goes to a file in the folder."""
    # A session of its own: Ctrl-C reaches this process alone, which then ends the others in order.
    with _log(program, folder).open("ab") as log:
        process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(program.environ),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def wait_for_answer(program: Program, process: subprocess.Popen[bytes], folder: Path, request: bytes) -> bytes:
    """Ask until there is a good answer.

    Raises:
        Trouble: If the process ends or nothing comes in a minute.
    """
    why = "it has ended"
    give_up = time.monotonic() + START
    while process.poll() is None and time.monotonic() < give_up:
        try:
            with Client(program.port, request) as client:
                return client.ask()
        except OSError as exc:
            why = str(exc)
            time.sleep(LOOK_AGAIN)
    printed = _log(program, folder).read_text(errors="replace").strip() or "(nothing)"
    raise Trouble(f"{program.name} does not answer on port {program.port}: {why}. It printed:\n{printed[-2000:]}")


def free_ports(count: int) -> list[int]:
    """So many different ports on which nobody listens."""
    with ExitStack() as stack:
        socks = [stack.enter_context(socket.create_server((HOST, 0))) for _ in range(count)]
        return [int(sock.getsockname()[1]) for sock in socks]


def must_be_free(ports: Sequence[int]) -> None:
    """Check ports that somebody else chose.

    Raises:
        Trouble: If one is in use.
    """
    for port in ports:
        try:
            socket.create_server((HOST, port)).close()
        except OSError as exc:
            raise Trouble(f"port {port}: {os.strerror(exc.errno or 0)}") from None


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's variables for another one, with some more."""
    kept = {key: value for key, value in os.environ.items() if key not in UNWANTED and not key.lower().endswith("_proxy")}
    return {**kept, **ALWAYS, **more}


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP unwind this process as Ctrl-C does, so that what it started ends too."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(END)
    finally:
        # Still not reaped, so its id is still its own, and its group's.
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _log(program: Program, folder: Path) -> Path:
    return folder / f"{program.name}.log"
