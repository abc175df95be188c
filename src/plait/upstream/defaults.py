"""What the policies of an upstream do where a file says nothing: every number of them, in one place."""

from __future__ import annotations

from typing import Final

from plait.spec.policies import EjectSpec

# Latency.
LATENCY_DECAY: Final = 10.0
"""Seconds in which what was seen fades to 1/e."""
FIRST_LATENCY: Final = 0.01
"""Seconds that a replica is thought to take before anything is known of any."""
FAILURE_COST: Final = 1.0
"""Seconds that a failure counts as, at least."""

# Hedges.
HEDGE_QUANTILE: Final = 0.95
"""No second copy is sent before this share of calls would have been answered."""
HEDGE_SHARE: Final = 0.02
"""Second copies for each call, at most."""
HEDGE_STRETCH: Final = 2.0
"""A second copy waits at most this many times the quantile, however many calls take longer."""
HEDGE_CALLS: Final = 50
"""Calls that must have ended before the quantile is believed."""

# Balancing.
SLOW_START: Final = 5.0
"""Seconds in which a replica that comes (back) grows to its full share."""
SLOW_START_SHARE: Final = 0.1
"""With what part of its share it begins."""

# Budget.
BUDGET_SECONDS: Final = 10
BUDGET_SHARE: Final = 0.1
BUDGET_LEAST: Final = 10

# Limit.
FIRST_LIMIT: Final = 16
LEAST_LIMIT: Final = 1
MOST_LIMIT: Final = 1024
WAITING: Final = 1024
"""Calls that may wait for a permit."""

# Jobs.
JOBS_WAITING: Final = 16_384
"""Calls of jobs that may wait for a permit, and as many of what is deferred: they are bounded by the jobs that run at once."""
JOBS_BUDGET: Final = 0.5
"""Share of the budget that jobs may use up."""
JOBS_LOOK: Final = 0.1
"""Seconds after which it is looked again whether there is room for those that wait."""

# Ejection.
EJECT: Final = EjectSpec()
EJECT_STREAK: Final = EJECT.failures
"""Failures in a row that eject; below 5, for some are in flight when the last of them fails."""
EJECT_SECONDS: Final = EJECT.time
EJECT_LONGEST: Final = EJECT.longest
EJECT_SHARE: Final = 0.5
"""Where more than this share of the replicas would be out, all of them are used."""
PROBES: Final = 3
"""Active probes in a row that must fail before their verdict counts."""

# Retries.
ATTEMPTS: Final = 3
BACKOFF: Final = 0.01
"""Seconds; the longest wait before the second attempt, doubled for each further one."""
LONGEST_BACKOFF: Final = 1.0
