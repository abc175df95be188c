"""One database, asked from one thread: opened at the first call, and anew after every failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, event, insert, inspect, select
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from plait.control.errors import Conflict, StoreDown
from plait.control.store.tables import SCHEMA, STORE, Damaged, metadata

T = TypeVar("T")

_LONGEST = 300


class Dialect(Protocol):
    """What one kind of database needs of its own."""

    @property
    def where(self) -> str:
        """What it is called in messages, without secrets."""
        ...

    def engine(self) -> Engine:
        """A way to it; nothing is opened yet, but what must be there is made."""
        ...

    def begin(self, connection: Connection) -> None:
        """Make the transaction that has just begun one that writes."""
        ...

    def alone(self, connection: Connection) -> None:
        """Keep others from making tables before this transaction has ended."""
        ...

    def advice(self, said: str) -> str:
        """What to do about a failure, by what the database said of it; empty if there is only waiting."""
        ...

    def interrupt(self, connection: Any) -> None:
        """From another thread: end the call of this connection that hangs."""
        ...


class Database:
    """Runs functions on a connection; whatever fails but by a conflict is one error, and closes what was open.

    A transaction whose end was not confirmed counts as one that did not happen, until the database is read again: it may have
    reached the disk all the same.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._engine: Engine | None = None
        self._latest: Any = None

    def read(self, work: Callable[[Connection], T]) -> T:
        """What a function reads.

        Raises:
            StoreDown: If it cannot be read.
        """
        return self._run(lambda engine: _reading(engine, work))

    def write(self, work: Callable[[Connection], T]) -> T:
        """What a function gives, once all that it wrote is on the disk.

        Raises:
            Conflict: If the function says so, or what it adds is there already; then nothing was written.
            StoreDown: If it could not be written, or nobody knows.
        """
        return self._run(lambda engine: self._writing(engine, work))

    def interrupt(self) -> None:
        """From another thread: end the call that hangs."""
        if self._latest is not None:
            self.dialect.interrupt(self._latest)

    def close(self) -> None:
        """Close what is open; the next call opens it again."""
        engine, self._engine, self._latest = self._engine, None, None
        if engine is not None:
            engine.dispose()

    def _run(self, work: Callable[[Engine], T]) -> T:
        try:
            return work(self._open())
        except IntegrityError as exc:
            raise Conflict(_said(exc)) from None
        except (SQLAlchemyError, Damaged, OSError) as exc:
            self.close()
            said = _said(exc)
            advice = self.dialect.advice(said.lower())
            raise StoreDown(f"{self.dialect.where} fails: {said}{advice and f'; {advice}'}") from exc

    def _writing(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        with engine.begin() as connection:
            self.dialect.begin(connection)
            return work(connection)

    def _open(self) -> Engine:
        if self._engine is None:
            engine = self.dialect.engine()
            event.listen(engine, "connect", self._remember)
            self._engine = engine
            version = _reading(engine, _version) or self._writing(engine, self._make)
            if version > SCHEMA:
                self.close()
                known = f"its tables are of version {version}, and this plait knows {SCHEMA}"
                raise StoreDown(
                    f"{self.dialect.where} was written by a newer plait: {known}; run that, or give this one another store"
                )
        return self._engine

    def _remember(self, connection: Any, _record: object) -> None:
        self._latest = connection

    def _make(self, connection: Connection) -> int:
        self.dialect.alone(connection)
        version = _version(connection)  # others may have been first
        if version == 0:
            metadata.create_all(connection)
            connection.execute(insert(STORE).values(id=1, version=SCHEMA, turn=0))
        return version or SCHEMA


def _reading(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _version(connection: Connection) -> int:
    if not inspect(connection).has_table(STORE.name):
        return 0
    return int(connection.execute(select(STORE.c.version)).scalar() or 0)


def _said(exc: Exception) -> str:
    """What the database said, in one line; never the statement or its values."""
    found = exc.orig if isinstance(exc, DBAPIError) else exc
    text = str(found.strerror if isinstance(found, OSError) and found.strerror else found)
    line = " ".join(text.split()) or type(exc).__name__
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
