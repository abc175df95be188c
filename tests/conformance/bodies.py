"""Cases of framing: lengths, codings, chunks, and requests hidden in bodies."""

from __future__ import annotations

from tests.conformance.case import BAD, CHUNK, CLOSE, JSON, LAST, OK, REFUSED, Case, Level, chunked, get, post, request

MUST, SHOULD, CARE, FREE = Level.MUST, Level.SHOULD, Level.CARE, Level.FREE
A = {"a": 1}
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"
UNKNOWN = REFUSED | {501}
_GIVEN = b"Content-Length: 7"


def length(value: bytes, body: bytes = JSON) -> bytes:
    return post(b"Content-Length: " + value, body=body)


def coding(value: bytes, *fields: bytes, body: bytes = CHUNK + LAST) -> bytes:
    return post(b"Transfer-Encoding: " + value, *fields, body=body)


LENGTHS = [
    Case("a length", "9112 6.3", length(b"7"), OK, closes=False, value=A),
    Case("a length of 0", "9112 6.3", request(b"GET /health HTTP/1.1", b"Content-Length: 0"), OK, closes=False),
    Case("a POST without length", "9112 6.3", post(body=b""), BAD | {411, 200}, closes=None),
    Case("a length that is no number", "9112 6.3", length(b"seven"), BAD, closes=True),
    Case("a length with plus", "9112 6.3", length(b"+7"), BAD, closes=True),
    Case("a length with minus", "9112 6.3", length(b"-7"), BAD, closes=True),
    Case("a length of minus zero", "9112 6.3", length(b"-0", b""), BAD, closes=True),
    Case("a length with underscore", "9112 6.3", length(b"0_7"), BAD, closes=True),
    Case("an octal length", "9112 6.3", length(b"0o7"), BAD, closes=True),
    Case("a hexadecimal length", "9112 6.3", length(b"0x7"), BAD, closes=True),
    Case("a length with a fraction", "9112 6.3", length(b"7.0"), BAD, closes=True),
    Case("a length with a blank within", "9112 6.3", length(b"0 7"), BAD, closes=True),
    Case("a length with a letter behind", "9112 6.3", length(b"7a"), BAD, closes=True),
    Case("an empty length", "9112 6.3", length(b""), BAD, closes=True),
    Case("two lengths", "9110 8.6", post(_GIVEN, b"Content-Length: 70"), BAD, closes=True),
    Case("two lengths that are the same", "9110 8.6", post(_GIVEN, _GIVEN), OK | BAD, CARE),
    Case("a list of lengths", "9110 8.6", length(b"7, 70"), BAD, closes=True),
    Case("a list of the same length", "9110 8.6", length(b"7, 7"), OK | BAD, CARE),
    Case("a list of three lengths", "9110 8.6", length(b"7, 7, 7"), OK | BAD, CARE),
    Case("leading zeros", "9110 8.6", length(b"007"), OK | BAD, SHOULD),
    Case("leading zeros, as if octal", "9110 8.6", length(b"010", b'{"a": 1  }'), OK | BAD, SHOULD, value=A),
    Case("two zeros", "9110 8.6", request(b"GET /health HTTP/1.1", b"Content-Length: 00"), OK | BAD, SHOULD),
    Case("a blank behind a length", "9112 5.1", length(b"7 "), OK | BAD, SHOULD),
    Case("two blanks before a length", "9112 5.1", length(b" 7"), OK | BAD, SHOULD),
    Case("a tab before a length", "9112 5.1", length(b"\t7"), OK | BAD, SHOULD),
    Case("space before the colon of a length", "9112 5.1", post(b"Content-Length : 7"), BAD, closes=True),
    Case(
        "a length with underscore in its name", "9110 5.1", request(b"GET /health HTTP/1.1", b"Content_Length: 7"), OK | BAD, CARE
    ),
    Case("a length over 64 bits", "9110 8.6", length(b"99999999999999999999"), REFUSED | {413}, closes=True),
    Case("a length that wraps around", "9110 8.6", length(b"18446744073709551623"), REFUSED | {413}, closes=True),
    Case("a length that is huge, and no body", "9112 6.3", length(b"999999999999", b""), REFUSED | {413}, ends=True, closes=True),
    Case("fewer bytes than the length", "9112 8", length(b"70"), REFUSED | {408}, ends=True, closes=True),
    Case(
        "GET with a body", "9110 9.3.1", request(b"GET /health HTTP/1.1", b"Content-Length: 5", body=b"hello"), OK | REFUSED, CARE
    ),
    Case(
        "HEAD with a body", "9110 9.3.2", request(b"HEAD /health HTTP/1.1", b"Content-Length: 5", body=b"hello"), OK | REFUSED, CARE
    ),
    Case(
        "OPTIONS with a body",
        "9110 9.3.7",
        request(b"OPTIONS /predict HTTP/1.1", b"Content-Length: 5", body=b"hello"),
        OK | REFUSED | {405},
        CARE,
    ),
]

