"""plait exclude: take a predictor out while plait runs."""

from __future__ import annotations

from plait.cli.marks import marking

exclude = marking(
    "exclude",
    """Take a predictor out until `plait include`: a parallel answers as if it had no such branch.

    It stays out whatever changes, also when plait is started again. The last branch, and one that is required, cannot be excluded.
    """,
    done="{name} is excluded",
)
