"""In which form a client wants its answer: plain, with the state of every part around it, or as events while it comes about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from plait.server.answers import ENVELOPE

PLAIN = frozenset({b"*/*", b"application/json"})
"""What most clients say; it needs no closer look."""


class Events(NamedTuple):
    """How an event is written, given its name and its JSON on one line; and a sign of life for when there is none."""

    media_type: str
    write: Callable[[bytes, bytes], bytes]
    silence: bytes


class Form(NamedTuple):
    """An answer with the state of every part: whole, or as events."""

    events: Events | None = None


def _sse(name: bytes, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name, data)


def _ndjson(name: bytes, data: bytes) -> bytes:  # noqa: ARG001 - a line's keys say what it is
    return data + b"\n"


SSE = Events("text/event-stream", _sse, b":\n\n")
NDJSON = Events("application/x-ndjson", _ndjson, b"")

_FORMS = {ENVELOPE.encode(): Form(), **{events.media_type.encode(): Form(events) for events in (SSE, NDJSON)}}

_REFUSED = re.compile(rb"(^|;)\s*q\s*=\s*0(\.0*)?\s*(;|$)")


def form_of(accept: bytes) -> Form | None:
    """The first form that an Accept field names, and does not refuse; None for the plain answer."""
    for each in accept.lower().split(b","):
        name, _, options = each.partition(b";")
        form = _FORMS.get(name.strip())
        if form is not None and not _REFUSED.search(options):
            return form
    return None
