"""Whatever a predictor does: the right status, its name, and what became of the call, however its answer is cut."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from plait.testing import RawServer
from plait.testing.server import ok, read_request
from tests.bad_input.rows import CANARY, posted
from tests.bad_input.slicing import slicings
from tests.server.serving import Answer, Proxy, one, post, proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON = "50ms"
LIMIT = 10 << 20
ENVELOPE = b"Accept: application/vnd.plait+json"
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Row:
    """What a predictor says, and then perhaps hangs up; the client's status, the part's, and the code that was read."""

    says: bytes
    closes: bool = False
    status: int = 502
    part: str = "error"
    code: int | None = None
    type: str = "bad-answer"


def answered(line: bytes, *fields: bytes, body: bytes = b"{}") -> bytes:
    head = b"".join(field + b"\r\n" for field in (b"HTTP/1.1 " + line, *fields))
    return head + b"\r\n" + body


def said(line: bytes, *fields: bytes, body: bytes = b"{}") -> bytes:
    return answered(line, b"Content-Type: application/json", b"Content-Length: %d" % len(body), *fields, body=body)


def chunked(body: bytes, *fields: bytes) -> bytes:
    return answered(b"200 OK", b"Content-Type: application/json", b"Transfer-Encoding: chunked", *fields, body=body)


def late(says: bytes) -> Row:
    return Row(says, status=504, part="timeout", type="timeout")


SILENT = {
    "nothing": late(b""),
    "half a status line": late(b"HTTP/1.1 20"),
    "half a head": late(b"HTTP/1.1 200 OK\r\nContent-"),
    "half a body": late(ok()[:-1]),
    "half a chunk": late(chunked(b"5\r\n[1")),
    "no last chunk": late(chunked(b"2\r\n{}\r\n")),
    "only 100": late(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "only 103": late(b"HTTP/1.1 103 Early Hints\r\nLink: <zebra>\r\n\r\n"),
}
TRUNCATED = {
    "before it answers": Row(b"", closes=True),
    "in the status line": Row(b"HTTP/1.1 200", closes=True),
    "in the head": Row(b"HTTP/1.1 200 OK\r\nContent-", closes=True),
    "in the body": Row(ok()[:-1], closes=True),
    "in a chunk": Row(chunked(b"5\r\n[1"), closes=True),
    "before the last chunk": Row(chunked(b"2\r\n{}\r\n"), closes=True),
    "in the trailers": Row(chunked(b"2\r\n{}\r\n0\r\nX: a\r\n"), closes=True),
    "after 100": Row(b"HTTP/1.1 100 Continue\r\n\r\n", closes=True),
}
MALFORMED = {
    "garbage": Row(b"\x00\xff zebra"),
    "HTML": Row(b"<html>zebra</html>"),
    "TLS": Row(b"\x15\x03\x01\x00\x02\x02\x28"),
    "a request": Row(b"GET /zebra HTTP/1.1\r\nHost: h\r\n\r\n"),
    "HTTP/2.0": Row(b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "HTTP/1.2": Row(b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "HTTP/0.9": Row(b"HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "RTSP": Row(b"RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "ICY": Row(b"ICY 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "empty line first": Row(b"\r\n" + ok()),
    "status of two digits": Row(said(b"20 zebra")),
    "status of four digits": Row(said(b"2000 zebra")),
    "status of letters": Row(said(b"abc zebra")),
    "bare LF": Row(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"),
    "bare LF after a field": Row(b"HTTP/1.1 200 OK\r\nX: a\nContent-Length: 2\r\n\r\n{}"),
    "obs-fold": Row(said(b"200 OK", b"X: zebra", b" b")),
    "space before colon": Row(said(b"200 OK", b"Zebra : a")),
    "no colon": Row(said(b"200 OK", b"Zebra")),
    "NUL": Row(said(b"200 OK", b"X: \0")),
    "bare CR": Row(said(b"200 OK", b"X: a\rb")),
    "name over 0x7f": Row(said(b"200 OK", b"Zebr\xe4: a")),
    **{f"length {value!r}": Row(answered(b"200 OK", b"Content-Length: " + value)) for value in (
        b"+2", b"-1", b"0x2", b"2, 2", b"2_0", b"two", b"", b"9" * 23
    )},
    "two lengths": Row(said(b"200 OK", b"Content-Length: 2")),
    "length and coding": Row(chunked(b"2\r\n{}\r\n0\r\n\r\n", b"Content-Length: 2")),
    **{f"coding {value!r}": Row(answered(b"200 OK", b"Transfer-Encoding: " + value, body=b"2\r\n{}\r\n0\r\n\r\n")) for value in (
        b"gzip", b"identity", b"xchunked", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"", b"chunked;a=b"
    )},
    "chunked twice": Row(chunked(b"2\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked")),
    "chunks in HTTP/1.0": Row(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    **{f"chunk size {size!r}": Row(chunked(size + b"\r\n{}\r\n0\r\n\r\n"), code=200) for size in (
        b"+2", b"-2", b"0x2", b" 2", b"2 ", b"", b"g", b"2;", b"2;[", b"1" + b"0" * 16, b"0" * 16 + b"2"
    )},
    "chunk not ended": Row(chunked(b"2\r\n{}zebra\r\n0\r\n\r\n"), code=200),
    "chunk ended by LF": Row(chunked(b"2\r\n{}\n0\r\n\r\n"), code=200),
    "length as a trailer": Row(chunked(b"2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n"), code=200),
}  # fmt: skip
OVERSIZE = {
    "length": Row(answered(b"200 OK", b"Content-Length: 99999999", body=b""), code=200),
    "one byte over": Row(said(b"200 OK", body=b"1" * (LIMIT + 1)), code=200),
    "one byte over, in chunks": Row(chunked(b"%x\r\n" % (LIMIT + 1) + b"1" * (LIMIT + 1) + b"\r\n0\r\n\r\n"), code=200),
    "one byte over, until closed": Row(answered(b"200 OK", body=b"1" * (LIMIT + 1)), code=200),
    "head": Row(answered(b"200 OK", *[b"X: " + CANARY * 100] * 80)),
    "field": Row(answered(b"200 OK", b"X: " + CANARY * 8000)),
    "101 fields": Row(answered(b"200 OK", *[b"X: zebra"] * 101)),
    "reason": Row(said(b"200 " + CANARY * 8000)),
    "extension": Row(chunked(b"2;" + CANARY * 8000 + b"\r\n{}\r\n0\r\n\r\n"), code=200),
    "trailers": Row(chunked(b"2\r\n{}\r\n0\r\n" + b"X: zebra\r\n" * 101 + b"\r\n"), code=200),
}
STATUSES = {
    **{f"status {code}": Row(said(b"%03d zebra" % code)) for code in (0, 1, 99, 600, 700, 999)},
    "unasked 101": Row(answered(b"101 Zebra", b"Upgrade: h2c", b"Connection: upgrade", body=b""), code=101),
    "unasked 101 to websocket": Row(answered(b"101 Zebra", b"Upgrade: websocket",
        b"Connection: upgrade", body=b"\x81\x05zebra"), code=101),
    "unasked 101 without Upgrade": Row(answered(b"101 Zebra", body=b""), code=101),
    "nothing but 1xx": Row(b"HTTP/1.1 102 Processing\r\n\r\n" * 20, code=102),
    **{f"redirect {code}": Row(said(b"%d zebra" % code,
        b"Location: http://127.0.0.1:1/zebra"), code=code) for code in (300, 301, 302, 303, 307, 308)},
    "redirect to itself": Row(said(b"302 zebra", b"Location: /predict"), code=302),
    "304": Row(answered(b"304 zebra", body=b""), code=304),
    "204": Row(answered(b"204 zebra", body=b""), code=204),
    "205": Row(said(b"205 zebra", body=b""), code=205),
    **{f"its {code}": Row(said(b"%d zebra" % code), code=code) for code in (
        401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 414, 416, 417, 418, 421, 423, 425, 426, 428, 429, 431, 451, 499,
        500, 501, 502, 503, 504, 505, 511, 599,
    )},
    "508": Row(said(b"508 zebra"), status=508, code=508, type="loop-detected"),
    **{
        f"its {code} is passed on": Row(said(b"%d zebra" % code, body=b'{"why": 1}'), status=code, code=code, type="refused")
        for code in (400, 413, 415, 422)
    },
}  # fmt: skip
NO_JSON = {
    "empty": Row(said(b"200 OK", body=b""), code=200),
    "empty, in chunks": Row(chunked(b"0\r\n\r\n"), code=200),
    "empty, until closed": Row(b"HTTP/1.1 200 OK\r\n\r\n", closes=True, code=200),
    "blank": Row(said(b"200 OK", body=b" "), code=200),
    **{f"body {body!r}": Row(said(b"200 OK", body=body), code=200) for body in (
        b"zebra", b"<html>zebra</html>", b'{"p": NaN}', b"NaN", b"Infinity", b"-Infinity", b"{} {}", b'{"zebra"', b'"\xff"',
        b'"\\ud800"', b"\xef\xbb\xbf{}",
        b"[" * 65 + b"]" * 65, b"'zebra'", b"01",
    )},
    **{f"type {kind!r}": Row(answered(b"200 OK", b"Content-Type: " + kind, b"Content-Length: 2"), code=200) for kind in (
        b"text/html", b"text/plain", b"application/zebra", b"", b"application/json, text/html",
        b"multipart/form-data; boundary=zebra"
    )},
    "two types": Row(said(b"200 OK", b"Content-Type: text/html"), code=200),
    **{f"coded by {coding.decode()}": Row(said(b"200 OK",
        b"Content-Encoding: " + coding, body=gzip.compress(b"{}")), code=200) for coding in (
        b"gzip", b"deflate", b"br", b"zstd", b"zebra", b"identity, gzip"
    )},
}  # fmt: skip
TABLES = {
    "silent": SILENT,
    "truncated": TRUNCATED,
    "malformed": MALFORMED,
    "oversize": OVERSIZE,
    "statuses": STATUSES,
    "no JSON": NO_JSON,
}
ROWS = {f"{line}: {item}": row for line, table in TABLES.items() for item, row in table.items()}


class Scripted:
    """One predictor for all rows: it says what it is told to, in these pieces."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closes = False
        self.requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            self.requests += 1
            for piece in self.pieces:
                writer.write(piece)
                await asyncio.sleep(0)
            if self.closes:
                await writer.drain()
                writer.write_eof()
                await reader.read()
                return


