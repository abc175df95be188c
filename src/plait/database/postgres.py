"""A database of Postgres, shared by many proxies."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, create_engine

from plait.errors import StartError

CONNECT_SECONDS = 2
STATEMENT_MS = 2_000
_MAKING = 7_526_491_801
"""Of the advisory lock under which tables are made."""
_ADVICE = {
    "password authentication": "see the user and password of server: {store: …}",
    "does not exist": "see the database and user of server: {store: …}",
    "permission denied": "let its user make tables and write them",
    "read-only": "name the server that can be written in server: {store: …}",
    "a row has": "somebody else wrote into its tables; put a copy in their place",
}


class Postgres:
    """A database of Postgres.

    Args:
        url: As libpq reads it: `postgresql://user:password@host/database?sslmode=require`.

    Raises:
        StartError: If it is no such URL.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            parts = conninfo_to_dict(url)
        except psycopg.ProgrammingError as exc:
            raise StartError(f"server.store is no URL of Postgres: {_without_url(exc, url)}") from None
        host = parts.get("host") or parts.get("hostaddr") or "localhost"
        self._where = f"the store {parts.get('dbname') or ''} of Postgres at {host}:{parts.get('port') or 5432}"

    @property
    def where(self) -> str:
        """The database and its server."""
        return self._where

    def engine(self) -> Engine:
        """A way to the database, by one connection that is tried before it is used again."""
        return create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            pool_size=1,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=True,
        )

    def _connect(self) -> psycopg.Connection[Any]:
        # Nothing is prepared, and settings are made by statements: both is what lies between, such as pgbouncer, can do.
        connection = psycopg.connect(
            self._url, connect_timeout=CONNECT_SECONDS, application_name="plait", prepare_threshold=None, autocommit=True
        )
        try:
            for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
                connection.execute(f"SET {setting} = {STATEMENT_MS}")
            connection.execute("SET synchronous_commit = on")
            connection.autocommit = False
        except BaseException:
            connection.close()
            raise
        return connection

    def begin(self, connection: Connection) -> None:
        """Every transaction can write."""

    def place(self) -> object:
        """It is where its URL says."""
        return None

    def now(self, connection: Connection) -> float:
        """The server's moment."""
        return float(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())

    def alone(self, connection: Connection) -> None:
        """Take a lock that ends with the transaction."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MAKING})")

    def advice(self, said: str) -> str:
        """What to do about a failure."""
        return next((advice for word, advice in _ADVICE.items() if word in said), "")

    def interrupt(self, connection: psycopg.Connection[Any]) -> None:
        """Shut the connection's socket: a server that was stopped answers nothing else, not even a request to cancel."""
        with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.pgconn.socket)) as its:
            its.shutdown(socket.SHUT_RDWR)


def _without_url(exc: Exception, url: str) -> str:
    return " ".join(str(exc).replace(url, "…").split())
