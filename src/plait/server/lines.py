"""Lines on their way to a file or stream, which may be slow, full or stuck: a thread writes them, nobody waits for it."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

import msgspec

from plait.errors import StartError

WAITING = 10_000
"""Lines that may wait to be written."""
_TOGETHER = 64
_AGAIN = 1.0
_PATIENCE = 1.0
_STREAMS = {"stdout": 1, "stderr": 2}

_encode = msgspec.json.Encoder().encode
_log = logging.getLogger("plait")


class Lines:
    """Writes records as JSON, one a line, until the end of the `with` block.

    Args:
        to: `stdout`, `stderr` or the path of a file, which is made if it is missing, and made anew when it was moved away.

    Raises:
        StartError: If the file cannot be written.
    """

    def __init__(self, to: str) -> None:
        self._path = "" if to in _STREAMS else to
        self._file = _STREAMS.get(to, -1)
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="access log", daemon=True)  # it may be stuck when all else ends
        self._look = self._tell = 0.0  # when to do so again
        self._missed = 0
        self._failed = 0
        self._told = 0
        self._trouble = ""

    def __enter__(self) -> Self:
        """Begin to write."""
        if self._path:
            try:
                self._file = _opened(self._path)
            except OSError as exc:
                raise StartError(f"cannot write the access log {self._path}: {_reason(exc)}") from None
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write what waits, for a second at most."""
        self._queue.put(None)
        self._thread.join(_PATIENCE)
        if self._path and not self._thread.is_alive():
            os.close(self._file)

    @property
    def missed(self) -> int:
        """Lines that were not written, for whatever reason."""
        return self._missed + self._failed

    def put(self, record: Any) -> None:
        """Write a record, unless too many wait."""
        if self._queue.qsize() < WAITING:
            self._queue.put(record)
        else:
            self.miss()

    def miss(self) -> None:
        """Count a record that is not written."""
        self._missed += 1

    # What the thread does.

    def _run(self) -> None:
        last = False
        while not last:
            records = [self._queue.get()]
            while len(records) < _TOGETHER:
                try:
                    records.append(self._queue.get_nowait())
                except Empty:
                    break
            last = None in records
            self._write([line for record in records if record is not None and (line := self._encoded(record))], last=last)

    def _encoded(self, record: Any) -> bytes:
        try:
            return _encode(record)
        except Exception as exc:  # noqa: BLE001 - one record must not end the thread, and with it the log
            self._failed += 1
            self._complain(str(exc))
            return b""

    def _write(self, lines: list[bytes], *, last: bool = False) -> None:
        now = time.monotonic()
        if self._path and now >= self._look:
            self._look = now + _AGAIN
            self._follow()
        missed = self.missed
        if missed > self._told and (last or now >= self._tell):
            lines.append(_encode({"time": datetime.now(UTC), "dropped": missed - self._told}))
            self._told, self._tell = missed, now + _AGAIN
        for line in lines:  # one by one: no other process's line then comes in between, as far as the system allows
            try:
                self._whole(line + b"\n")
            except OSError as exc:
                self._failed += 1
                self._complain(_reason(exc))

    def _whole(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._file, data) :]
            except BlockingIOError:  # somebody else has made the stream so
                room = select.poll()
                room.register(self._file, select.POLLOUT)
                room.poll()

    def _follow(self) -> None:
        """Open the file anew if it was moved away."""
        try:
            if not _is_at(self._path, self._file):
                moved, self._file = self._file, _opened(self._path)
                os.close(moved)
        except OSError as exc:
            self._complain(_reason(exc))

    def _complain(self, trouble: str) -> None:
        """Tell of a trouble, once."""
        if trouble != self._trouble:
            self._trouble = trouble
            _log.warning("the access log cannot be written: %s", trouble)


def _reason(exc: OSError) -> str:
    return (exc.strerror or str(exc)).lower()


def _is_at(path: str, file: int) -> bool:
    try:
        return os.path.samestat(Path(path).stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _opened(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
