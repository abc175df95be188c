"""Several pieces of work in one transaction: one commit for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection

from plait.database.database import Database
from plait.database.errors import Conflict, StoreDown
from plait.errors import PlaitError, fault

S = TypeVar("S")

TIMES = 2
"""How often a piece of work is tried alone: what it collided with may be there to be found the second time."""


class Outcome(NamedTuple):
    """What came of a piece of work: what it gave, or why it did not."""

    value: Any = None
    error: PlaitError | None = None


class Together(Generic[S]):
    """Does what is asked, in the thread that may.

    A `PlaitError` of one piece of work is its own: it must not have written anything by then. Whatever else goes wrong undoes the
    transaction, and each piece is then done alone.

    Args:
        database: Where.
        begin: From a connection in a transaction to what work is given.
    """

    def __init__(self, database: Database, begin: Callable[[Connection], S]) -> None:
        self.database = database
        self._begin = begin

    def run(self, works: Sequence[Callable[[S], Any]], *, writes: bool) -> list[Outcome]:
        """What came of each; all that was written is on the disk by then.

        Raises:
            StoreDown: If the database does not do what it should: then nothing was written, or nobody knows.
        """
        try:
            return self._transaction(works, writes=writes)
        except StoreDown:
            raise
        except Exception:  # noqa: BLE001 - whose fault it is shows when each is done alone
            return [self._alone(work, writes=writes) for work in works]

    def _alone(self, work: Callable[[S], Any], *, writes: bool) -> Outcome:
        for _ in range(TIMES):
            try:
                return self._transaction([work], writes=writes)[0]
            except StoreDown as exc:
                return Outcome(error=exc)
            except Conflict as exc:
                said = str(exc)
            except Exception as exc:  # noqa: BLE001 - whatever it is, who asked must hear of it
                return Outcome(error=fault(exc))
        return Outcome(error=StoreDown(f"{self.database.dialect.where} refuses a row: {said}"))

    def _transaction(self, works: Sequence[Callable[[S], Any]], *, writes: bool) -> list[Outcome]:
        def each(connection: Connection) -> list[Outcome]:
            given = self._begin(connection)
            return [_outcome(work, given) for work in works]

        return self.database.write(each) if writes else self.database.read(each)


def _outcome(work: Callable[[S], Any], given: S) -> Outcome:
    try:
        return Outcome(work(given))
    except PlaitError as exc:
        return Outcome(error=exc)
