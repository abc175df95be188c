"""Fakes, servers, faults and a virtual clock, for plait's own tests and for those of its users (docs/testing.md)."""

from __future__ import annotations

from plait.testing.fakes import FakePredictor
from plait.testing.faults import Drip, Fault, Garbage, HalfOpen, Latency, Limit, Refuse, Reset, Slice, Stop, Truncate
from plait.testing.graphs import GraphRun, run_graph
from plait.testing.proxy import FaultProxy
from plait.testing.scripted import Asked, Close, Hang, Reply, ScriptedServer
from plait.testing.server import RawServer
from plait.testing.virtual import run_virtual

__all__ = [
    "Asked",
    "Close",
    "Drip",
    "FakePredictor",
    "Fault",
    "FaultProxy",
    "Garbage",
    "GraphRun",
    "HalfOpen",
    "Hang",
    "Latency",
    "Limit",
    "RawServer",
    "Refuse",
    "Reply",
    "Reset",
    "ScriptedServer",
    "Slice",
    "Stop",
    "Truncate",
    "run_graph",
    "run_virtual",
]
