"""plait composes model services, in series and in parallel, into one endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait import errors
    from plait.client.aio import AsyncClient
    from plait.client.sync import Client
    from plait.graph.load import load
    from plait.server.asgi import Proxy

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "Proxy", "__version__", "errors", "load"]

_LAZY = {
    "AsyncClient": "plait.client.aio",
    "Client": "plait.client.sync",
    "Proxy": "plait.server.asgi",
    "load": "plait.graph.load",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import plait` and the command line start at once."""
    from importlib import import_module  # noqa: PLC0415 - only where a lazy name is used

    if name == "errors":
        return import_module("plait.errors")
    if name not in _LAZY:
        raise AttributeError(f"module plait has no attribute {name}")
    return getattr(import_module(_LAZY[name]), name)
