"""`Prefer` as RFC 7240 has it, and what else is said of jobs in a header."""

from __future__ import annotations

import pytest

from plait.errors import BadRequest
from plait.server.prefer import preferences, wait_of
from plait.server.wish import LONGEST_WAIT, Wish, goes_later, longest_wait, wish_of

SINKS = {"done": True, "pager": False}


@pytest.mark.parametrize(
    ("field", "found"),
    [
        (b"", {}),
        (b"respond-async", {"respond-async": ""}),
        (b"Respond-Async , WAIT=10", {"respond-async": "", "wait": "10"}),
        (b"wait = 10", {"wait": "10"}),
        (b'wait="10"', {"wait": "10"}),
        (b'foo; bar="a,b;c", wait=1', {"foo": "", "wait": "1"}),
        (b'foo="a, wait=9", wait=1', {"foo": "a, wait=9", "wait": "1"}),
        (b'foo="a\\"b\\\\"', {"foo": 'a"b\\'}),
        (b'foo=""', {"foo": ""}),
        (b"foo=", {"foo": ""}),
        (b"wait=1, wait=2", {"wait": "1"}),
        (b",, ,respond-async,", {"respond-async": ""}),
        (b"wait=a b, respond-async", {"respond-async": ""}),
        (b'foo="never closed, respond-async', {}),
        (b"=1, (x), respond-async;;", {"respond-async": ""}),
        (b"respond-async\xff, wait=1", {"wait": "1"}),
    ],
)
def test_preferences_are_read_as_the_rfc_says_and_what_is_malformed_is_none(field: bytes, found: dict[str, str]) -> None:
    assert preferences(field) == found


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0), ("0.2", 0.2), ("10", 10.0), ("007", 7.0), ("-1", None), ("+1", None), ("1e3", None), ("nan", None),
        ("inf", None), ("", None), (".5", None), ("1.", None), ("1" * 400, None), ("٣", None),
    ],
)  # fmt: skip
def test_a_wait_is_a_plain_number_of_seconds(said: str, seconds: float | None) -> None:
    assert wait_of({"wait": said}) == seconds


def test_a_long_field_takes_no_long_time() -> None:
    assert preferences(b'a="' + b'\\"' * 15_000) == {}
    assert preferences(b"a;" * 15_000) == {"a": ""}
    assert preferences(b",".join([b"respond-async"] * 2_000)) == {"respond-async": ""}


def test_without_respond_async_the_answer_comes_as_usual() -> None:
    assert wish_of({}, SINKS) is None
    assert wish_of({b"prefer": b"wait=5"}, SINKS) is None
    assert wish_of({b"prefer": b"wait=5", b"idempotency-key": b'"'}, SINKS) is None
    assert not goes_later({b"prefer": b"wait=5"})
    assert goes_later({b"prefer": b"wait=5, respond-async"})


@pytest.mark.parametrize(
    ("prefer", "wait"),
    [(b"respond-async", 0.0), (b"respond-async, wait=0.2", 0.2), (b"wait=5, respond-async", 5.0), (b"respond-async, wait=x", 0.0),
     (b"respond-async, wait=86400", LONGEST_WAIT)],
)  # fmt: skip
def test_a_wait_is_bounded_and_one_that_is_none_is_ignored(prefer: bytes, wait: float) -> None:
    assert wish_of({b"prefer": prefer}, SINKS) == Wish(wait)


def test_who_asks_about_a_job_may_wait_with_or_without_respond_async() -> None:
    assert longest_wait({}) == 0.0
    assert longest_wait({b"prefer": b"wait=2.5"}) == 2.5
    assert longest_wait({b"prefer": b"respond-async, wait=86400"}) == LONGEST_WAIT


@pytest.mark.parametrize(
    ("field", "key"),
    [(b'"8e03978e-40d5"', "8e03978e-40d5"), (b"8e03978e-40d5", "8e03978e-40d5"), (b'"a b, c"', "a b, c"), (b'"a\\"b"', 'a"b'),
     (b' "a" ', "a"), (b"x" * 255, "x" * 255), (b'"' + b"x" * 255 + b'"', "x" * 255)],
)  # fmt: skip
def test_a_key_is_the_same_with_quotes_and_without(field: bytes, key: str) -> None:
    assert wish_of({b"prefer": b"respond-async", b"idempotency-key": field}, SINKS) == Wish(0.0, key)


@pytest.mark.parametrize(
    "field",
    [b"", b'""', b'"a', b'a"', b"a b", b"a, b", b'"a", "b"', b'"a";x=1', b"x" * 256, b"\xe4", b'"\xe4"', b'"\x7f"', b'"a\\b"'],
)
def test_a_key_that_is_none_is_refused(field: bytes) -> None:
    with pytest.raises(BadRequest, match="Idempotency-Key is no text"):
        wish_of({b"prefer": b"respond-async", b"idempotency-key": field}, SINKS)


def test_a_sink_that_is_for_clients_is_told_of_the_end() -> None:
    assert wish_of({b"prefer": b"respond-async", b"x-plait-notify": b"done"}, SINKS) == Wish(0.0, None, "done")


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({b"prefer": b"respond-async", b"x-plait-notify": b"dome"}, "names no sink that there is; did you mean done"),
        ({b"prefer": b"respond-async", b"x-plait-notify": b"\xff"}, "names no sink"),
        ({b"prefer": b"respond-async", b"x-plait-notify": b"pager"}, "it would have to say notify: true"),
        ({b"x-plait-notify": b"done"}, "send it with Prefer: respond-async"),
    ],
)
def test_any_other_sink_is_refused_with_the_reason(headers: dict[bytes, bytes], why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        wish_of(headers, SINKS)
