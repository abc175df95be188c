"""Jobs that are kept in a store."""

from __future__ import annotations

from typing import Any

from plait.jobs.records import Ended, NewJob, StoredPart
from tests.jobs.memory import Memory


def new(number: int, **facts: Any) -> NewJob:
    known: dict[str, Any] = {"graph": "predict", "client": "", "revision": 1, "digest": "d", "slice": b"{}", "input": b"{}"}
    known |= {"headers": {"x-secret": "swordfish"}, "forwarded": "", "priority": 1, "expires": 60.0, "most": 100}
    return NewJob(id=f"{number:032x}", request_id=f"request-{number}", **(known | facts))


def part(key: str, **facts: Any) -> StoredPart:
    known = {"status": "ok", "code": 200, "seconds": 0.0123, "attempts": 1, "endpoint": "127.0.0.1:8000", "error": "", "item": None}
    return StoredPart(key=key, node=f"predict/{key}", predictor=key, **(known | facts))


async def fill(store: Memory) -> None:
    """Jobs 1 to 5, of which 1 has succeeded, 2 failed, 3 runs, and 4 stands in a queue of another graph."""
    for number in range(1, 6):
        await store.add(new(number, graph="one", queue="slow", client="ada") if number == 4 else new(number))
    for number in (1, 2, 3):
        await store.begin(f"{number:032x}", 1)
        await store.part(f"{number:032x}", 1, part("setosa", output=b'{"y":1}'))
    await store.part(f"{2:032x}", 1, part("virginica", status="error", code=500, error="it fails"))
    await store.finish(f"{1:032x}", 1, Ended(status="succeeded", result=b'{"setosa":{"y":1}}'))
    await store.finish(f"{2:032x}", 1, Ended(status="failed", error=b'{"title":"Bad answer"}'))
