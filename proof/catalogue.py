"""All rows, in the order of the table."""

from __future__ import annotations

from typing import Any

from proof import soak
from proof.row import Row
from proof.rows import (
    alerts,
    amplification,
    cancelled,
    changes,
    conformance,
    deadlines,
    ejection,
    hangups,
    hedging,
    jobs,
    overload,
    poisoning,
    priorities,
    recovery,
    slow_clients,
    submissions,
    workers,
)

ROWS: tuple[Row[Any], ...] = (
    amplification.ROW,
    ejection.FAILING,
    ejection.FAST,
    ejection.SLOW,
    ejection.PROBES,
    recovery.ROW,
    hedging.ROW,
    cancelled.ROW,
    hangups.ROW,
    deadlines.LATE,
    deadlines.PARTIAL,
    overload.ROW,
    poisoning.ROW,
    slow_clients.ROW,
    conformance.ROW,
    workers.RESTARTS,
    workers.KILLS,
    changes.CHANGES,
    changes.LIVE,
    changes.LARGE,
    jobs.ROW,
    submissions.ROW,
    priorities.ROW,
    alerts.ROW,
)

ALL = (*ROWS, soak.ROW)
"""Also the one that takes half an hour."""
