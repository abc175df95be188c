"""What can stand in a change's way, besides a configuration that is wrong: the classes that the admin port answers with."""

from __future__ import annotations

from collections.abc import Sequence

from plait.database.errors import Conflict as Conflict  # noqa: PLC0414 - these are among them
from plait.database.errors import StoreDown as StoreDown  # noqa: PLC0414
from plait.errors import ConfigError, PlaitError, Problem


class Stale(PlaitError):
    """The change was meant for another revision than the one that is active."""

    code, title, status = "stale", "Precondition failed", 412


class InUse(PlaitError):
    """What was to be removed or excluded cannot be done without; `problems` says by whom."""

    code, title, status = "in-use", "In use", 409

    def __init__(self, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.problems = list(problems)


class NotRetried(PlaitError):
    """Only a job that failed or was cancelled can run again."""

    code, title, status = "not-retried", "Not retried", 409


class NotPermitted(ConfigError):
    """A change that only the file may make, with every problem of that kind."""

    code, title = "not-permitted", "Not permitted"
