"""What can stand in a change's way, besides a configuration that is wrong: the classes that the admin port answers with."""

from __future__ import annotations

from collections.abc import Sequence

from plait.errors import ConfigError, PlaitError, Problem

SOON = 1.0


class StoreDown(PlaitError):
    """The store of revisions does not take or give anything now; what runs goes on, and it is tried again by itself."""

    code, title, status = "store-down", "Store unavailable", 503
    retry_after = SOON


class Stale(PlaitError):
    """The change was meant for another revision than the one that is active."""

    code, title, status = "stale", "Precondition failed", 412


class InUse(PlaitError):
    """What was to be removed or excluded cannot be done without; `problems` says by whom."""

    code, title, status = "in-use", "In use", 409

    def __init__(self, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.problems = list(problems)


class NotPermitted(ConfigError):
    """A change that only the file may make, with every problem of that kind."""

    code, title = "not-permitted", "Not permitted"


class Conflict(Exception):
    """Somebody else has changed the store meanwhile: read it, and decide anew."""
