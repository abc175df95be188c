"""One transaction of the store of jobs: what is done in it, by what it is about."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, ScalarSelect, Select, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from plait.jobs.store.tables import OWNERS

TICK = 1e-6
"""Seconds between two jobs of one transaction: so they are in order."""


class Turn:
    """What all that happens in one transaction has in common.

    Args:
        connection: The database, in a transaction.
        owner: This process.
        clock: The store's.
    """

    def __init__(self, connection: Connection, owner: str, clock: Callable[[Connection], float]) -> None:
        self.connection = connection
        self.owner = owner
        self._clock = clock
        self._now: float | None = None
        self.unfinished: dict[str, int] = {}
        """By graph: how many there are, once somebody has counted."""

    @property
    def now(self) -> float:
        """The moment: one for the whole transaction."""
        if self._now is None:
            self._now = self._clock(self.connection)
        return self._now

    def next_moment(self) -> float:
        """The moment, and a little later the next time."""
        now = self.now
        self._now = now + TICK
        return now

    @property
    def alive(self) -> ScalarSelect[Any]:
        """Who has a lease."""
        return select(OWNERS.c.owner).where(OWNERS.c.until > self.now).scalar_subquery()

    def locked(self, found: Select[Any]) -> list[Any]:
        """Rows that nobody else changes until the end; those that somebody else is about to are left out."""
        return list(self.connection.execute(found.with_for_update(skip_locked=True)))

    def add_if_new(self, table: Table, **values: Any) -> bool:
        """Whether a row was added: there was none like it."""
        return bool(self.connection.execute(_added_if_new(self.connection.dialect.name, table), values).rowcount > 0)


def insert_of(dialect: str) -> Callable[[Table], Any]:
    """How rows are added in a database where some may be there: both kinds can do it, each in its own words."""
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


@cache
def _added_if_new(dialect: str, table: Table) -> Insert:
    added: Insert = insert_of(dialect)(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return added
