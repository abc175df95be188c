"""What a `FaultProxy` can do to the bytes that it carries: each fault is data, and a plan for every piece of bytes."""

from __future__ import annotations

from plait.testing.faults.altered import Garbage, Slice
from plait.testing.faults.ends import Refuse, Reset, Truncate
from plait.testing.faults.fault import End, Fault, Piece, Plan, Step, Wait
from plait.testing.faults.silent import HalfOpen, Stop
from plait.testing.faults.slow import Drip, Latency, Limit

__all__ = [
    "Drip",
    "End",
    "Fault",
    "Garbage",
    "HalfOpen",
    "Latency",
    "Limit",
    "Piece",
    "Plan",
    "Refuse",
    "Reset",
    "Slice",
    "Step",
    "Stop",
    "Truncate",
    "Wait",
]
