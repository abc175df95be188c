"""The store of jobs that a configuration names."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from plait.database.lane import Lane, Opened
from plait.jobs.store.store import Store
from plait.jobs.working import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.database.database import Dialect
    from plait.graph.spec import Config
    from plait.jobs.store.store import Doing

FILE = "jobs.db"
"""In the state folder."""


def open_jobs(url: str | None, folder: Path, owner: str | None = None) -> Store:
    """The store: what a URL of Postgres names, else a file in the state folder. Nothing is made, or loaded, before it is asked.

    Args:
        url: `postgresql://…`.
        folder: The state folder.
        owner: This process, by default under a new name.
    """
    owner = owner or secrets.token_hex(8)
    where = f"the store {folder / FILE}" if url is None else "the store of jobs on Postgres"
    return Store(Lane("plait-jobs", where, partial(_opened, partial(_dialect, url, folder), owner)), owner)


def place_of(config: Config) -> Place:
    """Where the jobs of a configuration are kept, for as long as the process lives."""
    url, folder = config.jobs.store, Path(config.server.state)
    # A file tells of jobs by being there; on Postgres, any other proxy may have put some.
    return Place(open_jobs(url, folder), (folder / FILE).exists if url is None else lambda: True)


def _dialect(url: str | None, folder: Path) -> Dialect:
    # Their drivers take a while to be loaded, and only the thread of the store may wait for that.
    if url is None:
        from plait.database.sqlite import Sqlite  # noqa: PLC0415

        return Sqlite(folder / FILE, kept=True)
    from plait.database.postgres import Postgres  # noqa: PLC0415

    return Postgres(url)


def _opened(dialect: Callable[[], Dialect], owner: str) -> Opened[Doing]:
    from plait.jobs.store.work import opened  # noqa: PLC0415 - the same

    return opened(dialect(), owner)
