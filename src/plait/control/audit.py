"""Who changed what, and who was refused: one JSON line each, in the state folder."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import msgspec

NAME = "audit.log"
LARGEST = 10 << 20
"""Bytes of one file."""
FILES = 5
"""Files in all: the one that is written, and those before it."""

_log = logging.getLogger("plait")
_encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line.

    Args:
        peer: The address that asked; `here` for what plait did by itself.
        author: Who says that it was them.
        action: What was asked: a method, or `file`, `rollback`.
        resource: Of what.
        outcome: `done`, `checked` (a dry run), or the code of the refusal.
        status: The answer's status.
        revision: The revision that is active since, if it was done.
        reason: Why, in the author's words.
        request_id: The request's id.
    """

    peer: str
    author: str
    action: str
    resource: str
    outcome: str
    status: int = 0
    revision: int | None = None
    reason: str = ""
    request_id: str = ""


class Audit:
    """The log of changes and refusals; where it cannot be written, that is said once and nothing is held up.

    Args:
        state: The state folder.
    """

    def __init__(self, state: Path) -> None:
        self._file = _File(state / NAME)

    def write(self, entry: Entry) -> None:
        """Add a line, with the time."""
        facts: dict[str, Any] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **msgspec.to_builtins(entry)}
        self._file.handle(logging.makeLogRecord({"msg": _encode(facts).decode()}))

    def close(self) -> None:
        """Write no more."""
        self._file.close()


class _File(RotatingFileHandler):
    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=LARGEST, backupCount=FILES - 1, encoding="utf-8", delay=True)
        self._path = path
        self._said = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, into a new file where somebody has moved or removed the one before."""
        if self.stream is not None and not self._path.exists():
            self.stream.close()
            self.stream = None
        super().emit(record)

    def _open(self) -> Any:
        stream = super()._open()
        self._path.chmod(0o600)
        return stream

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - the standard library's name
        """Say once that it cannot be written."""
        if not self._said:
            self._said = True
            _log.warning("the audit log cannot be written to %s; changes go on without it", self._path, exc_info=True)
