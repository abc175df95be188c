"""What a proxy tells of one run: its answer, whole, and how each part ended."""

from __future__ import annotations

from typing import Any

import msgspec


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


class Part(PartState, frozen=True, kw_only=True):
    """One call of a predictor, as it ended: `key` is its name in the answer, `output` what it answered if `status` is ok."""

    key: str = msgspec.field(name="part")
    node: str
    output: Any = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The graph's answer with what happened around it; `complete` is false if something is missing because it failed."""

    result: Any
    complete: bool
    request_id: str
    revision: int
    parts: dict[str, PartState]
