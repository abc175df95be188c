"""What the store's thread does."""

from __future__ import annotations

from sqlalchemy import Connection

from plait.database.database import Database, Dialect
from plait.database.lane import Opened
from plait.database.together import Together
from plait.jobs.store.statements import Statements
from plait.jobs.store.store import Doing
from plait.jobs.store.tables import SCHEMA
from plait.jobs.store.turn import Turn


def opened(dialect: Dialect, owner: str) -> Opened[Doing]:
    """A way to the store, for this process; what must be there is made at the first call."""
    database = Database(dialect, SCHEMA)

    def begin(connection: Connection) -> Doing:
        return Doing(Statements, Turn(connection, owner, dialect.now))

    return Opened(Together(database, begin), database.interrupt, database.close)
