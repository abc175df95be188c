"""All rows, in the order of the table."""

from __future__ import annotations

from typing import Any

from proof.row import Row
from proof.rows import cancelled, deadlines, hangups, poisoning

ROWS: tuple[Row[Any], ...] = (
    cancelled.ROW,
    hangups.ROW,
    deadlines.LATE,
    deadlines.PARTIAL,
    poisoning.ROW,
)
