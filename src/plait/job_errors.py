"""What can stand in a job's way: the classes that its client is answered with, or that a job fails with."""

from __future__ import annotations

from plait.errors import PlaitError, RequestError, TimedOut

SOON = 1.0


class StoreDown(PlaitError):
    """A store does not take or give anything now; what needs none goes on, and it is tried again by itself."""

    code, title, status = "store-down", "Store unavailable", 503
    retry_after = SOON


class NotInstalled(RequestError):
    """Jobs need packages that are not there."""

    code, title, status = "no-jobs", "Jobs are not installed", 501


class KeyReused(RequestError):
    """The same `Idempotency-Key` came with another body."""

    code, title, status = "key-reused", "Idempotency-Key used again", 422


class NotYetDurable(RequestError):
    """The first request with this `Idempotency-Key` is not durable yet."""

    code, title, status = "key-in-use", "Idempotency-Key in use", 409


class Full(RequestError):
    """There are as many unfinished jobs of the graph as there may be."""

    code, title, status = "too-many-jobs", "Too many jobs", 503
    retry_after = SOON


class Gone(PlaitError):
    """What the job was to run on is there no more."""

    code, title, status = "gone", "Gone", 410


class Expired(PlaitError):
    """The job waited for its turn longer than it may."""

    code, title, status = "expired", "Expired", 504


class GivenUp(PlaitError):
    """Whoever ran the job died, again and again."""

    code, title, status = "given-up", "Given up", 500


class Cancelled(PlaitError):
    """Somebody cancelled the job."""

    code, title, status = "cancelled", "Cancelled", 409


class NotFinished(TimedOut, TimeoutError):
    """The job goes on: who waited for it did so as long as it wanted to. A client raises this; no proxy answers with it."""

    code, title = "not-finished", "Not finished"


ALL: tuple[type[PlaitError], ...] = (StoreDown, NotInstalled, KeyReused, NotYetDurable, Full, Gone, Expired, GivenUp, Cancelled)
"""Those that a proxy answers with."""
