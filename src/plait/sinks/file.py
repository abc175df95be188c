"""Append a message to a file, as a line of JSON."""

from __future__ import annotations

import asyncio
import fcntl
import os
from typing import TYPE_CHECKING

from plait.sinks.sender import NotTaken

if TYPE_CHECKING:
    from plait.jobs.records import StoredOutgoing
    from plait.spec.sinks import FileSink


class Lines:
    """Appends to one file, which is made where it is missing, and may be moved away at any time.

    Args:
        spec: A sink whose path is whole.
    """

    def __init__(self, spec: FileSink) -> None:
        self.target = spec.file

    async def send(self, message: StoredOutgoing, /) -> None:
        """Append it; it is on the disk when this returns.

        Raises:
            NotTaken: If it cannot be written.
        """
        try:
            await asyncio.to_thread(self._append, message.payload + b"\n")
        except OSError as exc:
            raise NotTaken(f"it cannot be written: {(exc.strerror or str(exc)).lower()}") from None

    async def close(self) -> None:
        """Nothing is kept open."""

    def _append(self, line: bytes) -> None:
        file = os.open(self.target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)  # other workers append too
            size = os.fstat(file).st_size
            written = os.write(file, line)
            if written != len(line):
                os.ftruncate(file, size)  # half a line would spoil the next one
                raise OSError("only a part of the line could be written")
            os.fdatasync(file)
        finally:
            os.close(file)
