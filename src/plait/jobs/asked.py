"""What is asked for when a job is to be: the graph and all that it runs on."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from plait.graph.compile import Compiled
from plait.graph.slice import Slice
from plait.types import JOB, Message


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is to be.

    Args:
        graph: The graph's name.
        slice: What it runs on (see `plait.graph.slice`).
        message: The request's body, which the graph takes.
        compiled: The graph as it runs now; without it, it is compiled from the slice when the job begins, and looks at the request
            then.
        headers: The request's header fields, by lower-case name.
        forwarded: The header lines that every predictor gets.
        request_id: The request's.
        revision: The number of the configuration.
        client: Who asks; empty where clients are not told apart.
        key: The client's `Idempotency-Key`, if it gave one.
        notify: The sink that hears of the job's end, if one does.
        priority: `plait.types.JOB` or `DEFERRED`.
        queue: The sink whose queue it stands in, if it does.
        ruled: Whether a rule began it, so that none runs on it.
    """

    graph: str
    slice: Slice
    message: Message
    compiled: Compiled | None = None
    headers: Mapping[bytes, bytes] = {}
    forwarded: bytes = b""
    request_id: str
    revision: int
    client: str = ""
    key: str | None = None
    notify: str | None = None
    priority: int = JOB
    queue: str | None = None
    ruled: bool = False
