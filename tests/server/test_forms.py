"""In which form a client wants its answer."""

from __future__ import annotations

import json

import pytest

from plait.server.forms import NDJSON, SSE, Events, Form, form_of


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (b"text/event-stream", Form(SSE)),
        (b"application/x-ndjson", Form(NDJSON)),
        (b"application/vnd.plait+json", Form()),
        (b"text/event-stream;q=0.9, */*", Form(SSE)),
        (b"*/*, Text/Event-Stream ; charset=utf-8", Form(SSE)),
        (b"application/x-ndjson, text/event-stream", Form(NDJSON)),
        (b"application/vnd.plait+json,text/event-stream", Form()),
        (b"text/html, application/json;q=0.9, */*;q=0.8", None),
        (b"text/event-streams", None),
        (b"text/event-stream;q=0", None),
        (b"text/event-stream; q=0.000 , application/x-ndjson;q=0.01", Form(NDJSON)),
        (b"application/json; profile=text/event-stream", None),
        (b", ;,", None),
        (b"", None),
    ],
)
def test_the_first_form_that_is_named_is_taken(accept: bytes, form: Form | None) -> None:
    assert form_of(accept) == form


@pytest.mark.parametrize(("events", "written"), [(SSE, b'event: part\ndata: {"a":1}\n\n'), (NDJSON, b'{"a":1}\n')])
def test_an_event_ends_where_a_reader_looks_for_its_end(events: Events, written: bytes) -> None:
    assert events.write(b"part", json.dumps({"a": 1}, separators=(",", ":")).encode()) == written