@dataclass(frozen=True)
class Scene:
    script: Scripted
    server: RawServer
    port: Proxy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Scene]:
    script = Scripted()
    async with RawServer(script) as server, proxy(one(server.url, timeout="2s")) as port:
        yield Scene(script, server, port)


def check(answer: Answer, row: Row) -> None:
    assert answer.status == row.status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert "connection" not in answer.headers
    problem = answer.json
    assert (problem["type"], problem["predictor"]) == (f"urn:plait:problem:{row.type}", "a")
    part = problem["parts"]["a"]
    assert (part["status"], part["code"]) == (row.part, row.code)
    assert CANARY not in answer.body


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_it_is_told_with_status_part_and_code(scene: Scene, row: Row) -> None:
    scene.script.closes = row.closes
    for pieces in slicings(row.says) if row.says else [[]]:
        scene.script.pieces = pieces
        before = scene.script.requests
        fields = (ENVELOPE, b"X-Request-Timeout: " + SOON.encode()) if row.status == 504 else (ENVELOPE,)
        async with scene.port.client() as client:
            check(await client.ask(posted(b"{}", *fields)), row)
        # A kept connection that closes before a byte is read was perhaps closed already: that alone is tried again.
        assert scene.script.requests - before in ((1,) if row.says else (1, 2))


