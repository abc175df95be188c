"""What a client that sends nonsense gets: the right status, a problem that quotes nothing of it, and no harm to others."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from plait.testing import RawServer
from plait.testing.server import ok
from tests.server.serving import NOBODY, Answer, Client, Proxy, get, one, post, proxy

SECRET = b"zebra"
SMALL = {"server": {"limits": {"body": "64KiB"}}, **NOBODY}


@pytest_asyncio.fixture
async def port() -> AsyncIterator[Proxy]:
    async with proxy(SMALL) as served:
        yield served


def check_problem(answer: Answer, status: int) -> None:
    """A problem with all that every one has, and nothing of the request."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == status
    assert problem["type"].startswith("urn:plait:problem:")
    assert problem["title"]
    assert problem["detail"]
    assert answer.headers["x-request-id"] == problem["request_id"]
    assert SECRET not in answer.body.lower()


def raw(line: bytes, *lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([line, *lines]) + b"\r\n\r\n" + body


def chunked(body: bytes, *lines: bytes) -> bytes:
    return raw(
        b"POST /predict HTTP/1.1", b"Host: h", b"Content-Type: application/json", b"Transfer-Encoding: chunked", *lines, body=body
    )


# Faults of framing: the connection ends, since nobody knows where the next request begins.
FRAMING: dict[str, tuple[bytes, int]] = {
    "no Host": (raw(b"GET /zebra HTTP/1.1"), 400),
    "two Hosts": (raw(b"GET / HTTP/1.1", b"Host: zebra", b"Host: zebra"), 400),
    "bad characters in Host": (raw(b"GET / HTTP/1.1", b"Host: ze bra"), 400),
    "HTTP/0.9": (b"GET /zebra\r\n", 400),
    "unknown version": (raw(b"GET /zebra HTTP/3.0", b"Host: h"), 505),
    "bare LF": (b"GET /zebra HTTP/1.1\nHost: h\n\n", 400),
    "bare CR": (raw(b"GET / HTTP/1.1", b"Host: h", b"Zebra: a\rb"), 400),
    "NUL": (raw(b"GET / HTTP/1.1", b"Host: h", b"Zebra: \0"), 400),
    "control character": (raw(b"GET / HTTP/1.1", b"Host: h", b"Zebra: \x07"), 400),
    "obs-fold": (raw(b"GET / HTTP/1.1", b"Host: h", b"Zebra: a", b" b"), 400),
    "space before colon": (raw(b"GET / HTTP/1.1", b"Host: h", b"Zebra : a"), 400),
    "underscore": (raw(b"GET / HTTP/1.1", b"Host: h", b"Zebra_x: a"), 400),
    "name over 0x7f": (raw(b"GET / HTTP/1.1", b"Host: h", b"Zebr\xe4: a"), 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "length +5": (raw(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: +5", body=b"zebra"), 400),
    "length -1": (raw(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: -1"), 400),
    "length 0x5": (raw(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 0x5", body=b"zebra"), 400),
    "length 5, 5": (raw(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 5, 5", body=b"zebra"), 400),
    "two lengths": (raw(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 5", b"Content-Length: 5", body=b"zebra"), 400),
    "length of 23 digits": (raw(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: " + b"1" * 23), 413),
    "length and coding": (chunked(b"5\r\nzebra\r\n0\r\n\r\n", b"Content-Length: 5"), 400),
    "unknown coding": (raw(b"POST / HTTP/1.1", b"Host: h", b"Transfer-Encoding: zebra"), 501),
    "coding in HTTP/1.0": (raw(b"POST / HTTP/1.0", b"Host: h", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
    "signed chunk": (chunked(b"+5\r\nzebra\r\n0\r\n\r\n"), 400),
    "chunk with a prefix": (chunked(b"0x5\r\nzebra\r\n0\r\n\r\n"), 400),
    "chunk with a blank": (chunked(b" 5\r\nzebra\r\n0\r\n\r\n"), 400),
    "chunk of 17 digits": (chunked(b"10000000000000005\r\nzebra\r\n0\r\n\r\n"), 400),
    "chunk not ended": (chunked(b"5\r\nzebraaa"), 400),
    "1 MB extension": (chunked(b"5;" + SECRET * 200_000 + b"\r\n"), 400),
    "2 MB of trailers": (chunked(b"0\r\n" + b"X: zebra\r\n" * 200_000), 431),
    "9 KiB target": (raw(b"GET /" + b"zebra" * 1850 + b" HTTP/1.1", b"Host: h"), 414),
    "64 KiB header": (raw(b"GET / HTTP/1.1", b"Host: h", b"X: " + b"zebra" * 13_108), 431),
    "101 fields": (raw(b"GET / HTTP/1.1", b"Host: h", *[b"X: zebra"] * 100), 431),
    "100,000 fields": (raw(b"GET / HTTP/1.1", b"Host: h", *[b"X: zebra"] * 100_000), 431),
    "CONNECT": (raw(b"CONNECT zebra:443 HTTP/1.1", b"Host: zebra:443"), 405),
    "TRACE": (raw(b"TRACE /zebra HTTP/1.1", b"Host: h"), 405),
    "unknown method": (raw(b"ZEBRA / HTTP/1.1", b"Host: h"), 501),
    "dot segments": (raw(b"GET /zebra/../admin HTTP/1.1", b"Host: h"), 400),
    "encoded dot segments": (raw(b"GET /%2e%2e/zebra HTTP/1.1", b"Host: h"), 400),
    "double slash": (raw(b"GET //zebra HTTP/1.1", b"Host: h"), 400),
    "encoded slash": (raw(b"GET /zebra%2fb HTTP/1.1", b"Host: h"), 400),
    "fragment": (raw(b"GET /zebra#b HTTP/1.1", b"Host: h"), 400),
    "encoded NUL": (raw(b"GET /zebra%00 HTTP/1.1", b"Host: h"), 400),
    "target over 0x7f": (raw(b"GET /zebr\xc3\xa4 HTTP/1.1", b"Host: h"), 400),
    "foreign absolute target": (raw(b"GET http://zebra/health HTTP/1.1", b"Host: h"), 400),
    "too large to be expected": (raw(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 99999999", b"Expect: 100-continue"), 413),
    "another expectation": (raw(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 5", b"Expect: zebra"), 417),
    "upgrade with a body": (post(b"zebra", b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings"), 400),
    "one byte over the limit": (post(b"x" * ((64 << 10) + 1)), 413),
    "one byte over the limit, in chunks": (chunked(b"10001\r\n" + b"x" * ((64 << 10) + 1) + b"\r\n0\r\n\r\n"), 413),
}


@pytest.mark.parametrize(("data", "status"), FRAMING.values(), ids=FRAMING)
async def test_a_fault_of_framing_is_told_and_ends_the_connection(port: Proxy, data: bytes, status: int) -> None:
    async with port.client() as client:
        answer = await client.ask(data)
        check_problem(answer, status)
        assert answer.headers["connection"] == "close"
        assert await client.closed() == b""


@pytest.mark.parametrize(("data", "status"), FRAMING.values(), ids=FRAMING)
async def test_a_good_request_before_a_fault_is_answered_first(port: Proxy, data: bytes, status: int) -> None:
    async with port.client() as client:
        assert (await client.ask(get("/health") + data)).json == {"health": "ok"}
        check_problem(await client.answer(), status)
        assert await client.closed() == b""


# Requests that are wrong but framed well: the connection goes on.
WRONG: dict[str, tuple[bytes, int]] = {
    "unknown route": (get("/zebra"), 404),
    "unknown graph": (post(b"{}", path="/predict/zebra"), 404),
    "admin": (get("/config"), 404),
    "root": (get("/"), 404),
    "asterisk": (get("*", method=b"OPTIONS"), 404),
    "GET where POST is due": (get("/predict"), 405),
    "DELETE where POST is due": (get("/predict", method=b"DELETE"), 405),
    "POST where GET is due": (post(b'"zebra"', path="/health"), 405),
    "no content type": (raw(b"POST /predict HTTP/1.1", b"Host: h", b"Content-Length: 2", body=b"{}"), 415),
    "another content type": (post(b"zebra", kind=b"text/zebra"), 415),
    "form": (post(b"a=zebra", kind=b"application/x-www-form-urlencoded"), 415),
    "another charset": (post(b"{}", kind=b"application/json; charset=zebra"), 415),
    "coded": (post(b"zebra", b"Content-Encoding: gzip"), 415),
    "empty": (post(b""), 400),
    "empty in chunks": (chunked(b"0\r\n\r\n"), 400),
    "truncated": (post(b'{"zebra": '), 400),
    "trailing bytes": (post(b'{} "zebra"'), 400),
    "no JSON": (post(b"zebra"), 400),
    "NaN": (post(b'{"zebra": NaN}'), 400),
    "Infinity": (post(b'{"zebra": -Infinity}'), 400),
    "lone surrogate": (post(b'"zebra\\ud800"'), 400),
    "invalid UTF-8": (post(b'"zebra\xff"'), 400),
    "byte order mark": (post(b'\xef\xbb\xbf"zebra"'), 400),
    "depth 65": (post(b"[" * 65 + b"]" * 65), 400),
    "depth 30,000": (post(b"[" * 30_000 + b"]" * 30_000), 400),
    "timeout 0": (post(b"{}", b"X-Request-Timeout: 0ms"), 400),
    "timeout without unit": (post(b"{}", b"X-Request-Timeout: 0"), 400),
    "negative timeout": (post(b"{}", b"X-Request-Timeout: -1s"), 400),
    "timeout abc": (post(b"{}", b"X-Request-Timeout: zebra"), 400),
    "timeout 1e99": (post(b"{}", b"X-Request-Timeout: 1e99"), 400),
    "endless timeout": (post(b"{}", b"X-Request-Timeout: " + b"9" * 400 + b"h"), 400),
    "empty timeout": (post(b"{}", b"X-Request-Timeout:"), 400),
    "through too many proxies": (post(b"{}", b"X-Plait-Hops: 16"), 508),
    "hops that are none": (post(b"{}", b"X-Plait-Hops: zebra"), 508),
}


@pytest.mark.parametrize(("data", "status"), WRONG.values(), ids=WRONG)
async def test_a_wrong_request_is_told_and_the_connection_goes_on(port: Proxy, data: bytes, status: int) -> None:
    async with port.client() as client:
        answer = await client.ask(data)
        check_problem(answer, status)
        assert "connection" not in answer.headers
        assert ("allow" in answer.headers) == (status == 405)
        assert (await client.ask(get("/health"))).status == 200


@pytest.mark.parametrize(("path", "allow"), [("/predict", "POST"), ("/health", "GET, HEAD"), ("/health/all", "GET, HEAD")])
async def test_a_wrong_method_is_told_the_right_ones(port: Proxy, path: str, allow: str) -> None:
    async with port.client() as client:
        assert (await client.ask(get(path, method=b"PUT"))).headers["allow"] == allow


@pytest.mark.parametrize("method", [b"CONNECT", b"TRACE"])
async def test_what_is_never_allowed_is_told_what_is(port: Proxy, method: bytes) -> None:
    async with port.client() as client:
        assert (await client.ask(get("/predict", method=method))).headers["allow"] == "GET, POST"


@pytest.mark.parametrize("path", ["/predict", "/%70redict", "http://h/predict", "http://H/predict"])
async def test_a_path_is_normalised_once_before_it_is_routed(path: str) -> None:
    async with RawServer(ok(b"1")) as server, proxy(one(server.url)) as port, port.client() as client:
        assert (await client.ask(post(path=path))).body == b"1"
        assert (await client.ask(post(path=path + "?id=x"))).headers["x-request-id"] == "x"


@pytest.mark.parametrize("path", ["/predict/", "/%2570redict", "/Predict", "/predict%20"])
async def test_what_is_another_path_is_not_found(port: Proxy, path: str) -> None:
    async with port.client() as client:
        check_problem(await client.ask(post(path=path)), 404)


@pytest.mark.parametrize("given", [b"a b", b"\xff", b"x" * 129, b"<zebra>", b""])
async def test_an_id_that_is_none_is_replaced(port: Proxy, given: bytes) -> None:
    async with port.client() as client:
        answer = await client.ask(get("/nothing", b"X-Request-Id: " + given))
        check_problem(answer, 404)
        assert len(answer.headers["x-request-id"]) == 32


async def test_a_clients_own_id_is_kept_in_a_problem(port: Proxy) -> None:
    async with port.client() as client:
        assert (await client.ask(get("/nothing", b"X-Request-Id: my.own-ID_1"))).json["request_id"] == "my.own-ID_1"


async def test_many_bad_clients_do_not_disturb_a_good_one(port: Proxy) -> None:
    bad = [Client(port.port) for _ in range(50)]
    async with port.client() as good:
        for client, (data, _) in zip(bad, FRAMING.values(), strict=False):
            await client.__aenter__()
            client.writer.write(data)
            assert (await good.ask(get("/health"))).status == 200
        for client in bad:
            client.leave()
