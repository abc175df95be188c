"""One database, asked from one thread: opened at the first call, and anew after every failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, Engine, MetaData, Table, event, insert, inspect, select
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from plait.database.errors import Conflict, Damaged, StoreDown

T = TypeVar("T")

_LONGEST = 300


class Schema(NamedTuple):
    """Tables that belong together, and how they are known again.

    Args:
        metadata: All of them.
        store: The one with a single row, which has their `version`.
        version: Of these tables; a store of a later one is left alone.
        first: The rest of that row, when they are made.
    """

    metadata: MetaData
    store: Table
    version: int
    first: Mapping[str, Any]


class Dialect(Protocol):
    """What one kind of database needs of its own."""

    @property
    def where(self) -> str:
        """What it is called in messages, without secrets."""
        ...

    def engine(self) -> Engine:
        """A way to it; nothing is opened yet, but what must be there is made."""
        ...

    def place(self) -> object:
        """What tells where it is now from where it was, if that can change under an open connection."""
        ...

    def begin(self, connection: Connection) -> None:
        """Make the transaction that has just begun one that writes."""
        ...

    def now(self, connection: Connection) -> float:
        """The moment, in seconds since 1970: the same clock for all who share it."""
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

    Args:
        dialect: Where it is.
        schema: What is in it; made where it is missing.
    """

    def __init__(self, dialect: Dialect, schema: Schema) -> None:
        self.dialect = dialect
        self._schema = schema
        self._engine: Engine | None = None
        self._latest: Any = None
        self._place: object = None

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
        if self._engine is not None and self._place != self.dialect.place():
            self.close()
        if self._engine is None:
            engine = self.dialect.engine()
            event.listen(engine, "connect", self._remember)
            self._engine = engine
            version, latest = _reading(engine, self._version) or self._writing(engine, self._make), self._schema.version
            if version > latest:
                self.close()
                known = f"its tables are of version {version}, and this plait knows {latest}"
                raise StoreDown(
                    f"{self.dialect.where} was written by a newer plait: {known}; run that, or give this one another store"
                )
            self._place = self.dialect.place()
        return self._engine

    def _remember(self, connection: Any, _record: object) -> None:
        self._latest = connection

    def _make(self, connection: Connection) -> int:
        self.dialect.alone(connection)
        schema = self._schema
        version = self._version(connection)  # others may have been first
        if version == 0:
            schema.metadata.create_all(connection)
            connection.execute(insert(schema.store).values(version=schema.version, **schema.first))
        return version or schema.version

    def _version(self, connection: Connection) -> int:
        store = self._schema.store
        if not inspect(connection).has_table(store.name):
            return 0
        return int(connection.execute(select(store.c.version)).scalar() or 0)


def _reading(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _said(exc: Exception) -> str:
    """What the database said, in one line; never the statement or its values."""
    found = exc.orig if isinstance(exc, DBAPIError) else exc
    text = str(found.strerror if isinstance(found, OSError) and found.strerror else found)
    line = " ".join(text.split()) or type(exc).__name__
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