CODINGS = [
    Case("chunks", "9112 7.1", chunked(CHUNK + LAST), OK, closes=False, value=A),
    Case("several chunks", "9112 7.1", chunked(b'3\r\n{"a\r\n4\r\n":1}\r\n' + LAST), OK, closes=False, value=A),
    Case(
        "no chunk but the last",
        "9112 7.1",
        request(b"GET /health HTTP/1.1", b"Transfer-Encoding: chunked", body=LAST),
        OK,
        closes=False,
    ),
    Case("capital digits", "9112 7.1", chunked(b'A\r\n{"a": 1  }\r\n' + LAST), OK, value=A),
    Case("small digits", "9112 7.1", chunked(b'a\r\n{"a": 1  }\r\n' + LAST), OK, value=A),
    Case("an extension", "9112 7.1.1", chunked(b"7;a=b\r\n" + JSON + b"\r\n" + LAST), OK, value=A),
    Case("an extension in quotes", "9112 7.1.1", chunked(b'7;a="b;c"\r\n' + JSON + b"\r\n" + LAST), OK, value=A),
    Case("a trailer", "9112 7.1.2", chunked(CHUNK + b"0\r\nX: a\r\n\r\n"), OK, closes=False, value=A),
    Case("chunked in capitals", "9112 7", coding(b"CHUNKED"), OK, SHOULD, value=A),
    Case("the field's name in capitals", "9110 5.1", post(b"TRANSFER-ENCODING: chunked", body=CHUNK + LAST), OK, SHOULD, value=A),
    Case("a tab before chunked", "9112 5.1", coding(b"\tchunked"), OK | BAD, FREE),
    Case("chunked not last", "9112 6.3", coding(b"chunked, gzip"), BAD, closes=True),
    Case("chunked twice", "9112 6.1", coding(b"chunked, chunked"), REFUSED, SHOULD, closes=True),
    Case("chunked in two fields", "9112 6.1", coding(b"chunked", b"Transfer-Encoding: chunked"), REFUSED, SHOULD, closes=True),
    Case("chunked with a parameter", "9112 7", coding(b"chunked;a=b"), UNKNOWN, SHOULD, closes=True),
    Case("an unknown coding", "9112 6.1", coding(b"gzip"), UNKNOWN, SHOULD, closes=True),
    Case("an unknown coding before chunked", "9112 6.1", coding(b"zebra, chunked"), UNKNOWN, SHOULD, closes=True),
    Case("an empty coding", "9112 6.1", coding(b""), REFUSED, closes=True),
    Case("identity", "9112 7", coding(b"identity", _GIVEN, body=JSON), UNKNOWN, closes=True),
    Case("xchunked with a length", "9112 6.1", coding(b"xchunked", _GIVEN, body=JSON), UNKNOWN, closes=True),
    Case("chunked with a blank behind, and a length", "9112 6.1", coding(b"chunked ", _GIVEN, body=JSON), UNKNOWN, closes=True),
    Case("Chunked and a length", "9112 6.1", coding(b"Chunked", _GIVEN, body=JSON), REFUSED, SHOULD, closes=True),
    Case("a comma before chunked", "9110 5.6.1", coding(b", chunked", _GIVEN, body=JSON), UNKNOWN, SHOULD, closes=True),
    Case("a comma behind chunked", "9110 5.6.1", coding(b"chunked,", _GIVEN, body=JSON), UNKNOWN, SHOULD, closes=True),
    Case("vertical tab before chunked", "9112 6.1", coding(b"\x0bchunked", _GIVEN, body=JSON), UNKNOWN, closes=True),
    Case("form feed before chunked", "9112 6.1", coding(b"\x0cchunked", _GIVEN, body=JSON), UNKNOWN, closes=True),
    Case("NUL behind chunked", "9110 5.5", coding(b"chunked\0", _GIVEN, body=JSON), UNKNOWN, closes=True),
    Case("chunked in quotes", "9112 6.1", coding(b'"chunked"'), UNKNOWN, closes=True),
    Case("space before the colon of a coding", "9112 5.1", post(b"Transfer-Encoding : chunked", _GIVEN), BAD, closes=True),
    Case("a folded coding", "9112 5.2", post(b"Transfer-Encoding:", b" chunked", _GIVEN), BAD, closes=True),
    Case("a coding with underscore in its name", "9110 5.1", post(b"Transfer_Encoding: chunked", _GIVEN), OK | BAD, CARE),
    Case(
        "two codings that differ",
        "9112 6.1",
        coding(b"chunked", b"Transfer-Encoding: identity", _GIVEN, body=JSON),
        UNKNOWN,
        closes=True,
    ),
    Case(
        "a coding in HTTP/1.0",
        "9112 6.1",
        post(b"Transfer-Encoding: chunked", body=CHUNK + LAST, version=b"HTTP/1.0"),
        OK | REFUSED,
        closes=True,
    ),
    Case("a length and a coding", "9112 6.1", chunked(CHUNK + LAST, b"Content-Length: 17"), REFUSED, SHOULD, closes=True),
    Case(
        "a coding and a length",
        "9112 6.1",
        post(b"Content-Length: 17", b"Transfer-Encoding: chunked", body=CHUNK + LAST),
        REFUSED,
        SHOULD,
        closes=True,
    ),
]


