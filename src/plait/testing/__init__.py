"""Fakes and a virtual clock, for plait's own tests and for those of its users."""

from __future__ import annotations

from plait.testing.fakes import FakePredictor
from plait.testing.graphs import GraphRun, run_graph
from plait.testing.server import RawServer
from plait.testing.virtual import run_virtual

__all__ = ["FakePredictor", "GraphRun", "RawServer", "run_graph", "run_virtual"]
