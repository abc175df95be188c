"""What is asked all the time looks at jobs that have not ended only, however many have: SQLite tells how it finds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from plait.database.database import Database
from plait.database.sqlite import Sqlite
from plait.jobs.store import claiming, looking, messages, running, sweeping, taking
from plait.jobs.store.tables import SCHEMA
from plait.jobs.store.turn import Turn
from tests.jobs.store.stores import DONE, message, new

WORKS = {
    "add": lambda turn: taking.add(turn, new(key="k"), (), ()),
    "claim": lambda turn: claiming.claim(turn, None, 9),
    "claim a queue": lambda turn: claiming.claim(turn, "q", 9),
    "renew": lambda turn: running.renew(turn, 10),
    "forsake": lambda turn: running.forsake(turn, ()),
    "finish": lambda turn: running.finish(turn, "a", 1, DONE, (), ()),
    "sweep": lambda turn: sweeping.sweep(turn, 10),
    "counts": looking.counts,
    "due": lambda turn: messages.claim_outgoing(turn, 9),
    "waiting": messages.waiting,
    "promise": lambda turn: messages.promise(turn, [message("m")]),
}


@pytest.mark.parametrize("name", WORKS)
def test_no_statement_goes_through_all_jobs_or_messages(name: str, tmp_path: Path) -> None:
    database = Database(Sqlite(tmp_path / "jobs.db", kept=True), SCHEMA)
    said: list[tuple[str, object]] = []

    def work(connection: Connection) -> list[str]:
        event.listen(connection, "before_cursor_execute", lambda *told: said.append((told[2], told[3])))
        WORKS[name](Turn(connection, "ours", lambda _: 1e9))
        asked = [(text, given) for text, given in said if not isinstance(given, list)]
        plans = (connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given) for text, given in asked)  # type: ignore[arg-type]
        return [row[3] for plan in plans for row in plan]

    plan = database.write(work)
    database.close()
    assert said
    for line in plan:
        whole = line.startswith(("SCAN plait_jobs", "SCAN plait_outbox", "SCAN plait_parts")) and "INDEX" not in line
        assert not whole, line
        assert "SCAN plait_jobs USING COVERING INDEX plait_jobs_by_age" not in line