def size(data: bytes) -> bytes:
    return chunked(data + b"\r\n" + JSON + b"\r\n" + LAST)


CHUNKS = [
    Case("a size with a prefix", "9112 7.1", size(b"0x7"), REFUSED, closes=True),
    Case("a size with underscore", "9112 7.1", size(b"0_7"), REFUSED, closes=True),
    Case("a size with plus", "9112 7.1", size(b"+7"), REFUSED, closes=True),
    Case("a size with minus", "9112 7.1", size(b"-7"), REFUSED, closes=True),
    Case("a blank before a size", "9112 7.1", size(b" 7"), REFUSED, closes=True),
    Case("a blank behind a size", "9112 7.1", size(b"7 "), REFUSED, closes=True),
    Case("a tab behind a size", "9112 7.1", size(b"7\t"), REFUSED, closes=True),
    Case("no size", "9112 7.1", size(b""), REFUSED, closes=True),
    Case("a size that is no number", "9112 7.1", size(b"g"), REFUSED, closes=True),
    Case("a size over 64 bits", "9112 7.1", size(b"10000000000000007"), REFUSED | {413}, closes=True),
    Case("the largest size of 64 bits", "9112 7.1", size(b"ffffffffffffffff"), REFUSED | {413}, closes=True),
    Case("a size of 17 digits that is small", "9112 7.1", size(b"0" * 16 + b"7"), OK | REFUSED, CARE),
    Case("a comma in a size", "9112 7.1", size(b"7,7"), REFUSED, closes=True),
    Case("a semicolon alone", "9112 7.1.1", size(b"7;"), REFUSED, closes=True),
    Case("an extension that is no token", "9112 7.1.1", size(b"7;["), REFUSED, closes=True),
    Case("an extension of 64 KiB", "9112 7.1.1", size(b"7;" + b"a" * 65_536), REFUSED | {413, 431}, CARE, closes=True),
    Case("NUL in an extension", "9112 7.1.1", size(b"7;a\0"), REFUSED, closes=True),
    Case("CR in an extension", "9112 2.2", size(b"7;a\rb"), REFUSED, closes=True),
    Case("LF in an extension", "9112 2.2", size(b"7;a\nb"), REFUSED, CARE, closes=True),
    Case("a size ended by LF", "9112 2.2", chunked(b"7\n" + JSON + b"\r\n" + LAST), REFUSED, CARE, closes=True),
    Case("a size ended by CR", "9112 2.2", chunked(b"7\r" + JSON + b"\r\n" + LAST), REFUSED, closes=True),
    Case("data ended by LF", "9112 2.2", chunked(b"7\r\n" + JSON + b"\n" + LAST), REFUSED, CARE, closes=True),
    Case("data ended by CR", "9112 2.2", chunked(b"7\r\n" + JSON + b"\r" + LAST), REFUSED, closes=True),
    Case("data without an end", "9112 7.1", chunked(b"7\r\n" + JSON + LAST), REFUSED, closes=True),
    Case("data longer than its size", "9112 7.1", chunked(b"5\r\n" + JSON + b"\r\n" + LAST), REFUSED, closes=True),
    Case("the end by LF", "9112 2.2", chunked(CHUNK + b"0\r\n\n"), REFUSED, CARE, closes=True),
    Case("a trailer ended by LF", "9112 2.2", chunked(CHUNK + b"0\r\nX: a\n\r\n"), REFUSED, CARE, closes=True),
    Case("a trailer without colon", "9112 5", chunked(CHUNK + b"0\r\nX\r\n\r\n"), REFUSED, closes=True),
    Case("a folded trailer", "9112 5.2", chunked(CHUNK + b"0\r\nX: a\r\n b\r\n\r\n"), OK | REFUSED, CARE),
    Case("a length as a trailer", "9110 6.5.1", chunked(CHUNK + b"0\r\nContent-Length: 50\r\n\r\n"), OK | REFUSED, CARE),
    Case("a coding as a trailer", "9110 6.5.1", chunked(CHUNK + b"0\r\nTransfer-Encoding: chunked\r\n\r\n"), OK | REFUSED, CARE),
    Case("a host as a trailer", "9110 6.5.1", chunked(CHUNK + b"0\r\nHost: other\r\n\r\n"), OK | REFUSED, CARE),
    Case("credentials as a trailer", "9110 6.5.1", chunked(CHUNK + b"0\r\nAuthorization: a\r\n\r\n"), OK | REFUSED, FREE),
    Case("a content type as a trailer", "9110 6.5.1", chunked(CHUNK + b"0\r\nContent-Type: text/html\r\n\r\n"), OK | REFUSED, CARE),
    Case("no last chunk", "9112 7.1", chunked(CHUNK), REFUSED | {408}, ends=True, closes=True),
    Case("half a chunk", "9112 8", chunked(b"7\r\n{"), REFUSED | {408}, ends=True, closes=True),
    Case("half the end", "9112 8", chunked(CHUNK + b"0\r\n"), REFUSED | {408}, ends=True, closes=True),
]

