"""What can bear witness to jobs: predictors that remember every call, and a store that notes when what was written."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from plait.testing import RawServer
from plait.testing.scripted import left
from plait.testing.server import ok, read_request
from proof.moments import now, until
from proof.row import Run

_LINE = re.compile(rb"POST /(\w+)")
_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_NOTES = f"""
CREATE TABLE proof_parts (job TEXT, key TEXT, at REAL);
CREATE TABLE proof_ends (job TEXT, status TEXT, at REAL);
CREATE TABLE proof_owners (job TEXT, owner TEXT, at REAL);
CREATE TRIGGER proof_part AFTER INSERT ON plait_parts BEGIN
    INSERT INTO proof_parts VALUES (NEW.job, NEW.key, {_NOW});
END;
CREATE TRIGGER proof_end AFTER UPDATE OF status ON plait_jobs WHEN NEW.status NOT IN ('queued', 'running') BEGIN
    INSERT INTO proof_ends VALUES (NEW.id, NEW.status, {_NOW});
END;
CREATE TRIGGER proof_first AFTER INSERT ON plait_jobs BEGIN
    INSERT INTO proof_owners VALUES (NEW.id, NEW.owner, {_NOW});
END;
CREATE TRIGGER proof_next AFTER UPDATE OF owner ON plait_jobs WHEN NEW.owner IS NOT OLD.owner BEGIN
    INSERT INTO proof_owners VALUES (NEW.id, NEW.owner, {_NOW});
END;
"""


class Call(NamedTuple):
    """One call of a predictor: by which process, for which part, and when (seconds since 1970)."""

    process: int
    part: str
    at: float


class Witness(RawServer):
    """Predictors, each at its path, who take `{"n": …, "process": …}`, answer `{"n": …}`, and remember who asked.

    Args:
        run: Draws how long each call takes.
        least: The shortest, in seconds.
        most: The longest.
    """

    def __init__(self, run: Run, least: float, most: float) -> None:
        super().__init__(self._converse)
        self._run = run
        self._between = least, most
        self.calls: defaultdict[int, list[Call]] = defaultdict(list)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            if (line := _LINE.match(request)) is None:
                return
            part, asked = line[1].decode(), json.loads(request.partition(b"\r\n\r\n")[2])
            number = int(asked["n"])
            self.calls[number].append(Call(int(asked["process"]), part, now()))
            if await left(reader, self._run.random(f"{number}/{part}").uniform(*self._between)):
                return
            writer.write(ok(b'{"n": %d}' % number))


class Noted(NamedTuple):
    """What the store has noted; moments are seconds since 1970.

    Args:
        parts: When each part was stored, by job and key.
        ends: What was written of each job's end, in order.
        owners: Who had each job, from when on, in order; None is nobody.
    """

    parts: dict[tuple[str, str], float]
    ends: dict[str, list[tuple[str, float]]]
    owners: dict[str, list[tuple[str | None, float]]]


class Notes:
    """Triggers in a store on SQLite: what is committed is noted with it, and what is not is not.

    Args:
        file: The store.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self) -> None:
        """Note from now on."""
        with self._open() as store:
            store.executescript(_NOTES)

    def unfinished(self) -> int:
        """Jobs that have not ended."""
        with self._open() as store:
            return int(store.execute("SELECT count(*) FROM plait_jobs WHERE status IN ('queued', 'running')").fetchone()[0])

    async def ended(self, seconds: float) -> int:
        """Wait until every job has ended, for so long; how many have not."""
        await until(lambda: not self.unfinished(), seconds, 0.2)
        return self.unfinished()

    def jobs(self) -> int:
        """Jobs that there are."""
        with self._open() as store:
            return int(store.execute("SELECT count(*) FROM plait_jobs").fetchone()[0])

    def read(self) -> Noted:
        """Everything that was noted."""
        ends: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        owners: defaultdict[str, list[tuple[str | None, float]]] = defaultdict(list)
        with self._open() as store:
            parts = {(job, key): at for job, key, at in store.execute("SELECT job, key, at FROM proof_parts")}
            for job, status, at in store.execute("SELECT job, status, at FROM proof_ends ORDER BY rowid"):
                ends[job].append((status, at))
            for job, owner, at in store.execute("SELECT job, owner, at FROM proof_owners ORDER BY rowid"):
                owners[job].append((owner, at))
        return Noted(parts, ends, owners)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=30.0)) as store:
            yield store
