"""What a worker says that it runs."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec


class Running(msgspec.Struct, frozen=True):
    """What a worker runs.

    Args:
        revision: The number of its configuration.
        since: When it began to, in RFC 3339.
        warnings: What went wrong while predictors were warmed.
        error: Why it does not run a newer one that it was told to, if so.
        excluded: The predictors that are taken out of it.
    """

    revision: int
    since: str
    warnings: tuple[str, ...] = ()
    error: str | None = None
    excluded: tuple[str, ...] = ()


def now() -> str:
    """The present moment, in RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
