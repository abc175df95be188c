"""A file of SQLite; never in WAL mode, which loses data when it is reset, before 3.51.3."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine

PATIENCE = 1.0
"""Seconds that somebody else's lock is waited for."""

_DAMAGED = "it is damaged: move it away, or put a copy in its place"
_CLOSED = "let plait write it, and its folder"
_ADVICE = {
    "locked": "another program holds it: end that",
    "full": "make room on the disk",
    "disk i/o": "make room on the disk, or see what is wrong with it",
    "malformed": _DAMAGED,
    "not a database": _DAMAGED,
    "could not decode": _DAMAGED,
    "a row has": _DAMAGED,
    "no such table": _DAMAGED,
    "no such column": _DAMAGED,
    "no such file": "the state folder is gone: make it again, or start plait again",
    "readonly": _CLOSED,
    "unable to open": _CLOSED,
    "permission denied": _CLOSED,
    "exists": "something else is in its place: move that",
    "directory": "something else is in its place: move that",
}


@dataclass(frozen=True, slots=True)
class Sqlite:
    """A file of SQLite.

    Args:
        path: The file; made with its folder where it is missing, for nobody else to read.
        patience: Seconds that somebody else's lock is waited for.
        kept: Whether it is kept open between two calls, and its journal on the disk: for what is written all the time. A file that
            was moved away is noticed all the same.
    """

    path: Path
    patience: float = PATIENCE
    kept: bool = False

    @property
    def where(self) -> str:
        """The file's path."""
        return f"the store {self.path}"

    def engine(self) -> Engine:
        """A way to the file, opened anew for each call, unless it is kept: so it may be moved away, and put back, at any time."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.kept:
            return create_engine("sqlite+pysqlite://", creator=self._connect, poolclass=NullPool)
        return create_engine("sqlite+pysqlite://", creator=self._connect, poolclass=QueuePool, pool_size=1, max_overflow=0)

    def _connect(self) -> sqlite3.Connection:
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self.path, timeout=self.patience, isolation_level=None, check_same_thread=False)
        try:
            journal = "PERSIST" if self.kept else "DELETE"
            connection.execute(f"PRAGMA journal_mode = {journal}")  # fails where another program holds it in WAL mode
            connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
        return connection

    def place(self) -> object:
        """Which file it is, where it is kept open: one that was moved away is another one."""
        if not self.kept:
            return None
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return ""
        return found.st_dev, found.st_ino

    def begin(self, connection: Connection) -> None:
        """Take the write lock at once, so that what is read before writing still holds."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def now(self, connection: Connection) -> float:  # noqa: ARG002 - it has no clock of its own
        """The machine's moment."""
        return datetime.now(UTC).timestamp()

    def alone(self, connection: Connection) -> None:
        """Nobody else writes within such a transaction anyway."""

    def advice(self, said: str) -> str:
        """What to do about a failure."""
        return next((advice for word, advice in _ADVICE.items() if word in said), "")

    def interrupt(self, connection: sqlite3.Connection) -> None:
        """End the statement under way."""
        connection.interrupt()
