"""The functions that random graphs name."""

from __future__ import annotations

from typing import Any

from plait.errors import InvalidRequest
from plait.nodes.code import PythonContext


async def same(value: Any, context: PythonContext) -> Any:
    return value


async def wrapped(value: Any, context: PythonContext) -> Any:
    return {"w": value}


async def fails(value: Any, context: PythonContext) -> Any:
    raise ValueError("it is meant to")


async def refuses(value: Any, context: PythonContext) -> Any:
    raise InvalidRequest("not this one", "")


def threaded(value: Any, context: PythonContext) -> Any:
    return {"w": value}