# What never connects.


async def asked(port: Proxy, *fields: bytes) -> Answer:
    async with port.client() as client:
        return await client.ask(posted(b"{}", ENVELOPE, *fields))


async def test_who_refuses_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with proxy(one(url)) as port:
        check(await asked(port), Row(b"", part="unreachable", type="unreachable"))


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    async with proxy(one("http://nonexistent.invalid:80", timeout="10s", connect_timeout="10s")) as port:
        check(await asked(port), Row(b"", part="unreachable", type="unreachable"))


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", ok()[:-1]], ids=["silence", "half a head", "half a body"])
async def test_who_resets_has_failed(says: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(says)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()

    async with RawServer(script) as server, proxy(one(server.url)) as port:
        check(await asked(port), Row(b""))


# What is passed on, and what is not followed.


@pytest.mark.parametrize("code", [400, 413, 415, 422])
async def test_a_refusal_is_passed_on_with_what_it_says_and_is_not_retried(scene: Scene, code: int) -> None:
    scene.script.pieces = [said(b"%d X" % code, body=b'{"why": 1}')]
    before = scene.script.requests
    answer = await asked(scene.port)
    assert (answer.status, answer.json["answer"]) == (code, {"why": 1})
    assert scene.script.requests == before + 1


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(scene: Scene, code: int) -> None:
    async with RawServer(ok()) as other:
        scene.script.pieces = [said(b"%d X" % code, b"Location: " + other.url.encode())]
        assert (await asked(scene.port)).status == 502
        assert other.connections == 0


INFORMED = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "102": b"HTTP/1.1 102 Processing\r\n\r\n",
    "103 with fields": b"HTTP/1.1 103 Early Hints\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n",
    "several": b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
}


