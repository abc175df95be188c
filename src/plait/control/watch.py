"""The file, watched: its folder, so that it is also seen when it is replaced, as editors and Kubernetes do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from plait.control.errors import StoreDown
from plait.control.files import digest
from plait.control.told import problems
from plait.errors import ConfigError, Problem, StartError
from plait.graph.load import file_bytes
from plait.graph.problems import problems_text

EVERY = 2.0
"""Seconds from look to look where no event is seen: on a network disk, through links to other folders, on a folder made anew."""
AGAIN = 1.0
"""The same while the store is down, so that what the file says could not be kept."""
SETTLED = 0.1
"""Seconds for which a file must stay as it is until it is read: a half-written one may be valid, and say less."""
_DEBOUNCE = 100
_STEP = 50

State = Literal["active", "invalid", "missing", "waiting"]
Take = Callable[[bytes], Awaitable[object]]
Mark = tuple[int, ...] | None

_log = logging.getLogger("plait")


class Watch:
    """Takes in what a file says, whenever that changes.

    Args:
        path: The file.
        take: Takes in what it says.
        told: Hears what came of it.
        every: Seconds from look to look where no event is seen.
    """

    def __init__(self, path: Path, take: Take, told: Callable[[dict[str, Any]], None], every: float = EVERY) -> None:
        self._path = path
        self._take = take
        self._told = told
        self._every = every
        self._mark: Mark = ()
        self._digest = ""
        self._state: State = "missing"
        self._problems: list[Problem] = []
        self._at = datetime.now(UTC)

    @property
    def facts(self) -> dict[str, Any]:
        """What is known of the file, as JSON."""
        return {
            "path": str(self._path),
            "state": self._state,
            "problems": list(problems(self._problems)),
            "at": self._at.isoformat(timespec="milliseconds"),
        }

    async def run(self) -> None:
        """Look at it whenever something happens in its folder, and every few seconds; never returns."""
        from watchfiles import awatch  # noqa: PLC0415 - the first plan does not wait for it

        while True:
            folder = self._path.absolute().parent
            seen = _folder(folder)
            try:
                timeout = int(self._every * 1000)
                async for _ in awatch(
                    folder,
                    watch_filter=None,
                    debounce=_DEBOUNCE,
                    step=_STEP,
                    rust_timeout=timeout,
                    yield_on_timeout=True,
                    recursive=False,
                ):
                    await self.look()
                    if self._state == "waiting" or _folder(folder) != seen:
                        break
            except (OSError, RuntimeError) as exc:  # the folder has gone, or the system has no more room for watches
                _log.debug("the folder %s cannot be watched: %s", folder, exc)
            await asyncio.sleep(min(AGAIN, self._every))
            await self.look()

    async def look(self) -> None:
        """Take in what the file says, if that is something else than before."""
        mark = await asyncio.to_thread(_mark, self._path)
        if mark == self._mark and self._state != "waiting":
            return
        if self._mark != ():
            await asyncio.sleep(SETTLED)
            if await asyncio.to_thread(_mark, self._path) != mark:
                return  # it is being written; there will be another look
        self._mark = mark
        try:
            text = await asyncio.to_thread(_text, self._path)
        except StartError as exc:
            self._is_missing(exc)
            return
        if digest(text) != self._digest or self._state in ("waiting", "missing"):
            await self._read(text)

    async def _read(self, text: bytes) -> None:
        found = digest(text)
        try:
            await self._take(text)
        except StoreDown as exc:
            if self._state != "waiting":
                _log.warning("%s cannot be taken in now, and it is tried again: %s", self._path, exc.detail)
            self._become("waiting")
        except ConfigError as exc:
            told = problems_text(exc.problems, str(self._path))
            _log.error("%s is not taken in, and what ran before goes on:\n%s", self._path, told)
            self._become("invalid", exc.problems)
        else:
            self._become("active")
        self._digest = found

    def _is_missing(self, exc: StartError) -> None:
        if self._state != "missing" or not self._digest:
            _log.warning("%s; what ran before goes on", exc.detail)
        self._digest = "none"
        self._become("missing")

    def _become(self, state: State, found: list[Problem] | None = None) -> None:
        if state == "waiting" == self._state:
            return
        self._state, self._problems, self._at = state, found or [], datetime.now(UTC)
        self._told(self.facts)


def _text(path: Path) -> bytes:
    """What the file says.

    Raises:
        StartError: If it cannot be read, or is none: a pipe in its place might never end.
    """
    if path.exists() and not path.is_file():
        raise StartError(f"cannot read {path}: it is no file")
    return file_bytes(path)


def _mark(path: Path) -> Mark:
    """What changes when a file does; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def _folder(path: Path) -> Mark:
    """What tells a folder from one that takes its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
