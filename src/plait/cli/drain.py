"""plait drain: take a predictor out, and wait until nothing is in flight there."""

from __future__ import annotations

from plait.cli.marks import marking

drain = marking(
    "drain",
    """Exclude a predictor and wait until none of its calls is in flight, so that its process can be stopped.

    Exit code 0 once nothing is in flight any more; 1 if that takes too long, and then it stays excluded.
    """,
    done="{name} is excluded, and none of its calls is in flight",
)
