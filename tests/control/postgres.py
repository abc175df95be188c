"""A real Postgres for tests: Debian's package, as an ordinary user, on a free port, ended with the tests."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
USERS = ("postgres", "nobody")
SECONDS = 30
QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40")

_numbers = count(1)


class Postgres:
    """A server in a folder of its own.

    Args:
        folder: For all that is its own; it belongs to the user that it runs as.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make its files."""
        command = self._command("initdb", "-D", self._data, "-U", "plait", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2 * SECONDS, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it; the second time on the port of the first."""
        self.port = self.port or _free_port()
        options = [word for option in (*QUICK, f"unix_socket_directories={self.folder}") for word in ("-c", option)]
        command = self._command("postgres", "-D", self._data, "-h", "127.0.0.1", "-p", str(self.port), *options)
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd="/")
        self._process = process
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "ready to accept connections" in line:
                break
        else:
            raise AssertionError(f"Postgres did not start: {''.join(said)}")
        self._reader = threading.Thread(target=deque, args=(process.stderr, 0), daemon=True)
        self._reader.start()  # reads on, so that it can write on

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"plait_{next(_numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload] # a name of our own
        return self.url(name)

    def url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql://plait@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Stop it and all its processes: they keep their connections, and say nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """End it, and all connections."""
        process = self._process
        if process is None:
            return
        self.go_on()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(SECONDS)
        self._reader.join(SECONDS)
        assert process.stderr is not None
        process.stderr.close()
        self._process = None

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _command(self, program: str, *arguments: str) -> list[str]:
        """A command that runs as an ordinary user, for Postgres refuses to be root, and no longer than these tests."""
        command = ["setpriv", "--pdeathsig", "INT"]
        if os.geteuid() == 0:
            user = pwd.getpwnam(_user())
            command += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        return [*command, str(PROGRAMS[-1] / program), *arguments]

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and to the processes that it has started."""
        if self._process is None:
            return
        own = self._process.pid
        for pid in (*_children(own), own):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for all tests of a session; a test that stops or ends it brings it back."""
    if not PROGRAMS and not os.environ.get("CI"):
        pytest.skip("needs Postgres: install Debian's package postgresql; in CI it must be there")
    folder = Path(tempfile.mkdtemp(prefix="plait-postgres-"))
    server = Postgres(folder)
    try:
        if os.geteuid() == 0:
            user = pwd.getpwnam(_user())
            os.chown(folder, user.pw_uid, user.pw_gid)
        server.make()
        server.start()
        yield server
    finally:
        server.end()
        shutil.rmtree(folder)


def _user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in USERS if name in known)


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
