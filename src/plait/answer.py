"""What a graph answered, and how each part of it ended."""

from __future__ import annotations

from typing import Any

import msgspec

from plait.events import Acted


class PartState(msgspec.Struct, frozen=True, kw_only=True):
    """How one call of a predictor ended.

    `status` is one of ok, error, timeout, unreachable, skipped, cancelled, ejected, overloaded; `code` the predictor's HTTP status
    if an answer was read; `ms` the milliseconds that it took. `endpoint` and `error` are None for callers who may not see them.
    """

    status: str
    code: int | None
    ms: float
    attempts: int
    endpoint: str | None = None
    error: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The graph's answer with what happened around it.

    `result` is plain Python, `complete` false if something in it is missing because it failed, `request_id` what predictors saw
    too, `revision` the number of the configuration that answered, `parts` the calls of predictors by key, and `rules` what rules of
    the graph have done, or failed to do.
    """

    result: Any
    complete: bool
    request_id: str
    revision: int
    parts: dict[str, PartState]
    rules: list[Acted] = []
