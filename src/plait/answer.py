"""What a graph answered, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one request.

    Args:
        result: The graph's output, plain Python.
        complete: Whether nothing in it is missing because it failed.
        request_id: The id that the request had, also at the predictors.
        revision: The number of the configuration that answered.
        parts: What became of each predictor's call, by key: `status`, `code`, `ms`, `attempts`, `endpoint`, `error`.
    """

    result: Any
    complete: bool
    request_id: str
    revision: int
    parts: Mapping[str, Mapping[str, Any]]
