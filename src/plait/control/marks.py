"""Predictors that are excluded: marks beside the revisions, which edits, rollbacks and restarts keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """One predictor is excluded.

    Args:
        predictor: Its name; a mark also outlives the predictor.
        author: Who did it, as of a revision.
        reason: Why.
        created: When, in UTC.
    """

    predictor: str
    author: str
    reason: str
    created: datetime


Marks = Mapping[str, Mark]
"""By the name of the predictor."""
