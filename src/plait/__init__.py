"""plait composes model services, in series and in parallel, into one endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait import errors, job_errors
    from plait.algebra.file import load
    from plait.algebra.graph import Graph
    from plait.algebra.merges import argmax, argmin, mean, vote
    from plait.algebra.merges import max as max  # noqa: A004 - plait.max
    from plait.algebra.merges import min as min  # noqa: A004 - plait.min
    from plait.algebra.merges import sum as sum  # noqa: A004 - plait.sum
    from plait.algebra.nodes import (
        cascade,
        fallback,
        parallel,
        predict,
        predictor,
        python,
        sequence,
        shadow,
        split,
        subgraph,
        switch,
        transform,
        value,
    )
    from plait.algebra.nodes import map as map  # noqa: A004 - plait.map
    from plait.answer import Answer
    from plait.client.aio import AsyncClient
    from plait.client.aio_job import AsyncJob
    from plait.client.job import Job
    from plait.client.sync import Client
    from plait.nodes.code import PythonContext
    from plait.server.asgi import Proxy

__version__ = "0.1.0"

# `map`, `max`, `min` and `sum` are left out: `from plait import *` must not hide Python's own.
__all__ = [
    "Answer",
    "AsyncClient",
    "AsyncJob",
    "Client",
    "Graph",
    "Job",
    "Proxy",
    "PythonContext",
    "__version__",
    "argmax",
    "argmin",
    "cascade",
    "errors",
    "fallback",
    "job_errors",
    "load",
    "mean",
    "parallel",
    "predict",
    "predictor",
    "python",
    "sequence",
    "shadow",
    "split",
    "subgraph",
    "switch",
    "transform",
    "value",
    "vote",
]

_WHERE = {
    "plait.algebra.file": "load",
    "plait.algebra.graph": "Graph",
    "plait.algebra.merges": "argmax argmin max mean min sum vote",
    "plait.algebra.nodes": (
        "cascade fallback map parallel predict predictor python sequence shadow split subgraph switch transform value"
    ),
    "plait.answer": "Answer",
    "plait.client.aio": "AsyncClient",
    "plait.client.aio_job": "AsyncJob",
    "plait.client.job": "Job",
    "plait.client.sync": "Client",
    "plait.nodes.code": "PythonContext",
    "plait.server.asgi": "Proxy",
}
_MODULES = ("errors", "job_errors")
_LAZY = {name: module for module, names in _WHERE.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import plait` and the command line start at once."""
    from importlib import import_module  # noqa: PLC0415 - only where a lazy name is used

    if name in _MODULES:
        return import_module(f"plait.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module plait has no attribute {name}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_MODULES})
