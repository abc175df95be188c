"""From what a file says of a sink to what sends to it."""

from __future__ import annotations

from plait.sinks.file import Lines
from plait.sinks.nats import Nats
from plait.sinks.sender import Sender
from plait.sinks.webhook import Webhook
from plait.spec.sinks import FileSink, NatsSink, SinkSpec, WebhookSink


def sender_of(spec: SinkSpec) -> Sender:
    """What sends to a sink, which has no problems, and is neither a log nor a queue; may take a moment."""
    match spec:
        case WebhookSink():
            return Webhook(spec)
        case FileSink():
            return Lines(spec)
        case NatsSink():
            return Nats(spec)
    raise TypeError(f"nothing sends to a {spec.kind}")
