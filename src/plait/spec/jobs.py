"""What a file may say of jobs: where they are kept, how long they may take, how many there may be."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from plait.spec.base import Spec
from plait.spec.bounds import duration_within
from plait.spec.control import StoreUrl
from plait.spec.fields import Duration

_DAY = 24 * 3600.0
_Time = Annotated[Duration, duration_within(0.1, 7 * _DAY)]
_Kept = Annotated[Duration, duration_within(1.0, 366 * _DAY)]


class JobsSpec(Spec):
    """Answers that come later."""

    store: StoreUrl | None = None
    """`postgresql://…`: jobs that many proxies share; by default they are in the state folder."""
    timeout: _Time = 600.0
    """How long a job may run, in place of its graph's timeout; timeouts of nodes and predictors hold."""
    expire: _Kept = _DAY
    """How long a job may wait for its turn until it has failed."""
    keep: _Kept = _DAY
    """How long a job is kept once it has ended, and with it its `Idempotency-Key`."""
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 32
    """Jobs that run at once, in each worker."""
    most: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000
    """Jobs of one graph that have not ended; further ones are refused."""
