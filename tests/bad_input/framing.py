"""Requests whose framing is at fault: they are refused, and the connection ends."""

from __future__ import annotations

from tests.bad_input.rows import CANARY, Row, chunked, got, lines, posted, sent

LIMIT = 256 << 10
"""Bytes of a body, in these tests."""

MORE = b"0\r\n\r\n"

# No Host, two Hosts, bad characters in Host; HTTP/0.9; unknown version 505; bare LF; bare CR, NUL or control characters; obs-fold;
# space before colon; names with underscores or non-ASCII.
SYNTAX = {
    "no Host": Row(lines(b"GET /zebra HTTP/1.1", b"Accept: */*")),
    "two Hosts": Row(got(b"/", b"Host: zebra")),
    "two Hosts that are the same": Row(got(b"/", b"Host: h")),
    "two Hosts in HTTP/1.0": Row(sent(b"Host: zebra", line=b"GET / HTTP/1.0")),
    "empty Host": Row(got(b"/", host=b"Host:")),
    **{
        f"bad characters in Host {value!r}": Row(got(b"/", host=b"Host: " + value))
        for value in (
            b"ze bra", b"zebra/a", b"u@zebra", b"zebra, h", b"zebra:x", b"zebra:", b"zebra:123456", b"zebra?", b"zebra#",
            b"[::1", b"[zebra]",
            b"ze\x01bra", b"ze\x7fbra", b"zebr\xe4", b"zebra%41", b"zebra\\a", b'"zebra"', b"<zebra>", b"zebra;a", b"zebra:80:80",
        )
    },
    "HTTP/0.9": Row(b"GET /zebra\r\n"),
    "HTTP/0.9 with a head": Row(lines(b"GET /zebra", b"Host: h")),
    **{
        f"unknown version {version.decode()}": Row(sent(line=b"GET /zebra " + version), 505)
        for version in (b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/3.0", b"HTTP/9.9")
    },
    **{
        f"version that is none {version!r}": Row(sent(line=b"GET /zebra " + version))
        for version in (b"HTTP/1", b"HTTP/1.", b"HTTP/11", b"HTTP/1.1.1", b"HTTP/01.1", b"HTTP/1.10", b"HTTP/ 1.1",
            b"http/1.1", b"RTSP/1.1", b"ZEBRA/1.1")
    },
    "HTTP/2 preface": Row(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nzebra", 505),
    "TLS": Row(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + CANARY),
    "SSH": Row(b"SSH-2.0-zebra\r\n"),
    "empty line first": Row(b"\r\n" + got(b"/health")),
    "blank line first": Row(b" \r\n" + got(b"/health")),
    "double blank": Row(sent(line=b"GET  /zebra HTTP/1.1")),
    "tab for a blank": Row(sent(line=b"GET\t/zebra HTTP/1.1")),
    "no target": Row(sent(line=b"GET HTTP/1.1")),
    "bare LF": Row(b"GET /zebra HTTP/1.1\nHost: h\n\n"),
    "bare LF in the first line": Row(b"GET /zebra HTTP/1.1\nHost: h\r\n\r\n"),
    "bare LF after a field": Row(b"GET / HTTP/1.1\r\nHost: h\r\nX: zebra\nY: b\r\n\r\n"),
    "bare LF at the end": Row(b"GET / HTTP/1.1\r\nHost: h\r\nX: zebra\r\n\n"),
    "bare CR in the first line": Row(b"GET /zebra\rHTTP/1.1\r\nHost: h\r\n\r\n"),
    "bare CR in a value": Row(got(b"/", b"X: zebra\rb")),
    "bare CR for every line end": Row(b"GET /zebra HTTP/1.1\rHost: h\r\r"),
    "NUL in the first line": Row(sent(line=b"GET /zebra\0 HTTP/1.1")),
    "NUL in a name": Row(got(b"/", b"Zebra\0: a")),
    "NUL in a value": Row(got(b"/", b"X: zebra\0")),
    **{f"control character {char:#04x}": Row(got(b"/", b"X: zebra" + bytes([char])))
        for char in (*range(1, 9), 11, 12, *range(14, 32), 127)},
    "control character in the target": Row(sent(line=b"GET /zebra\x07 HTTP/1.1")),
    "control character in a name": Row(got(b"/", b"Zebra\x07: a")),
    "obs-fold": Row(got(b"/", b"X: zebra", b" b")),
    "obs-fold by a tab": Row(got(b"/", b"X: zebra", b"\tb")),
    "obs-fold before the first field": Row(got(b"/", host=b" Host: zebra")),
    "obs-fold of the coding": Row(sent(b"Transfer-Encoding:", b" chunked", body=MORE)),
    "space before colon": Row(got(b"/", b"Zebra : a")),
    "tab before colon": Row(got(b"/", b"Zebra\t: a")),
    "space before the colon of a length": Row(sent(b"Content-Length : 5", body=CANARY)),
    "no colon": Row(got(b"/", b"Zebra")),
    "no name": Row(got(b"/", b": zebra")),
    "name in brackets": Row(got(b"/", b"[Zebra]: a")),
    "name with underscore": Row(got(b"/", b"Zebra_x: a")),
    "length with underscore": Row(sent(b"Content_Length: 5", body=b"")),
    "coding with underscore": Row(sent(b"Transfer_Encoding: chunked", body=MORE)),
    "name with non-ASCII": Row(got(b"/", b"Zebr\xe4: a")),
    "name in UTF-8": Row(got(b"/", b"Zebr\xc3\xa4: a")),
}  # fmt: skip

# Content-Length `+5`, `-1`, `0x5`, `5, 5`, two of them, 23 digits (413); Content-Length with Transfer-Encoding; Transfer-Encoding
# other than exactly `chunked` (501 if unknown); in HTTP/1.0.
LENGTH = {
    **{
        f"Content-Length {value!r}": Row(sent(b"Content-Length: " + value, body=CANARY))
        for value in (
            b"+5", b"-1", b"-0", b"0x5", b"0o5", b"5, 5", b"5, 10", b"5,5,5", b"5 5", b"5_0", b"5.0", b"5e0", b"five", b"",
            b" ", b"5;", b"\xb2",
            b"5\x0b",
        )
    },
    "two of them": Row(sent(b"Content-Length: 5", b"Content-Length: 5", body=CANARY)),
    "two of them that differ": Row(sent(b"Content-Length: 5", b"Content-Length: 50", body=CANARY)),
    "23 digits": Row(sent(b"Content-Length: " + b"1" * 23), 413),
    "20 digits": Row(sent(b"Content-Length: 18446744073709551617"), 413),
    "19 digits": Row(sent(b"Content-Length: 9223372036854775807"), 413),
    "with Transfer-Encoding": Row(chunked(b"5\r\nzebra\r\n0\r\n\r\n", b"Content-Length: 15")),
    "before Transfer-Encoding": Row(sent(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"5\r\nzebra\r\n0\r\n\r\n")),
    "with an unknown Transfer-Encoding": Row(sent(b"Transfer-Encoding: xchunked", b"Content-Length: 5", body=CANARY)),
    **{
        f"Transfer-Encoding {value!r}": Row(sent(b"Transfer-Encoding: " + value, body=MORE))
        for value in (
            b"", b"chunked, chunked", b"chunked, gzip", b"chunked,", b", chunked", b"chunked;a=b", b'"chunked"', b"chunked ",
            b"chu nked", b"\x0bchunked",
            b"\x0cchunked", b"chunked\0",
        )
    },
    **{
        f"unknown Transfer-Encoding {value!r}": Row(sent(b"Transfer-Encoding: " + value, body=MORE), 501)
        for value in (b"gzip", b"identity", b"xchunked", b"chunkedx", b"zebra", b"gzip, chunked", b"zebra, chunked")
    },
    "two Transfer-Encodings": Row(sent(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=MORE)),
    "Transfer-Encoding in HTTP/1.0": Row(sent(b"Transfer-Encoding: chunked", line=b"POST /predict HTTP/1.0", body=MORE)),
}  # fmt: skip

# Chunk sizes with sign, prefix, spaces, 17 digits; chunk not ended by CRLF; 1 MB extension; 2 MB of trailers (431).
_REST = b"\r\nzebra\r\n0\r\n\r\n"
CHUNKS = {
    **{
        f"size {size!r}": Row(chunked(size + _REST))
        for size in (b"+5", b"-5", b"0x5", b"x5", b"5h", b" 5", b"5 ", b"\t5", b"5\t", b"0_5", b"", b"\xb2", b"5,5", b"5\0",
            b"5 ;a", b"5; a", b"5;", b"5;[", b"5;a\0", b"5;a\rb", b"5;a\nb")
    },
    "size of 17 digits": Row(chunked(b"1" + b"0" * 15 + b"5" + _REST)),
    "size of 17 digits, with leading zeros": Row(chunked(b"0" * 16 + b"5" + _REST)),
    "size of 17 zeros": Row(chunked(b"0" * 17 + b"\r\n\r\n")),
    "size of 17 digits after another": Row(chunked(b"5\r\nzebra\r\n" + b"0" * 16 + b"5" + _REST)),
    "size ended by LF": Row(chunked(b"5\nzebra\r\n0\r\n\r\n")),
    "not ended by CRLF": Row(chunked(b"5\r\nzebraaa")),
    "ended by LF": Row(chunked(b"5\r\nzebra\n0\r\n\r\n")),
    "ended by CR": Row(chunked(b"5\r\nzebra\r0\r\n\r\n")),
    "not ended at all": Row(chunked(b"5\r\nzebra0\r\n\r\n")),
    "last one ended by LF": Row(chunked(b"5\r\nzebra\r\n0\r\n\n")),
    "1 MB extension": Row(chunked(b"5;" + CANARY * 200_000 + b"\r\n")),
    "1 MB of extensions": Row(chunked((b"5;" + CANARY * 200 + b"\r\nzebra\r\n") * 1000)),
    "2 MB of trailers": Row(chunked(b"0\r\n" + b"X: zebra\r\n" * 200_000), 431),
    "one trailer of 2 MB": Row(chunked(b"0\r\nX: " + CANARY * 400_000), 431),
    "101 trailers": Row(chunked(b"0\r\n" + b"X: zebra\r\n" * 101 + b"\r\n"), 431),
    "trailer with a blank in its name": Row(chunked(b"0\r\nZeb ra: a\r\n\r\n")),
    "length as a trailer": Row(chunked(b"0\r\nContent-Length: 5\r\n\r\n")),
    "coding as a trailer": Row(chunked(b"0\r\nTransfer-Encoding: chunked\r\n\r\n")),
}  # fmt: skip

# URL 9 KiB (414); header 64 KiB, 101 fields, 100,000 fields (431, memory flat); CONNECT, TRACE (405); unknown method 501.
LIMITS = {
    "URL of 9 KiB": Row(got(b"/" + CANARY * 1843), 414),
    "query of 9 KiB": Row(got(b"/health?" + CANARY * 1843), 414),
    "URL of 1 MB without an end": Row(b"GET /" + CANARY * 200_000, 414),
    "method of 9 KiB": Row(CANARY * 1843 + b" / HTTP/1.1\r\n\r\n", 414),
    "header of 64 KiB": Row(got(b"/", b"X: " + CANARY * 13_108), 431),
    "name of 64 KiB": Row(got(b"/", CANARY * 13_108 + b": a"), 431),
    "header of 64 KiB in all": Row(got(b"/", *[b"X: " + CANARY * 200] * 66), 431),
    "101 fields": Row(got(b"/", *[b"X: zebra"] * 99), 431),
    "100,000 fields": Row(got(b"/", *[b"X: zebra"] * 100_000), 431),
    "100,000 fields without an end": Row(got(b"/", *[b"X: zebra"] * 100_000)[:-2], 431),
    "CONNECT": Row(lines(b"CONNECT zebra:443 HTTP/1.1", b"Host: zebra:443"), 405),
    "TRACE": Row(got(b"/zebra", method=b"TRACE"), 405),
    **{f"unknown method {method.decode()}": Row(got(b"/health", method=method), 501)
        for method in (b"ZEBRA", b"get", b"Get", b"PROPFIND", b"QUERY", b"PRI")},
    "method that is no token": Row(got(b"/zebra", method=b"G@T")),
    "one byte over the limit": Row(posted(CANARY + b"x" * (LIMIT - 4)), 413),
    "one byte over the limit, in one chunk": Row(
        chunked(b"%x\r\n" % (LIMIT + 1) + CANARY + b"x" * (LIMIT - 4) + b"\r\n0\r\n\r\n"), 413
    ),
    "one byte over the limit, in two chunks": Row(chunked(b"%x\r\n" % LIMIT + b"x" * LIMIT + b"\r\n1\r\nx\r\n0\r\n\r\n"), 413),
}  # fmt: skip

# `/a/../admin`, `%2e%2e`, `//`, `%2f`: normalised once before routing, or 400. `#`, `%00` and other encoded control characters,
# bytes over 0x7f: 400. An absolute target whose host is not the Host field's: 400.
TARGETS = {
    f"{target!r}": Row(got(target))
    for target in (
        b"/zebra/../admin", b"/zebra/..", b"/../zebra", b"/./zebra", b"/zebra/.", b"/zebra/%2e%2e/admin", b"/zebra/%2E./admin",
        b"/zebra/.%2e", b"/%2e/zebra",
        b"//zebra", b"/zebra//admin", b"//", b"/zebra%2fadmin", b"/zebra%2Fadmin", b"/zebra%5cadmin", b"/zebra\\admin",
        b"/zebra%2f..%2fadmin",
        b"/zebra#a", b"/zebra?a#b", b"#zebra", b"/zebra%00", b"/%00zebra", b"/zebra?a=%00", b"/zebra%0d%0aX:%20a",
        b"/zebra?a=%0d%0a", b"/zebra%01", b"/zebra%1f",
        b"/zebra%7f", b"/zebra%7F?a", b"/zebra%80", b"/zebra%ff", b"/zebra?%ff", b"/zebra%c0%af", b"/zebra\x80", b"/zebra\xff",
        b"/zebr\xc3\xa4", b"/?zebr\xc3\xa4",
        b"/zebra%", b"/zebra%2", b"/zebra%zz", b"/zebra?a=%2", b"zebra", b"zebra/a", b"?zebra", b"*", b"http://zebra/health",
        b"http://zebra@h/health", b"http://h:81/zebra",
        b"http://h.zebra/", b"https://h/zebra", b"ftp://h/zebra", b"http:///zebra", b"h:80",
    )
} | {
    "asterisk with a path": Row(got(b"*/zebra", method=b"OPTIONS")),
    "absolute target in HTTP/1.0 without Host": Row(lines(b"GET http://zebra/ HTTP/1.0")),
}  # fmt: skip

# `Expect: 100-continue` with too large a length: 413 at once; any other `Expect`: 417. Upgrade requests: with a body 400 and close.
EXPECT = {
    "100-continue with too large a length": Row(sent(b"Content-Length: 99999999", b"Expect: 100-continue"), 413),
    **{
        f"Expect {value!r}": Row(sent(b"Content-Length: 5", b"Expect: " + value), 417)
        for value in (b"zebra", b"200-ok", b"", b"100-continue, zebra", b"100-continue;a", b"100")
    },
    "h2c with a body": Row(posted(CANARY, b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
        b"Connection: Upgrade, HTTP2-Settings")),
    "websocket with a body": Row(posted(CANARY, b"Upgrade: websocket", b"Connection: upgrade", b"Sec-WebSocket-Version: 13")),
    "upgrade with a body in chunks": Row(chunked(b"5\r\nzebra\r\n0\r\n\r\n", b"Upgrade: h2c", b"Connection: upgrade")),
}  # fmt: skip

TABLES = {"syntax": SYNTAX, "length": LENGTH, "chunks": CHUNKS, "limits": LIMITS, "targets": TARGETS, "expect": EXPECT}
