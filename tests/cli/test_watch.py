"""`plait status`, once and again whenever something happens."""

from __future__ import annotations

import asyncio
import json
from threading import Event

import pytest

from plait.cli.admin import AdminPort, NotDone, Token
from plait.cli.watch import listen, statuses
from plait.testing import RawServer
from plait.testing.server import read_request
from tests.cli.typed import admin, problem, typed

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


async def test_status_shows_the_tables_or_the_answer_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    async with admin({"GET /status": {"version": "0.1.0", "desired": 7}}) as server:
        assert await typed("status", "--admin", server.url) == 0
        assert capsys.readouterr().out.splitlines()[0].rstrip() == f"plait     0.1.0 at {server.url}"
        assert await typed("status", "--json", "--admin", server.url) == 0
        assert json.loads(capsys.readouterr().out) == {"version": "0.1.0", "desired": 7}


async def test_it_is_asked_anew_when_something_has_happened() -> None:
    async with admin({"GET /status": [{"desired": 7}, {"desired": 8}]}) as server:
        happened = Event()
        said = statuses(AdminPort(server.url, Token("", "")), happened)
        happened.set()
        assert await asyncio.to_thread(next, said) == {"desired": 7}
        assert not happened.is_set()
        happened.set()
        assert await asyncio.to_thread(next, said) == {"desired": 8}


async def test_it_goes_on_where_a_plait_is_started_again() -> None:
    happened = Event()
    port = AdminPort("http://127.0.0.1:1", Token("", ""))
    said = statuses(port, happened)
    happened.set()
    assert str(await asyncio.to_thread(next, said)).startswith("no answer from")
    async with admin({"GET /status": {"desired": 8}}) as server:
        port.url = server.url
        happened.set()
        assert await asyncio.to_thread(next, said) == {"desired": 8}


async def test_it_ends_where_the_token_is_no_longer_taken() -> None:
    async with admin({"GET /status": problem(401, "no")}) as server:
        said = statuses(AdminPort(server.url, Token("x", "the-file")), Event(), 0)
        with pytest.raises(NotDone, match="does not take the token of the-file"):
            await asyncio.to_thread(next, said)


async def test_every_event_is_heard_and_comments_are_not() -> None:
    more = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await read_request(reader))
        writer.write(STREAM)
        await more.wait()
        writer.write(b": nothing new\n\nevent: revision\ndata: {}\n\n")
        await writer.drain()

    asked: list[bytes] = []
    heard: list[str] = []

    class Happened(Event):
        def set(self) -> None:
            heard.append("something")
            loop.call_soon_threadsafe(more.set)

    loop = asyncio.get_running_loop()
    async with RawServer(script) as server:
        await asyncio.to_thread(listen, AdminPort(server.url, Token("secret", "here")), Happened())
    assert b"accept: text/event-stream" in asked[0].lower()
    assert b"authorization: bearer secret" in asked[0].lower()
    assert heard == ["something"] * 3  # it has begun, an event, it has ended


def test_a_stream_that_cannot_be_opened_is_no_error_of_its_own() -> None:
    happened = Event()
    listen(AdminPort("http://127.0.0.1:1", Token("", "")), happened)
    assert happened.is_set()
