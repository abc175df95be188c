"""What ran last, beside the store: for a start without it."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

NAME = "current.json"


class Current(msgspec.Struct, frozen=True):
    """The last good revision.

    Args:
        revision: Its number.
        data: As it was written, variables and relative paths too.
        excluded: The predictors that are excluded.
        digest: Of the file that was taken in last; none without one.
    """

    revision: int
    data: dict[str, Any]
    excluded: Collection[str] = ()
    digest: str | None = None


def keep(state: Path, current: Current) -> None:
    """Write it, whole or not at all.

    Raises:
        OSError: If the state folder cannot be written.
    """
    new = state / f"{NAME}.new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(current))
        file.flush()
        os.fsync(file.fileno())
    new.replace(state / NAME)


def kept(state: Path) -> Current | None:
    """What was kept; None if there is nothing, or nothing that can be read."""
    try:
        return msgspec.json.decode((state / NAME).read_bytes(), type=Current)
    except (OSError, ValueError):
        return None