WHOLE = CHUNK + LAST + HIDDEN
_ALL = b"Content-Length: %d" % len(WHOLE)
_HIDES = b"%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n" + LAST
SMUGGLED = [
    Case("CL.TE", "9112 6.1", chunked(LAST + b"X", b"Content-Length: 6"), REFUSED, SHOULD, closes=True),
    Case("CL.TE hides a GET", "9112 6.1", chunked(WHOLE, _ALL), REFUSED, SHOULD, closes=True),
    Case("CL.TE hides a HEAD", "9112 6.1", chunked(CHUNK + LAST + HIDDEN.replace(b"GET",
        b"HEAD"), _ALL), REFUSED, SHOULD, closes=True),
    Case("CL.TE with a plus hides a GET", "9112 6.1", chunked(WHOLE, _ALL.replace(b": ", b": +")), REFUSED, closes=True),
    Case("CL.TE with a letter hides a GET", "9112 6.1", chunked(WHOLE, _ALL + b"a"), REFUSED, closes=True),
    Case("CL.TE with a fold hides a GET", "9112 5.2", post(_ALL, b"Transfer-Encoding:",
        b" chunked", body=WHOLE), REFUSED, closes=True),
    Case("CL.TE with a blank hides a GET", "9112 6.1", coding(b"chunked ", _ALL, body=WHOLE), UNKNOWN, closes=True),
    Case("CL.TE with a comma hides a GET", "9112 6.1", coding(b", chunked", _ALL, body=WHOLE), UNKNOWN, closes=True),
    Case("CL.TE in capitals hides a GET", "9112 6.1", coding(b"Chunked", _ALL, body=WHOLE), REFUSED, SHOULD, closes=True),
    Case("CL.TE with two codings hides a GET", "9112 6.1", coding(b"chunked",
        b"Transfer-Encoding: identity", _ALL, body=WHOLE), UNKNOWN, closes=True),
    Case("TE.CL", "9112 6.1", chunked(LAST, b"Content-Length: 30"), REFUSED, SHOULD, closes=True),
    Case("TE.CL hides a GET", "9112 6.1", post(b"Content-Length: 4",
        b"Transfer-Encoding: chunked", body=_HIDES), REFUSED, SHOULD, closes=True),
    Case("two lengths hide a GET", "9110 8.6", post(_GIVEN, _ALL, body=JSON + HIDDEN), BAD, closes=True),
    Case("a size that is none hides a GET", "9112 7.1", chunked(b"+0\r\n\r\n" + HIDDEN), REFUSED, closes=True),
    Case("a body that looks like a GET", "9112 6.3", request(b"GET /health HTTP/1.1",
        b"Content-Length: %d" % len(HIDDEN), body=HIDDEN), OK | REFUSED),
    Case("a body that looks like half a GET", "9112 6.3", request(b"GET /health HTTP/1.1",
        b"Content-Length: 20", body=HIDDEN[:20]), OK | REFUSED),
    Case("OPTIONS with a body that looks like a GET", "9112 6.3", request(b"OPTIONS /predict HTTP/1.1",
        b"Content-Length: %d" % len(HIDDEN), body=HIDDEN),
        OK | REFUSED | {405}),
    Case("OPTIONS with a folded coding", "9112 5.2", request(b"OPTIONS /predict HTTP/1.1", b"Transfer-Encoding:",
        b" chunked", body=LAST), BAD, closes=True),
    Case("a byte behind a length of 0", "9112 6.3", request(b"GET /health HTTP/1.1",
        b"Content-Length: 0", body=b"X"), OK, answers=2, closes=True),
    Case("a value that hides a field", "9112 2.2", get(b"/health", b"X: a\r\nY: b"), OK),
    Case("100-continue and the body at once", "9110 10.1.1", post(_GIVEN, b"Expect: 100-continue"), OK, closes=False, value=A),
    Case("100-continue and a body that looks like a GET", "9110 10.1.1", post(b"Content-Length: %d" % len(HIDDEN),
        b"Expect: 100-continue", body=HIDDEN), BAD),
    Case("chunks that look like a GET", "9112 7.1", request(b"GET /health HTTP/1.1",
        b"Transfer-Encoding: chunked", body=_HIDES), OK | REFUSED),
]  # fmt: skip

