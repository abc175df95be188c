"""The state folder and its only owner; the store that a configuration names."""

from __future__ import annotations

import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from plait.control.store.store import Store
from plait.database.sqlite import Sqlite
from plait.errors import StartError

FILE = "revisions.db"
LOCK = "lock"
ID = "id"


def open_store(url: str | None, folder: Path) -> Store:
    """The store: what a URL of Postgres names, else a file in the state folder, whose owner the caller must be.

    Raises:
        StartError: If the URL is none of Postgres.
    """
    if url is None:
        return Store(Sqlite(folder / FILE), shared=False)
    # Its driver takes a while to be imported, and most have no Postgres.
    from plait.database.postgres import Postgres  # noqa: PLC0415

    return Store(Postgres(url), shared=True)


@dataclass(frozen=True, slots=True)
class StateFolder:
    """A state folder, owned by this process until it ends or lets go of it.

    Args:
        path: The folder.
        proxy: What tells the proxy with this folder from others, for good.
        lock: The descriptor of the locked file.
    """

    path: Path
    proxy: str
    lock: int

    def close(self) -> None:
        """Let others own it."""
        os.close(self.lock)


def own(path: Path, pid: int | None = None) -> StateFolder:
    """Become the only owner of a state folder; it is made where it is missing, for nobody else to read.

    Args:
        path: The folder.
        pid: The process that others are told of, by default this one.

    Raises:
        StartError: If another process owns it, or it cannot be used.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        advice = "name one that plait may write: server: {state: …}"
        raise StartError(f"the state folder {path} cannot be used: {(exc.strerror or str(exc)).lower()}; {advice}") from None
    try:
        _take(lock, path, os.getpid() if pid is None else pid)
        return StateFolder(path, _proxy(path), lock)
    except BaseException:
        os.close(lock)
        raise


def _take(lock: int, path: Path, pid: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(lock, 20, 0).decode(errors="replace").strip()
        who = f"another plait (process {owner})" if owner.isdigit() else "another plait"
        advice = "give this one its own: server: {state: …}"
        raise StartError(f"the state folder {path} is used by {who}; {advice}") from None
    except OSError as exc:
        advice = "name one on a disk of this machine: server: {state: …}"
        raise StartError(f"the state folder {path} cannot be locked: {(exc.strerror or str(exc)).lower()}; {advice}") from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{pid}\n".encode(), 0)


def _proxy(path: Path) -> str:
    """The proxy's id, made at the first time."""
    file = path / ID
    try:
        known = file.read_text(errors="replace").strip() if file.exists() else ""
        if not known:
            known = secrets.token_hex(8)
            file.write_text(f"{known}\n")
    except OSError as exc:
        raise StartError(f"cannot write {file}: {(exc.strerror or str(exc)).lower()}") from None
    return known
