"""Answers that stream, byte for byte over sockets: each part when it ends, then the result or the problem."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from plait.http1.messages import Outlet, Reply, Request, Response
from plait.server.event_stream import EventStream
from plait.server.listener import Deadlines
from plait.testing import RawServer
from plait.testing.server import ok
from plait.types import Started
from tests.server.serving import NOBODY, PATIENCE, get, one, post, proxy
from tests.server.streaming import NDJSON, SSE, Scripted, asking, chunk, chunks, event, events, head, only, stream, until

HEALTH = b'{"health":"ok"}'


# Order and bytes.


async def test_each_part_leaves_when_it_ends_and_then_the_result() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a", "b")) as port, port.client() as client:
        client.writer.write(stream())
        said.say("b", b'{"p": 1.50}')
        status, headers = await head(client)
        assert (status, headers["content-type"], headers["transfer-encoding"]) == (200, "text/event-stream", "chunked")
        assert (headers["x-request-id"], headers["x-plait-revision"]) == ("me", "1")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert not {"content-length", "server-timing", "x-plait-complete", "connection"} & set(headers)

        first = await chunk(client)  # while nobody has told the other one to answer
        ms = event(first)[1]["ms"]
        assert first == (
            b'event: part\ndata: {"part":"b","node":"predict/b","status":"ok","code":200,"ms":%b,"attempts":1,'
            b'"endpoint":"127.0.0.1:%d","error":null,"output":{"p": 1.50}}\n\n' % (json.dumps(ms).encode(), server.port)
        )
        said.say("a", b"2")
        name, second = event(await chunk(client))
        assert (name, second["part"], second["output"]) == ("part", "a", 2)
        name, result = event(await chunk(client))
        assert (name, result["complete"], result["result"]) == ("result", True, {"a": 2, "b": {"p": 1.5}})
        assert await chunk(client) == b""


async def test_lines_of_json_have_the_same_data() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a")) as port, port.client() as client:
        client.writer.write(stream(NDJSON))
        said.say("a", b"1")
        status, headers = await head(client)
        assert (status, headers["content-type"]) == (200, "application/x-ndjson")
        part, result = await chunks(client)
        assert part.startswith(b'{"part":"a","node":"predict/a",')
        assert part.endswith(b',"output":1}\n')
        assert result.startswith(b'{"complete":true,"result":{"a":1},')
        assert result.endswith(b"}\n")


async def test_the_result_is_the_envelope() -> None:
    async with RawServer(ok(b'{"p":1.50}')) as server, proxy(asking(server, "a", "b")) as port, port.client() as client:
        whole = await client.ask(post(b"{}", b"Accept: application/vnd.plait+json", b"X-Request-Id: me"))
        client.writer.write(stream(NDJSON))
        await head(client)
        last = (await chunks(client))[-1]
        assert timeless(json.loads(last)) == timeless(whole.json)
        assert list(json.loads(last)) == list(whole.json)


def timeless(envelope: dict[str, Any]) -> dict[str, Any]:
    for part in envelope["parts"].values():
        del part["ms"]
    return envelope


@pytest.mark.parametrize("accept", [SSE, NDJSON])
async def test_json_on_many_lines_becomes_one(accept: bytes) -> None:
    pretty = json.dumps({"text": "two\nlines\r", "list": [1, 2]}, indent=2).replace("\n", "\r\n").encode()
    async with RawServer(ok(pretty)) as server, proxy(one(server.url)) as port, port.client() as client:
        client.writer.write(stream(accept))
        await head(client)
        part, result = await chunks(client)
        assert (part.count(b"\n"), result.count(b"\n")) == ((3, 3) if accept == SSE else (1, 1))
        assert b"\r" not in part + result
        for piece, key in ((part, "output"), (result, "result")):
            data = json.loads(piece.partition(b"data: ")[2] or piece)
            assert data[key] == json.loads(pretty)


async def test_a_failure_is_a_part_and_the_last_event_is_the_problem() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a", "b")) as port, port.client() as client:
        client.writer.write(stream())
        await said.asked["b"].wait()
        said.fail("a")
        assert (await head(client))[0] == 200
        first, second, last = await events(client)
        assert first[0] == second[0] == "part"
        assert (first[1]["part"], first[1]["status"], first[1]["code"]) == ("a", "error", 500)
        assert (second[1]["part"], second[1]["status"]) == ("b", "cancelled")
        assert "output" not in first[1] | second[1]
        assert (last[0], last[1]["status"], last[1]["type"]) == ("problem", 502, "urn:plait:problem:bad-answer")
        assert (last[1]["request_id"], last[1]["node"], set(last[1]["parts"])) == ("me", "predict/a", {"a", "b"})


async def test_the_losers_of_a_race_are_told_before_its_result() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a", "b", merge="first")) as port, port.client() as client:
        client.writer.write(stream())
        await said.asked["a"].wait()
        said.say("b", b"2")
        await head(client)
        told = [(name, data.get("part"), data.get("status")) for name, data in await events(client)]
        assert told == [("part", "b", "ok"), ("part", "a", "cancelled"), ("result", None, None)]


async def test_a_graph_that_asks_nobody_has_one_event() -> None:
    async with RawServer(ok()) as server, proxy(asking(server, "a", value=[1.5])) as port, port.client() as client:
        client.writer.write(stream())
        assert (await head(client))[0] == 200
        ((name, data),) = await events(client)
        assert (name, data["result"], data["parts"]) == ("result", [1.5], {})


async def test_parts_that_end_before_anything_is_sent_come_first_and_in_order() -> None:
    async with RawServer(ok()) as server, proxy(asking(server, "a", "b", require="any")) as port, port.client() as client:
        client.writer.write(stream(SSE, b"X-Request-Timeout: 1ms"))
        assert (await head(client))[0] == 200
        told = [(name, data.get("part"), data["status"]) for name, data in await events(client)]
        assert told == [("part", "a", "timeout"), ("part", "b", "timeout"), ("problem", None, 504)]
        assert server.connections == 0


async def test_at_the_deadline_the_problem_comes() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a", "b")) as port, port.client() as client:
        began = port.clock.now()
        client.writer.write(stream(SSE, b"X-Request-Timeout: 100ms"))
        said.say("a", b"1")
        await head(client)
        assert event(await chunk(client))[1]["part"] == "a"
        told = [(name, data["status"]) for name, data in await events(client)]
        assert told == [("part", "timeout"), ("problem", 504)]
        assert 0.1 <= port.clock.now() - began < 0.5


@pytest.mark.parametrize(
    ("body", "lines", "status"),
    [
        (b"{", (), 400),
        (b"{}", (b"X-Request-Timeout: soon",), 400),
        (b"{}", (b"X-Plait-Hops: 16",), 508),
        (b"[]", (), 422),
        (b'{"x": {}}', (), 422),  # a template's field is missing: the graph ran, but no part has ended
    ],
)
async def test_what_is_wrong_before_the_first_event_is_a_plain_problem(body: bytes, lines: tuple[bytes, ...], status: int) -> None:
    graph = {"sequence": [{"transform": "${input.x.y}"}, "a"], "schema": {"type": "object"}}
    async with RawServer(ok()) as server, proxy(asking(server, "a", **graph)) as port, port.client() as client:
        answer = await client.ask(stream(SSE, *lines, body=body))
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json["status"] == status
        assert (await client.ask(get("/health"))).body == HEALTH


# Connections.


async def test_a_connection_is_kept_after_a_stream_and_what_was_pipelined_waits_for_its_end() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a", "b")) as port, port.client() as client:
        for _ in range(2):
            client.writer.write(stream() + get("/health") + stream(NDJSON) + get("/health"))
            for _ in range(2):
                said.say("a", b"1")
                await head(client)
                await chunk(client)
                said.say("b", b"1")
                assert len(await chunks(client)) == 2
                assert (await client.answer()).body == HEALTH
        assert port.listener.clients == 1


async def test_bytes_that_come_during_a_stream_keep_their_place() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a", "b")) as port, port.client() as client:
        client.writer.write(stream())
        said.say("a", b"1")
        await head(client)
        await chunk(client)
        for at in get("/health"):
            client.writer.write(bytes([at]))
            await client.writer.drain()
        said.say("b", b"1")
        assert len(await chunks(client)) == 2
        assert (await client.answer()).body == HEALTH


async def test_a_stream_that_is_the_last_answer_says_so_and_is_framed_all_the_same() -> None:
    async with RawServer(ok(b"1")) as server, proxy(one(server.url)) as port, port.client() as client:
        client.writer.write(stream(SSE, b"Connection: close") + get("/health"))
        headers = (await head(client))[1]
        assert (headers["connection"], headers["transfer-encoding"]) == ("close", "chunked")
        assert [name for name, _ in await events(client)] == ["part", "result"]
        assert await client.closed() == b""


async def test_in_http_1_0_the_end_of_the_connection_is_that_of_the_stream() -> None:
    async with RawServer(ok(b"1")) as server, proxy(one(server.url)) as port:
        for _ in range(2):  # the second time its head is known
            async with port.client() as client:
                client.writer.write(stream().replace(b"HTTP/1.1", b"HTTP/1.0", 1))
                headers = (await head(client))[1]
                assert headers["connection"] == "close"
                assert "transfer-encoding" not in headers
                body = await client.closed()
                assert [event(each)[0] for each in body.split(b"\n\n") if each] == ["part", "result"]


async def test_draining_lets_a_stream_come_to_its_end() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a", "b")) as port, port.client() as client:
        client.writer.write(stream())
        said.say("a", b"1")
        assert "connection" not in (await head(client))[1]
        closing = asyncio.get_running_loop().create_task(port.listener.close())
        await chunk(client)
        assert not closing.done()
        said.say("b", b"1")
        assert [name for name, _ in await events(client)] == ["part", "result"]
        assert await client.closed() == b""
        await closing


async def test_a_stream_that_begins_while_draining_is_the_last_answer() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a")) as port, port.client() as client:
        client.writer.write(stream())
        await said.asked["a"].wait()
        closing = asyncio.get_running_loop().create_task(port.listener.close())
        await asyncio.sleep(0)
        said.say("a", b"1")
        assert (await head(client))[1]["connection"] == "close"
        assert [name for name, _ in await events(client)] == ["part", "result"]
        await closing


# Streams that are cut, and clients that leave.


@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
async def test_a_stream_that_is_cut_does_not_end_well(version: bytes) -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a", "b"), Deadlines(drain=0.05)) as port, port.client() as client:
        client.writer.write(stream().replace(b"HTTP/1.1", version, 1))
        said.say("a", b"1")
        await head(client)
        async with asyncio.timeout(PATIENCE):
            assert b'"part":"a"' in await client.reader.readuntil(b"\n\n")
            await port.listener.close()
            with pytest.raises(ConnectionResetError):
                await client.reader.read()
            await only(server, 1)


@pytest.mark.parametrize("fault", ["aborts", "raises"])
async def test_a_stream_that_a_fault_cuts_does_not_end_well(fault: str) -> None:
    class Faulty:
        def open(self, outlet: Outlet) -> None:
            outlet.write(b"half")
            if fault == "aborts":
                outlet.abort()

        def resume(self) -> None: ...

    def handler(request: Request, reply: Reply) -> Started:
        reply(Response(200, b"", stream=Faulty()))
        raise ZeroDivisionError

    async with proxy(NOBODY, handler=handler) as port, port.client() as client:
        client.writer.write(get("/"))
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ConnectionResetError):
                await client.reader.read()


GRAPHS: dict[str, dict[str, Any]] = {"a leaf": {}, "a task": {"sequence": [{"parallel": ["a", "b", "c"]}]}}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
@pytest.mark.parametrize("begun", [True, False], ids=["after the first event", "before it"])
@pytest.mark.parametrize("polite", [True, False], ids=["closes", "resets"])
async def test_when_the_client_leaves_every_call_stops(graph: dict[str, Any], *, begun: bool, polite: bool) -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "a", "b", "c", **graph)) as port, port.client() as client:
        client.writer.write(stream())
        async with asyncio.timeout(PATIENCE):
            for name in "abc":
                await said.asked[name].wait()
        if begun:
            said.say("a", b"1")
            await head(client)
            await chunk(client)
        if polite:
            client.writer.close()
        else:
            client.leave()
        async with asyncio.timeout(0.1):
            await port.listener._empty.wait()
            await only(server, int(begun))


# Slow readers.


async def test_a_client_that_does_not_read_costs_the_proxy_one_event() -> None:
    output = b'"' + b"x" * (1 << 20) + b'"'
    names = [f"p{number}" for number in range(24)]  # more than what the system buffers between the two
    async with RawServer(ok(output)) as server, proxy(asking(server, *names)) as port, port.client() as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined] # a stream transport
        client.writer.write(stream(NDJSON) + get("/health"))
        await until(lambda: port.listener.clients == 1)
        (front,) = port.listener._fronts
        await until(lambda: isinstance(front._running, EventStream) and front._running._last is not None)  # its run has ended
        assert front._transport is not None
        assert (64 << 10) < front._transport.get_write_buffer_size() < len(output) + (64 << 10) + 1024
        client.writer.transport.resume_reading()  # type: ignore[attr-defined] # a stream transport
        await head(client)
        told = [json.loads(piece) for piece in await chunks(client)]
        assert sorted(data["part"] for data in told[:-1]) == sorted(names)
        assert set(told[-1]["result"]) == set(names)
        assert (await client.answer()).body == HEALTH


@pytest.mark.parametrize("ends", ["is left", "leaves"])
async def test_a_client_that_does_not_read_is_gone_together_with_what_still_runs(ends: str) -> None:
    """However it goes: by itself, or because it took nothing for too long."""
    said = Scripted()
    names = [f"p{number}" for number in range(24)]
    async with (
        RawServer(said) as server,
        proxy(asking(server, "slow", *names), Deadlines(write=0.2 if ends == "is left" else 30)) as port,
        port.client() as client,
    ):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined] # a stream transport
        client.writer.write(stream())
        for name in names:
            said.say(name, b'"' + b"x" * (1 << 20) + b'"')
        await until(lambda: any(front._stalled for front in port.listener._fronts))
        if ends == "leaves":
            client.leave()
        await until(lambda: port.listener.clients == 0 and not said.waiting)


async def test_nobody_streams_who_did_not_ask_for_it() -> None:
    async with proxy(NOBODY) as port, port.client() as client:
        for accept in (b"Accept: */*", b"Accept: application/json", b"Accept: text/html, */*;q=0.8", b"Accept: text/event-streams"):
            answer = await client.ask(post(b"{}", accept))
            assert (answer.status, answer.headers["content-type"]) == (502, "application/problem+json")
