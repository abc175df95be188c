"""A real server of NATS with JetStream for tests: Debian's package, on a free port, ended with the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = shutil.which("nats-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SECONDS = 10


class NatsServer:
    """A server in a folder of its own, which is kept while it is down.

    Args:
        folder: For its streams.
        user: Whom it lets in, if not everybody.
        password: Theirs.
    """

    def __init__(self, folder: Path, user: str = "", password: str = "") -> None:
        self.port = _free_port()
        self._folder = folder
        self._let_in = ("--user", user, "--pass", password) if user else ()
        self._process: subprocess.Popen[str] | None = None

    @property
    def place(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; it listens when this returns."""
        assert PROGRAM is not None
        own = [PROGRAM, "-js", "-a", "127.0.0.1", "-p", str(self.port), "-sd", str(self._folder), *self._let_in]
        command = ["setpriv", "--pdeathsig", "INT", *own]  # no longer than these tests
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd="/")
        self._process = process
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "Server is ready" in line:
                break
        else:
            raise AssertionError(f"NATS did not start: {''.join(said)}")
        self._reader = threading.Thread(target=deque, args=(process.stderr, 0), daemon=True)
        self._reader.start()  # reads on, so that it can write on

    def end(self) -> None:
        """End it, and all connections."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(SECONDS)
        self._reader.join(SECONDS)
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture(scope="session")
def nats() -> Iterator[NatsServer]:
    """A server for all tests of a session; a test that ends it brings it back."""
    yield from _server()


@pytest.fixture(scope="session")
def locked_nats() -> Iterator[NatsServer]:
    """One that asks for a password."""
    yield from _server("plait", "right")


def _server(user: str = "", password: str = "") -> Iterator[NatsServer]:
    if PROGRAM is None and not os.environ.get("CI"):
        pytest.skip("needs NATS: install Debian's package nats-server; in CI it must be there")
    folder = Path(tempfile.mkdtemp(prefix="plait-nats-"))
    server = NatsServer(folder, user, password)
    try:
        server.start()
        yield server
    finally:
        server.end()
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