@pytest.mark.parametrize("first", INFORMED.values(), ids=INFORMED)
async def test_what_only_informs_is_passed_over(scene: Scene, first: bytes) -> None:
    for pieces in slicings(first + said(b"200 OK", body=b"[1]")):
        scene.script.pieces = pieces
        assert (await asked(scene.port)).json["result"] == [1]


async def test_trailers_and_extensions_are_nobodys(scene: Scene) -> None:
    for pieces in slicings(chunked(b"3;a=zebra\r\n[1]\r\n0\r\nContent-Type: text/html\r\n\r\n")):
        scene.script.pieces = pieces
        assert (await asked(scene.port)).json["result"] == [1]


# Bytes that nobody asked for reach nobody.

ZEBRA = said(b"200 OK", body=b'"zebra"')
SURPLUS = {
    "after Content-Length": said(b"200 OK", body=b"[1]") + ZEBRA,
    "garbage after Content-Length": said(b"200 OK", body=b"[1]") + CANARY,
    "an empty line after Content-Length": said(b"200 OK", body=b"[1]") + b"\r\n",
    "after chunks": chunked(b"3\r\n[1]\r\n0\r\n\r\n") + ZEBRA,
    "after trailers": chunked(b"3\r\n[1]\r\n0\r\nX: a\r\n\r\n") + ZEBRA,
    "after 204": answered(b"204 X", body=b"") + ZEBRA,
    "after 204 with a length": answered(b"204 X", b"Content-Length: 7", body=b'"zebra"') + ZEBRA,
    "after 304": answered(b"304 X", body=b"") + ZEBRA,
    "after 304 with a length": answered(b"304 X", b"Content-Length: 7", body=b'"zebra"') + ZEBRA,
    "after a length of 0": said(b"200 OK", body=b"") + ZEBRA,
    "after a refusal": said(b"422 X", body=b"{}") + ZEBRA,
}


@pytest.mark.parametrize("says", SURPLUS.values(), ids=SURPLUS)
async def test_what_follows_an_answer_reaches_nobody(says: bytes) -> None:
    script = Scripted()
    async with RawServer(script) as server, proxy(one(server.url)) as port:
        for _ in range(3):
            script.pieces = [says]
            assert CANARY not in (await asked(port)).body
            script.pieces = [said(b"200 OK", body=b"[2]")]
            assert (await asked(port)).json["result"] == [2]
        assert server.connections == 6  # none was used twice


async def test_a_proxy_goes_on_after_every_row() -> None:
    script = Scripted()
    async with RawServer(script) as server, proxy(one(server.url)) as port, port.client() as client:
        for row in [row for row in ROWS.values() if row.status != 504 and len(row.says) < LIMIT]:
            script.pieces, script.closes = [row.says], row.closes
            await client.ask(post(b"{}"))
            script.pieces, script.closes = [said(b"200 OK", body=b"[2]")], False
            assert (await client.ask(post(b"{}"))).body == b"[2]"
