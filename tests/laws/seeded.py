"""How property tests run: the same examples every time, and nothing kept."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
SEEDED = settings(derandomize=True, database=None, deadline=None, max_examples=18, suppress_health_check=_SLOW)
