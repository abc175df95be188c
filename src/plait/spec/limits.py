"""What a file says of the bounds on clients: sizes, numbers, deadlines."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from plait.spec.base import Spec
from plait.spec.bounds import UNLIMITED, Count, duration_within, size_within
from plait.spec.fields import Duration, Size

_LONGEST = 3600.0

_Text = Annotated[Size, size_within(256, 1 << 20)]
_Body = Annotated[Size, size_within(1, 1 << 30)]
_Rate = Annotated[Size, size_within(1, 1 << 30)]
_Time = Annotated[Duration, duration_within(0.01, _LONGEST)]
_Idle = Annotated[Duration, duration_within(0.01, 24 * _LONGEST)]
_Wait = Annotated[Duration, duration_within(0.001, 60.0)]


class Limits(Spec):
    """Bounds on what clients may send, and on how long they may take."""

    body: _Body = 10 << 20
    """Bytes of a request's body."""
    line: _Text = 8 << 10
    """Bytes of a request line."""
    headers: _Text = 32 << 10
    """Bytes of a header block."""
    fields: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Header fields."""
    connections: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Connections at once, of each worker."""
    connections_per_client: Count = UNLIMITED
    """Connections at once from one address, of each worker."""
    in_flight: Count = 5_000
    """Requests in progress at once, of each worker."""
    wait: _Wait = 0.5
    """How long requests may wait to begin when the proxy has more work than it can do; what would wait longer is refused."""
    header_timeout: _Time = 10.0
    """How long a request's head may take."""
    body_timeout: _Time = 10.0
    """How long a request's body may take, and longer as long as it comes at `body_rate`."""
    body_rate: _Rate = 1 << 10
    """Bytes a second of a body, or of an answer that the client takes, once their timeout has passed."""
    idle_timeout: _Idle = 75.0
    """How long a connection may wait for its next request."""
    write_timeout: _Time = 30.0
    """How long a client may take nothing of its answer, and longer as long as it takes it at `body_rate`."""
    drain_timeout: _Time = 30.0
    """How long requests in progress may take when the proxy ends; then they are cut."""
