"""What an answer's status and body mean."""

from __future__ import annotations

import pytest

from plait.errors import BadAnswer, Refused, TimedOut
from plait.types import Header
from plait.wire.answer import check_fields, check_status, json_answer

PASSED = frozenset({400, 413, 415, 422})


@pytest.mark.parametrize("status", [200, 201, 299])
def test_success_is_accepted(status: int) -> None:
    check_status(status, b"", PASSED)


@pytest.mark.parametrize("status", sorted(PASSED))
def test_what_says_that_the_request_is_wrong_is_a_refusal(status: int) -> None:
    with pytest.raises(Refused) as caught:
        check_status(status, b"why", PASSED)
    assert (caught.value.status, caught.value.body) == (status, b"why")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 401, 403, 404, 405, 408, 409, 429, 500, 502, 503, 504, 599])
def test_every_other_status_is_a_bad_answer(status: int) -> None:
    with pytest.raises(BadAnswer, match=str(status)) as caught:
        check_status(status, b"why", PASSED)
    assert (caught.value.status, caught.value.answer_status) == (502, status)


def test_a_proxy_whose_time_was_up_had_no_answer_in_time() -> None:
    with pytest.raises(TimedOut):
        check_status(504, b'{"type":"urn:plait:problem:timeout","status":504}', PASSED)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (504, b'{"type":"about:blank"}'),
        (504, b"[]"),
        (504, b"<html>"),
        (504, b'{"type":1}'),
        (504, b"[" * 100_000),
        (504, b'{"x":' + b"[" * 100_000),
        (504, b'{"type":"\xff"}'),
        (504, b'{"type":"\\ud800"}'),
        (503, b'{"type":"urn:plait:problem:timeout"}'),
    ],
)
def test_any_other_gateway_timeout_is_a_bad_answer(status: int, body: bytes) -> None:
    with pytest.raises(BadAnswer):
        check_status(status, body, PASSED)


@pytest.mark.parametrize(
    "kind",
    [None, b"application/json", b"application/json; charset=utf-8", b"Application/JSON;charset=UTF-8", b"application/problem+json"],
)
def test_json_is_taken_as_it_is(kind: bytes | None) -> None:
    assert check_fields(200, Header() if kind is None else Header({b"content-type": kind}))


def test_a_body_is_kept_as_it_is() -> None:
    message = json_answer(200, b' {"a": 1.50, "b": "\xc3\xa9"} ')
    assert (message.raw, message.complete) == (b' {"a": 1.50, "b": "\xc3\xa9"} ', True)


def test_only_a_proxy_can_say_that_its_answer_is_incomplete() -> None:
    assert not check_fields(200, Header({b"x-plait-complete": b"false"}))
    assert check_fields(200, Header({b"x-plait-complete": b"true"}))
    assert not json_answer(200, b"{}", complete=False).complete


@pytest.mark.parametrize(
    "kind", [b"text/html", b"text/html; charset=utf-8", b"", b"application/jsonp", b"text/json", b"image/svg+xml"]
)
def test_what_is_said_to_be_something_else_is_a_bad_answer(kind: bytes) -> None:
    with pytest.raises(BadAnswer, match="not said to be JSON"):
        check_fields(200, Header({b"content-type": kind}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>",
        b"NaN",
        b'{"p": NaN}',
        b"[Infinity]",
        b"{}x",
        b"{}{}",
        b"{",
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"[" * 65 + b"]" * 65,
    ],
    ids=repr,
)
def test_a_body_that_is_no_json_is_a_bad_answer_and_is_not_quoted(body: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        json_answer(200, body)
    assert caught.value.answer_status == 200
    assert "html" not in caught.value.detail


def test_an_empty_body_is_called_empty() -> None:
    with pytest.raises(BadAnswer, match="empty"):
        json_answer(200, b"")


def test_a_coding_that_nobody_asked_for_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="coding"):
        check_fields(200, Header({b"content-encoding": b"gzip"}))
    assert check_fields(200, Header({b"content-encoding": b"Identity"}))
