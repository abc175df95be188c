"""What of a change has to wait until workers, or plait itself, are started again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.graph.spec import Server
    from plait.spec.jobs import JobsSpec

_OF_THE_START = frozenset({"host", "port", "workers", "admin_host", "admin_port", "state", "store", "open_metrics"})
_AT_ONCE = frozenset({"details", "allow_local", "rollback"})


def waits(server: Server, before: Server | None, workers: int) -> Sequence[str]:
    """What the section `server` says otherwise than before that is not done at once, for people.

    Args:
        server: What it says.
        before: What it said.
        workers: How many there are here: several are restarted one by one, the only one is not; 0 while none has said that it runs.
    """
    if before is None:
        return ()
    changed = [key for key in type(server).model_fields if getattr(server, key) != getattr(before, key)]
    kept = [key for key in changed if key in _OF_THE_START or (workers <= 1 and key not in _AT_ONCE)]
    return [f"server.{key} takes effect when plait is started again" for key in kept]


def store_waits(jobs: JobsSpec, before: JobsSpec | None) -> Sequence[str]:
    """The same of where jobs are kept: each process stays with the store that it began with.

    Args:
        jobs: What the section `jobs` says.
        before: What it said.
    """
    if before is None or jobs.store == before.store:
        return ()
    return [
        "jobs.store needs plait to be started again, now: a worker that is replaced before then uses the new store, others the old"
    ]
