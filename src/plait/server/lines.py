"""Lines on their way to a file or stream, which may be slow, full or stuck: a thread writes them, nobody waits for it."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any, Self

import msgspec

from plait.errors import StartError

WAITING = 10_000
"""Lines that may wait to be written."""
_TOGETHER = 64
_LOOK_AGAIN = 1.0
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
        self._looked = 0.0
        self._missed = 0
        self._failed = 0
        self._told = 0
        self._well = True

    def __enter__(self) -> Self:
        """Begin to write."""
        if self._path:
            try:
                self._file = _opened(self._path)
            except OSError as exc:
                raise StartError(f"cannot write the access log {self._path}: {(exc.strerror or str(exc)).lower()}") from None
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
            self._write([_encode(record) for record in records if record is not None])

    def _write(self, lines: list[bytes]) -> None:
        if self._path:
            self._follow()
        missed = self.missed
        if missed > self._told:
            lines.append(_encode({"time": datetime.now(UTC), "dropped": missed - self._told}))
            self._told = missed
        for line in lines:  # one by one: no other process's line then comes in between, as far as the system allows
            try:
                self._whole(line + b"\n")
                self._well = True
            except OSError as exc:
                self._failed += 1
                self._complain(exc)

    def _whole(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._file, data) :]
            except BlockingIOError:  # somebody else has made the stream so
                select.select((), (self._file,), ())

    def _follow(self) -> None:
        """Open the file anew if it was moved away."""
        now = time.monotonic()
        if now < self._looked + _LOOK_AGAIN:
            return
        self._looked = now
        try:
            if not os.path.exists(self._path) or not os.path.samestat(os.stat(self._path), os.fstat(self._file)):  # noqa: PTH110, PTH116 - what else tells a file from its name
                moved, self._file = self._file, _opened(self._path)
                os.close(moved)
        except OSError as exc:
            self._complain(exc)

    def _complain(self, exc: OSError) -> None:
        """Tell of the first trouble of a row."""
        if self._well:
            self._well = False
            _log.warning("the access log cannot be written: %s", (exc.strerror or str(exc)).lower())


def _opened(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
