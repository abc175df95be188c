"""What can go wrong with a database."""

from __future__ import annotations

from plait.job_errors import StoreDown as StoreDown  # noqa: PLC0414 - clients know it too, who have no database


class Conflict(Exception):
    """Somebody else has changed the store meanwhile: read it, and decide anew."""


class Damaged(ValueError):
    """A row has what plait did not write."""
