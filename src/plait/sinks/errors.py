"""What can stand in the way of a promise to a sink."""

from __future__ import annotations

from plait.errors import PlaitError


class NotPromised(PlaitError):
    """The sink takes no more at present: nothing was promised, and nothing will be sent."""

    code, title, status = "not-promised", "Not promised", 503


class OutboxFull(NotPromised):
    """As many messages to the sink wait as may."""

    code, title = "outbox-full", "Too many messages wait for the sink"


class Disabled(NotPromised):
    """The sink's receiver said that it wants no more messages, ever."""

    code, title = "sink-disabled", "Sink disabled"
