"""Cases of first lines, targets, methods and fields."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.conformance.case import BAD, CLOSE, JSON, OK, REFUSED, Case, Level, get, post, request
from tests.conformance.heard import Heard

MUST, SHOULD, CARE, FREE = Level.MUST, Level.SHOULD, Level.CARE, Level.FREE
_LENGTH = b"Content-Length: 7"
_FIXDATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] [A-Z][a-z]{2} [0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT")


def has(name: str, pattern: str = ".+") -> Callable[[Heard], bool]:
    """Whether an answer has a field like this."""

    def holds(answer: Heard) -> bool:
        return re.fullmatch(pattern, answer.headers.get(name, "")) is not None

    return holds


ANSWERS = [
    Case("a plain GET", "9110 9.3.1", get(), OK, closes=False),
    Case("a date in every answer", "9110 6.6.1", get(), OK, holds=has("date")),
    Case("the date as IMF-fixdate", "9110 5.6.7", get(), OK, holds=has("date", _FIXDATE.pattern)),
    Case("a date in a refusal", "9110 6.6.1", get(b"/nothing"), frozenset({404}), holds=has("date", _FIXDATE.pattern)),
    Case("content has a type", "9110 8.3", get(), OK, SHOULD, holds=has("content-type")),
    Case("HEAD gets no content", "9110 9.3.2", get(method=b"HEAD"), OK, closes=False, holds=lambda answer: not answer.body),
    Case("405 says what is allowed", "9110 15.5.6", get(b"/predict"), frozenset({405}), holds=has("allow", ".*POST.*")),
    Case("405 to HEAD says what is allowed", "9110 15.5.6", get(b"/predict", method=b"HEAD"), frozenset({405}), holds=has("allow")),
    Case("close is done", "9112 9.6", get(b"/health", b"Connection: close"), OK, closes=True),
    Case("close is done after a POST", "9112 9.6", post(_LENGTH, b"Connection: close"), OK, closes=True, value={"a": 1}),
    Case("close in capitals among others", "9110 7.6.1", get(b"/health", b"Connection: x, CLOSE"), OK, closes=True),
    Case("close is told", "9112 9.6", get(b"/health", b"Connection: close"), OK, SHOULD, holds=has("connection", "close")),
    Case("two good requests at once", "9112 9.3.2", get() + get(), OK, answers=2, closes=False),
    Case("HTTP/1.0 closes", "9112 9.3", request(b"GET /health HTTP/1.0"), OK, closes=True),
    Case("HTTP/1.0 without Host", "9112 3.2", request(b"GET /health HTTP/1.0", host=b""), OK | REFUSED, CARE),
    Case("HTTP/1.0 hears nothing of 100", "9110 15.2", post(_LENGTH,
        b"Expect: 100-continue", version=b"HTTP/1.0"), OK, value={"a": 1}),
    Case("a Range where it has no meaning", "9110 14.2", post(_LENGTH, b"Range: bytes=0-1"), OK, value={"a": 1}),
    Case("a Range that is none", "9110 14.2", get(b"/health", b"Range: zebra"), OK | {416}, SHOULD),
    Case("Ranges that overlap", "9110 14.2", get(b"/health", b"Range: bytes=0-9,0-9,0-9,0-9"), OK | {206, 400, 416}, FREE),
    Case("an Accept that is none", "9110 12.5.1", get(b"/health", b"Accept: zebra/zebra"), OK | {400, 406}, FREE),
    Case("a content type that nobody takes", "9110 15.5.16", request(b"POST /predict HTTP/1.1",
        b"Content-Type: text/zebra", _LENGTH,
        body=JSON), OK | {415}, SHOULD),
    Case("two content types", "9110 5.3", post(_LENGTH, b"Content-Type: text/html"), frozenset({400, 415}), SHOULD),
]  # fmt: skip

CONDITIONS = [
    Case("If-None-Match of another", "9110 13.1.2", get(b"/health", b'If-None-Match: "zebra"'), OK),
    Case("If-None-Match without quotes", "9110 8.8.3", get(b"/health", b"If-None-Match: zebra"), OK | BAD, SHOULD),
    Case("If-None-Match of all", "9110 13.1.2", get(b"/health", b"If-None-Match: *"), OK | {304}, FREE),
    Case("If-None-Match, weak", "9110 13.1.2", get(b"/health", b'If-None-Match: W/"zebra"'), OK),
    Case("If-Modified-Since, no date", "9110 13.1.3", get(b"/health", b"If-Modified-Since: zebra"), OK),
    Case("If-Modified-Since, of the future", "9110 13.1.3", get(b"/health",
        b"If-Modified-Since: Fri, 01 Jan 2099 00:00:00 GMT"), OK, SHOULD),
    Case("If-None-Match goes before If-Modified-Since", "9110 13.1.3", get(b"/health", b'If-None-Match: "zebra"',
        b"If-Modified-Since: Fri, 01 Jan 2099 00:00:00 GMT"), OK),
    Case("If-Modified-Since at a POST", "9110 13.1.3", post(_LENGTH,
        b"If-Modified-Since: Fri, 01 Jan 2099 00:00:00 GMT"), OK, value={"a": 1}),
]  # fmt: skip

COOKIES = [
    Case("a cookie", "6265 5.4", get(b"/health", b"Cookie: a=b"), OK),
    Case("an empty cookie", "6265 4.2", get(b"/health", b"Cookie:"), OK | BAD, FREE),
    Case("a cookie without a value", "6265 4.1.1", get(b"/health", b"Cookie: a="), OK),
    Case("cookies that are none", "6265 4.1.1", get(b"/health", b"Cookie: ===;;;=;"), OK | BAD, CARE),
    Case("two cookie fields", "6265 5.4", get(b"/health", b"Cookie: a=b", b"Cookie: c=d"), OK | BAD, FREE),
    Case("a thousand cookies", "6265 6.1", get(b"/health", b"Cookie: " + b"a=b;" * 1000), OK | {400, 431}, CARE),
    Case("a cookie of 64 KiB", "9110 5.4", get(b"/health", b"Cookie: a=" + b"b" * 65536), OK | {400, 431}, CARE),
    Case("NUL in a cookie", "9110 5.5", get(b"/health", b"Cookie: a=b\0c"), REFUSED),
    Case("control characters in a cookie", "9110 5.5", get(b"/health", b"Cookie: a=\x01\x02\x03"), REFUSED, CARE),
    Case("blanks and = in a cookie", "6265 4.1.1", get(b"/health", b"Cookie: a=b c=d; e"), OK | BAD, FREE),
]

LINES = [
    Case("bare LF ends the first line", "9112 2.2", b"GET /health HTTP/1.1\nHost: h\r\n\r\n", REFUSED, CARE, closes=True),
    Case("bare LF ends a field", "9112 2.2", b"GET /health HTTP/1.1\r\nHost: h\nX: a\r\n\r\n", REFUSED, CARE, closes=True),
    Case("bare LF everywhere", "9112 2.2", b"GET /health HTTP/1.1\nHost: h\n\n", REFUSED, CARE, closes=True),
    Case("bare CR everywhere", "9112 2.2", b"GET /health HTTP/1.1\rHost: h\r\r", REFUSED, closes=True),
    Case("bare CR in the first line", "9112 2.2", b"GET /health\rHTTP/1.1\r\nHost: h\r\n\r\n", REFUSED, closes=True),
    Case("bare CR in a value", "9112 2.2", get(b"/health", b"X: a\rb"), REFUSED, closes=True),
    Case("bare CR that hides a field", "9112 2.2", get(b"/health", b"X: a\rTransfer-Encoding: chunked"), REFUSED, closes=True),
    Case("an empty line before", "9112 2.2", b"\r\n" + get(), OK | REFUSED, SHOULD),
    Case("blanks before the first field", "9112 2.2", b"GET /health HTTP/1.1\r\n Host: h\r\n\r\n", REFUSED, closes=True),
    Case("blanks for a first line", "9112 2.2", b"   \r\n" + get(), REFUSED, CARE, closes=True),
    Case("nothing", "9112 2.2", b"", frozenset({CLOSE, 400}), CARE, ends=True),
    Case("half a request", "9112 8", get()[:-2], frozenset({CLOSE, 400}), CARE, ends=True),
    Case("half a first line", "9112 8", b"GET /hea", frozenset({CLOSE, 400}), CARE, ends=True),
    Case("garbage", "9112 2.2", b"\x00\x01\x02\xff\xfe\r\n\r\n", REFUSED, SHOULD, closes=True),
    Case("TLS", "9112 2.2", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", REFUSED, SHOULD, closes=True),
    Case("HTTP/2 preface", "9113 3.4", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED | {405, 501, 505}, CARE, closes=True),
    Case("HTTP/0.9", "9112 3", b"GET /health\r\n", REFUSED | {505}, SHOULD, closes=True),
    Case("HTTP/1", "9112 2.3", request(b"GET /health HTTP/1"), REFUSED | {505}, closes=True),
    Case("HTTP/01.01", "9112 2.3", request(b"GET /health HTTP/01.01"), REFUSED | {505}, closes=True),
    Case("HTTP/ 1.1", "9112 2.3", request(b"GET /health HTTP/ 1.1"), REFUSED | {505}, closes=True),
    Case("HTTP/1.1 with a tail", "9112 2.3", request(b"GET /health HTTP/1.1a"), REFUSED | {505}, closes=True),
    Case("http/1.1", "9112 2.3", request(b"GET /health http/1.1"), REFUSED | {505}, closes=True),
    Case("another protocol", "9112 2.3", request(b"GET /health HTTQ/1.1"), REFUSED | {505}, closes=True),
    Case("HTTP/9.9", "9110 15.6.6", request(b"GET /health HTTP/9.9"), REFUSED | {505}, SHOULD, closes=True),
    Case("HTTP/1.2", "9110 2.5", request(b"GET /health HTTP/1.2"), OK | REFUSED | {505}, FREE),
    Case("two blanks", "9112 3", request(b"GET  /health HTTP/1.1"), REFUSED, SHOULD, closes=True),
    Case("a tab for a blank", "9112 3", request(b"GET\t/health\tHTTP/1.1"), REFUSED, SHOULD, closes=True),
    Case("a blank behind", "9112 3", request(b"GET /health HTTP/1.1 "), REFUSED, SHOULD, closes=True),
    Case("no target", "9112 3", request(b"GET HTTP/1.1"), REFUSED, closes=True),
    Case("a blank in the target", "9112 3.2", request(b"GET /hea lth HTTP/1.1"), REFUSED, SHOULD, closes=True),
    Case("a long method", "9112 3", request(b"A" * 100_000 + b" /health HTTP/1.1"), REFUSED | {414, 431, 501}, SHOULD, closes=True),
    Case("a long target", "9112 3", get(b"/" + b"a" * 100_000), frozenset({414, 400, CLOSE}), closes=True),
    Case("a line of 8,000 bytes", "9112 3", get(b"/health?a=" + b"a" * 7900), OK, SHOULD),
]

TARGETS = [
    Case("absolute form", "9112 3.2.2", get(b"http://h/health"), OK),
    Case("absolute form of another host", "9112 3.2.2", get(b"http://other/health"), OK | BAD, FREE),
    Case("asterisk with OPTIONS", "9112 3.2.4", get(b"*", method=b"OPTIONS"), OK | {204, 405}),
    Case("asterisk with GET", "9112 3.2.4", get(b"*"), BAD),
    Case(
        "OPTIONS of a route says what is allowed",
        "9110 9.3.7",
        get(b"/predict", method=b"OPTIONS"),
        OK | {204, 405},
        SHOULD,
        holds=has("allow"),
    ),
    Case("a fragment", "9112 3.2", get(b"/health#a"), BAD, SHOULD),
    Case("authority form with GET", "9112 3.2.3", get(b"h:80"), BAD, SHOULD),
    Case("a path without a slash", "9112 3.2.1", get(b"health"), BAD, SHOULD),
    Case("NUL in the target", "9112 3.2", get(b"/hea\0lth"), REFUSED, closes=True),
    Case("a byte over 0x7f in the target", "9112 3.2", get(b"/health\xe9"), REFUSED),
    Case("overlong UTF-8 in the target", "3629 3", get(b"/\xc0\xafhealth"), REFUSED),
    Case("overlong UTF-8 in escapes", "3629 3", get(b"/%c0%afhealth"), BAD | {404}),
    Case("an escape of NUL", "3986 7.3", get(b"/health%00"), BAD | {404}, CARE),
    Case("an escape of CR LF", "3986 7.3", get(b"/health%0d%0aX:%20a"), BAD | {404}, CARE),
    Case("an escape cut off", "3986 2.1", get(b"/health%4"), BAD | {404}, CARE),
    Case("a backslash", "3986 3.3", get(b"/\\health"), BAD | {404}, CARE),
    Case("dot segments", "3986 5.2.4", get(b"/predict/../health"), OK | BAD | {404}, FREE),
]

METHODS = [
    Case("an unknown method", "9110 9.1", get(method=b"ZEBRA"), frozenset({501, 405, 400}), SHOULD),
    Case("a method in small letters", "9110 9.1", get(method=b"get"), frozenset({501, 405, 400}), SHOULD),
    Case("a method that is no token", "9110 5.6.2", get(method=b"G(T"), REFUSED, closes=True),
    Case("CONNECT", "9110 9.3.6", request(b"CONNECT h:443 HTTP/1.1", host=b"Host: h:443"), frozenset({400, 405, 501, CLOSE}),
        SHOULD),
    Case("CONNECT with a path", "9110 9.3.6", get(b"/health", method=b"CONNECT"), frozenset({400, 405, 501, CLOSE})),
    Case("TRACE", "9110 9.3.8", get(method=b"TRACE"), frozenset({405, 501, 400}), SHOULD),
    Case("TRACE with a body", "9110 9.3.8", request(b"TRACE /health HTTP/1.1", b"Content-Length: 5", body=b"hello"),
        frozenset({405, 501, 400, CLOSE}), SHOULD),
    Case("TRACE with a secret", "9110 9.3.8", get(b"/health",
        b"Authorization: zebra", method=b"TRACE"), frozenset({405, 501, 400}), SHOULD,
        holds=lambda answer: b"zebra" not in answer.body),
    Case("DELETE where it is not allowed", "9110 15.5.6", get(b"/predict", method=b"DELETE"), frozenset({405}), holds=has("allow")),
]  # fmt: skip

HOSTS = [
    Case("no Host", "9112 3.2", request(b"GET /health HTTP/1.1", host=b""), BAD),
    Case("two Hosts", "9112 3.2", get(b"/health", b"Host: other"), BAD),
    Case("two Hosts that are the same", "9112 3.2", get(b"/health", b"Host: h"), BAD),
    Case("an empty Host", "9112 3.2", get(host=b"Host:"), BAD),
    Case("Host with a user", "9112 3.2", get(host=b"Host: a@h"), BAD),
    Case("Host with a path", "9112 3.2", get(host=b"Host: h/a"), BAD),
    Case("Host with a comma", "9110 7.2", get(host=b"Host: h, other"), BAD),
    Case("Host with a blank", "9110 7.2", get(host=b"Host: h other"), BAD),
    Case("Host with a port that is none", "9110 7.2", get(host=b"Host: h:a"), BAD),
    Case("Host with a port", "9110 7.2", get(host=b"Host: h:9000"), OK),
    Case("Host as an IPv6 address", "9110 7.2", get(host=b"Host: [::1]:9000"), OK),
    Case("HOST in capitals", "9110 5.1", get(host=b"HOST: h"), OK),
    Case("blanks around a Host", "9112 5.1", get(host=b"Host: \t h \t"), OK),
]

FIELDS = [
    Case("space before colon", "9112 5.1", get(b"/health", b"X : a"), BAD, closes=True),
    Case("tab before colon", "9112 5.1", get(b"/health", b"X\t: a"), BAD, closes=True),
    Case("obs-fold", "9112 5.2", get(b"/health", b"X: a", b" b"), OK | BAD),
    Case("obs-fold by a tab", "9112 5.2", get(b"/health", b"X: a", b"\tb"), OK | BAD),
    Case("no name", "9112 5", get(b"/health", b": a"), REFUSED, closes=True),
    Case("no colon", "9112 5", get(b"/health", b"X"), REFUSED, closes=True),
    Case("a name in brackets", "9110 5.1", get(b"/health", b"[X]: a"), REFUSED, closes=True),
    Case("a blank in a name", "9110 5.1", get(b"/health", b"X Y: a"), REFUSED, closes=True),
    Case("a tab in a name", "9110 5.1", get(b"/health", b"X\tY: a"), REFUSED, closes=True),
    Case("a name over 0x7f", "9110 5.1", get(b"/health", b"X\xe9: a"), REFUSED, closes=True),
    Case("NUL in a name", "9110 5.1", get(b"/health", b"X\0: a"), REFUSED, closes=True),
    Case("NUL in a value", "9110 5.5", get(b"/health", b"X: a\0b"), REFUSED),
    Case("control characters in a value", "9110 5.5", get(b"/health", b"X: a\x01\x08\x0b"), REFUSED, CARE),
    Case("a byte over 0x7f in a value", "9110 5.5", get(b"/health", b"X: \xe9"), OK | BAD, FREE),
    Case("an empty value", "9112 5.1", get(b"/health", b"X:"), OK),
    Case("no blank after the colon", "9112 5.1", get(b"/health", b"X:a"), OK),
    Case("a long value", "9110 5.4", get(b"/health", b"X: " + b"a" * 100_000), frozenset({431, 400, CLOSE}), SHOULD, closes=True),
    Case("a long name", "9110 5.4", get(b"/health", b"X" * 100_000 + b": a"), frozenset({431, 400, CLOSE}), SHOULD, closes=True),
    Case("10,000 fields", "6585 5", get(b"/health", *[b"X: a"] * 10_000), frozenset({431, 400, CLOSE}), CARE, closes=True),
    Case("an unknown expectation", "9110 10.1.1", post(_LENGTH, b"Expect: zebra"), OK | {417}, FREE),
]

CASES = [*ANSWERS, *CONDITIONS, *COOKIES, *LINES, *TARGETS, *METHODS, *HOSTS, *FIELDS]