_KEY = (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",)
_NO_SWITCH = OK | {400, 404, 405, 426, 501, CLOSE}
UPGRADES = [
    Case("a websocket by POST", "6455 4.1", post(_GIVEN, b"Upgrade: websocket", b"Connection: Upgrade", *_KEY,
        b"Sec-WebSocket-Version: 13"), _NO_SWITCH),
    Case("a websocket without Connection", "9110 7.8", get(b"/health", b"Upgrade: websocket", *_KEY,
        b"Sec-WebSocket-Version: 13"), _NO_SWITCH),
    Case("an upgrade to nothing known", "9110 7.8", get(b"/health", b"Upgrade: zebra/1", b"Connection: Upgrade"), _NO_SWITCH),
    Case("a websocket of no version", "6455 4.4", get(b"/health", b"Upgrade: websocket", b"Connection: Upgrade", *_KEY,
        b"Sec-WebSocket-Version: 999"), _NO_SWITCH),
    Case("an upgrade in HTTP/1.0", "9110 7.8", request(b"GET /health HTTP/1.0", b"Upgrade: websocket", b"Connection: Upgrade",
        *_KEY), OK),
    Case("h2c", "9110 7.8", get(b"/health", b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings",
        b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"), _NO_SWITCH),
]  # fmt: skip

CASES = [*LENGTHS, *CODINGS, *CHUNKS, *SMUGGLED, *UPGRADES]
