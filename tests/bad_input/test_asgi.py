"""The tables again where another server reads the requests: what is left to the app is refused the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
import pytest_asyncio

from plait import Proxy
from plait.graph.spec import Config
from tests.bad_input import framing, wellframed
from tests.bad_input.rows import CANARY, TYPES, Row, lines, named, sent
from tests.bad_input.test_requests import CONFIG

pytestmark = pytest.mark.asyncio(loop_scope="module")

Event = MutableMapping[str, Any]


def request(row: Row) -> tuple[dict[str, Any], bytes]:
    """What a server makes of the bytes."""
    head, _, body = row.data.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    method, target, version = line.split(b" ", 2)
    path, _, query = target.partition(b"?")
    pairs = [field.split(b":", 1) for field in fields]
    return {
        "type": "http",
        "http_version": version.decode().removeprefix("HTTP/"),
        "method": method.decode(),
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "headers": [(name.lower(), value.strip()) for name, value in pairs],
        "client": ("127.0.0.1", 1),
    }, body


def told(name: str, row: Row) -> bool:
    """Whether a server passes the row on, and not refuse it itself."""
    line = name.partition(":")[0]
    if line == "targets":
        return row.data.startswith(b"GET /") and b"#" not in row.data
    if line == "syntax":
        return "Host " in name or "Hosts" in name or "underscore" in name
    return line in wellframed.TABLES and b"Transfer-Encoding" not in row.data


ROWS = {name: row for name, row in named(**framing.TABLES, **wellframed.TABLES) if told(name, row)} | {
    "limits: one byte over": Row(sent(body=CANARY + b"x" * (framing.LIMIT - 4)), 413),
    "syntax: no Host": Row(lines(b"GET /health HTTP/1.1", b"X-Note: zebra")),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app() -> AsyncIterator[Proxy]:
    async with Proxy(Config.model_validate(CONFIG)) as opened:
        yield opened


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_it_is_refused_as_by_the_front(app: Proxy, row: Row) -> None:
    scope, body = request(row)
    sent: list[Event] = []
    pieces = [body]

    async def receive() -> Event:
        if not pieces:
            await asyncio.Event().wait()  # the client stays
        return {"type": "http.request", "body": pieces.pop(), "more_body": False}

    async def send(event: Event) -> None:
        sent.append(event)

    await app(scope, receive, send)
    start, end = sent
    headers = dict(start["headers"])
    assert (start["status"], headers[b"content-type"]) == (row.status, b"application/problem+json")
    if scope["method"] != "HEAD":
        problem = json.loads(end["body"])
        assert (problem["status"], problem["type"]) == (row.status, f"urn:plait:problem:{TYPES[row.status]}")
        assert headers[b"x-request-id"].decode() == problem["request_id"]
        assert headers[b"content-length"] == b"%d" % len(end["body"])
    assert CANARY not in end["body"].lower()
