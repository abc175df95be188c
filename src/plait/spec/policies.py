"""What a file may say of repeating, limiting, balancing, ejecting and probing: predictors' options, some of them nodes' too."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from plait.spec.base import Spec
from plait.spec.fields import DURATION, Duration, Many, Share, Target, duration_text, seconds

CONNECT: Literal["connect"] = "connect"
"""Never sent: there was no connection."""
TIMEOUT: Literal["timeout"] = "timeout"
"""No answer in this attempt's share of the time."""
BROKEN: Literal["broken"] = "broken"
"""Sent, and the connection broke before the answer was whole."""
P95: Literal["p95"] = "p95"

_CAUSES = {"anyOf": [{"enum": [CONNECT, TIMEOUT, BROKEN, 408, 425, 429]}, {"type": "integer", "minimum": 500, "maximum": 599}]}

Balance = Literal["p2c", "least_loaded", "round_robin"]


def _cause(value: object) -> object:
    if value in (CONNECT, TIMEOUT, BROKEN):
        return value
    if isinstance(value, int) and (value in (408, 425, 429) or 500 <= value <= 599):  # noqa: PLR2004 - HTTP's
        return value
    raise ValueError("is nothing to ask again after; name connect, timeout, broken, 408, 425, 429 or a status from 500 to 599")


Cause = Annotated[Literal["connect", "timeout", "broken"] | int, BeforeValidator(_cause), WithJsonSchema(_CAUSES)]


class RetrySpec(Spec):
    """How often a call is made, and after which failures."""

    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """How many in all, the first included; 1 is none again. Each goes to another replica where there is one."""
    on: Many[Cause] | None = None
    """`connect` (never sent), `broken`, `timeout`, and statuses; by default `connect`, with `idempotent: true` more."""


def _after(value: object) -> object:
    return value if value == P95 or isinstance(value, float) else seconds(value)


After = Annotated[
    Literal["p95"] | float,
    BeforeValidator(_after),
    PlainSerializer(lambda value: value if isinstance(value, str) else duration_text(value), return_type=str),
    WithJsonSchema({"anyOf": [{"const": P95}, {"type": "string", "pattern": DURATION}], "examples": [P95, "50ms"]}),
]


class HedgeSpec(Spec):
    """A second copy of a call that takes long; the first answer counts."""

    after: After = P95
    """How long to wait before it: `p95`, the time in which 95 of 100 calls are answered at present, or a duration."""


def _in_flight(value: object) -> object:
    if value == "adaptive" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100_000):  # noqa: PLR2004
        return value
    raise ValueError("is no limit; write adaptive, or a number from 1 to 100000")


InFlight = Annotated[
    Literal["adaptive"] | int,
    BeforeValidator(_in_flight),
    WithJsonSchema({"anyOf": [{"const": "adaptive"}, {"type": "integer", "minimum": 1, "maximum": 100_000}]}),
]


class LimitSpec(Spec):
    """How many calls of a predictor may be in flight, and how many may wait for that."""

    in_flight: InFlight = "adaptive"
    """`adaptive` finds how many the predictor works on without a queue of its own; or a number."""
    waiting: Annotated[int, Field(ge=0, le=100_000)] = 1024
    """Calls that may wait; one whose turn would come too late is turned away at once."""


class EjectSpec(Spec):
    """When a replica that fails gets no calls for a while; where more than half would be out, all are used."""

    failures: Annotated[int, Field(ge=1, le=1000)] = 4
    """Failures in a row."""
    rate: Share = 0.5
    """Share of failures among about the latest 20 calls."""
    time: Duration = 1.0
    """For how long the first time; twice as long each further time. Then a single call tries it."""
    longest: Duration = 30.0
    """For how long at most."""


class HealthSpec(Spec):
    """How replicas are asked whether they are well."""

    path: Target = "/health"
    """Asked by GET; any 2xx is good."""
    interval: Duration = 5.0
    """Time between two probes of a replica; three that fail in a row take it out, as long as enough others are left."""


def _ejecting(value: Any) -> Any:
    if value is True or value is None:
        raise ValueError("is no rule; write eject: {failures: 4}, or eject: false for none")
    return value


Eject = Annotated[EjectSpec | Literal[False], BeforeValidator(_ejecting)]


def repeats(retry: RetrySpec | None, hedge: HedgeSpec | None) -> bool:
    """Whether a call may reach a predictor twice by what a file asks for."""
    named = retry is not None and retry.on is not None and any(cause != CONNECT for cause in retry.on)
    return hedge is not None or (named and retry is not None and retry.attempts > 1)
