"""plait include: take an excluded predictor in again."""

from __future__ import annotations

from plait.cli.marks import marking

include = marking("include", "Take a predictor in again that was excluded or drained.", done="{name} is asked again")
