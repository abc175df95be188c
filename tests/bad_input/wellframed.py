"""Requests that are framed well and wrong all the same: they are refused, and the connection goes on."""

from __future__ import annotations

import gzip
import zlib

from tests.bad_input.rows import CANARY, Row, chunked, got, lines, posted


def wrong(data: bytes, status: int = 400) -> Row:
    return Row(data, status, closes=False)


# Known route, wrong method 405 with Allow. Unknown graph or predictor: 404.
ROUTES = {
    **{f"{method.decode()} where POST is due": wrong(got(b"/predict", method=method), 405) for method in (b"GET", b"HEAD",
        b"PUT", b"PATCH", b"DELETE", b"OPTIONS")},
    **{f"{method.decode()} where GET is due": wrong(got(b"/health", method=method), 405) for method in (b"POST", b"PUT",
        b"DELETE", b"OPTIONS")},
    "POST with a body where GET is due": wrong(posted(b'"zebra"', path=b"/livez"), 405),
    "unknown route": wrong(got(b"/zebra"), 404),
    "unknown graph": wrong(posted(b"{}", path=b"/predict/zebra"), 404),
    "predictor for a graph": wrong(posted(b"{}", path=b"/predict/gone"), 404),
    "metadata of an unknown graph": wrong(got(b"/metadata/zebra"), 404),
    "root": wrong(got(b"/"), 404),
    "admin": wrong(got(b"/config"), 404),
    "metrics": wrong(got(b"/metrics"), 404),
}  # fmt: skip

# Body: empty, truncated, trailing bytes, NaN, Infinity, lone surrogate, invalid UTF-8, BOM: 400. Depth 65 and 100,000: 400; a name
# twice in one object: 400 where the graph looks into the request. Wrong or missing content type, or a charset other than UTF-8:
# 415. Schema violation 422 with a JSON Pointer. Compressed bombs: 415, as no coding is enabled.
NO_JSON = {
    "empty": b"",
    "blank": b" \r\n\t",
    "truncated object": b'{"zebra": ',
    "truncated list": b'["zebra"',
    "truncated text": b'"zebra',
    "trailing bytes": b'{} "zebra"',
    "trailing comma": b'["zebra",]',
    "trailing NUL": b'"zebra"\0',
    "two values": b"1 2",
    "no JSON": CANARY,
    "single quotes": b"{'zebra': 1}",
    "comment": b'["zebra"] // a',
    "NaN": b'{"zebra": NaN}',
    "Infinity": b'{"zebra": Infinity}',
    "-Infinity": b'{"zebra": -Infinity}',
    "leading zero": b'{"zebra": 01}',
    "leading plus": b'{"zebra": +1}',
    "hexadecimal": b'{"zebra": 0x1}',
    "lone surrogate": b'"zebra\\ud800"',
    "surrogates in the wrong order": b'"zebra\\udc00\\ud800"',
    "bad escape": b'"zebra\\x41"',
    "control character in a text": b'"zebra\n"',
    "invalid UTF-8": b'"zebra\xff"',
    "overlong UTF-8": b'"zebra\xc0\xaf"',
    "surrogate in UTF-8": b'"zebra\xed\xa0\x80"',
    "cut UTF-8": b'"zebra\xe2\x82"',
    "UTF-16": '"zebra"'.encode("utf-16"),
    "BOM": b'\xef\xbb\xbf"zebra"',
    "depth 65": b"[" * 65 + b'"zebra"' + b"]" * 65,
    "depth 65 of objects": b'{"zebra":' * 65 + b"1" + b"}" * 65,
    "depth 100,000": b"[" * 100_000 + b"]" * 100_000,
    "depth 100,000 without an end": b"[" * 100_000,
}
BOMB = b'"' + b"x" * (32 << 20) + b'"'
BODY = {
    **{name: wrong(posted(body)) for name, body in NO_JSON.items()},
    "empty, in chunks": wrong(chunked(b"0\r\n\r\n")),
    "truncated, in chunks": wrong(chunked(b'7\r\n["zebra\r\n0\r\n\r\n')),
    "empty, without a length": wrong(lines(b"POST /predict HTTP/1.1", b"Host: h", b"Content-Type: application/json",
        b"X-Note: zebra")),
    "name twice, where the graph looks": wrong(posted(b'{"zebra": 1, "zebra": 2}', path=b"/predict/looks")),
    "name twice further in": wrong(posted(b'{"a": {"zebra": 1, "b": 2, "zebra": 3}}', path=b"/predict/looks")),
    "name twice by an escape": wrong(posted(b'{"zebra": 1, "\\u007aebra": 2}', path=b"/predict/looks")),
    "no content type": wrong(lines(b"POST /predict HTTP/1.1", b"Host: h", b"Content-Length: 7", body=b'"zebra"'), 415),
    **{
        f"content type {kind!r}": wrong(posted(b'"zebra"', kind=kind), 415)
        for kind in (
            b"", b"text/zebra", b"text/json", b"application/zebra", b"application/jsonx", b"application", b"json",
            b"application/x-www-form-urlencoded",
            b"multipart/form-data; boundary=zebra", b"application/json, text/zebra", b"*/*", b"application/json; charset=zebra",
            b"application/json; charset=latin-1", b"application/json; charset=utf-16", b'application/json; charset="utf-7"',
            b"application/json; charset=",
            b"application/json; charset=utf-8; charset=zebra",
        )
    },
    "two content types": wrong(posted(b'"zebra"', b"Content-Type: text/zebra"), 415),
    "bomb in gzip": wrong(posted(gzip.compress(BOMB), b"Content-Encoding: gzip"), 415),
    "bomb in deflate": wrong(posted(zlib.compress(BOMB), b"Content-Encoding: deflate"), 415),
    "bomb twice in gzip": wrong(posted(gzip.compress(gzip.compress(BOMB)), b"Content-Encoding: gzip, gzip"), 415),
    **{f"coding {coding.decode()}": wrong(posted(b'"zebra"', b"Content-Encoding: " + coding), 415) for coding in (b"br",
        b"zstd", b"compress", b"zebra", b"identity, gzip")},
    "schema violation": wrong(posted(b'{"a": [1, "zebra"]}', path=b"/predict/checked"), 422),
}  # fmt: skip

# Timeout header 0, negative, `abc`, 1e99: 400.
TIMEOUT = {
    f"{value!r}": wrong(posted(b"{}", b"X-Request-Timeout: " + value))
    for value in (
        b"0", b"0ms", b"0s", b"-1", b"-1s", b"-1ms", b"abc", b"zebra", b"1e99", b"1e99s", b"1", b"250", b"", b"inf", b"nan",
        b"NaNs", b"1 s", b"1s, 2s",
        b"9" * 400 + b"h", b"1s\xb2", b"\xb2s", b"+1s", b"1_0s", b"0x1s", b"1ss", b"ms",
    )
}  # fmt: skip

# A proxy that calls itself: 508 by hop count.
LOOP = {
    f"hops {value!r}": wrong(posted(b"{}", b"X-Plait-Hops: " + value), 508)
    for value in (b"16", b"17", b"999", b"1000", b"-1", b"", b"zebra", b"1, 2", b"\xb2")
}

TABLES = {"routes": ROUTES, "body": BODY, "timeout": TIMEOUT, "loop": LOOP}
