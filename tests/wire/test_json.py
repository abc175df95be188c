"""The plain protocol's bytes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plait.clock import Clock
from plait.errors import BadAnswer, Refused
from plait.types import Header, Message, Run
from plait.wire.json import JsonCodec
from plait.wire.probe import ProbeCodec


def codec(**given: Any) -> JsonCodec:
    facts = {"path": "/predict", "authority": "a:80", "headers": {}, "forward": (), "pass_status": (400, 422)} | given
    return JsonCodec.of(**facts)


async def encoded(
    codec: JsonCodec | ProbeCodec, seconds: float = 1.0, headers: dict[bytes, bytes] | None = None, forwarded: bytes = b""
) -> bytes:
    clock = Clock(asyncio.get_running_loop())
    message = Message(b'{"x": 1.50}')
    return codec.encode(message, Run(message, clock, b"me", headers, forwarded), seconds)


async def test_a_request_is_whole_and_its_body_untouched() -> None:
    assert await encoded(codec()) == (
        b"POST /predict?id=me HTTP/1.1\r\nHost: a:80\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        b'Content-Length: 11\r\nX-Request-Id: me\r\nX-Request-Timeout: 1000ms\r\n\r\n{"x": 1.50}'
    )


async def test_a_path_with_a_query_gets_the_id_behind_it() -> None:
    assert (await encoded(codec(path="/m?v=2"))).startswith(b"POST /m?v=2&id=me HTTP/1.1\r\n")


@pytest.mark.parametrize(("seconds", "sent"), [(0.0304, b"30ms"), (0.0002, b"1ms"), (60.0, b"60000ms")])
async def test_the_time_that_is_left_is_sent_on_and_is_never_nothing(seconds: float, sent: bytes) -> None:
    for each in (codec(), ProbeCodec("/health", "a:80")):
        assert b"\r\nX-Request-Timeout: %b\r\n" % sent in await encoded(each, seconds)


async def test_own_fields_and_those_that_every_predictor_gets_are_added() -> None:
    request = await encoded(codec(headers={"X-Key": "k"}), forwarded=b"traceparent: t\r\n")
    assert b"\r\nX-Key: k\r\n" in request
    assert b"\r\ntraceparent: t\r\n" in request


async def test_of_the_clients_fields_only_those_named_are_forwarded() -> None:
    headers = {b"authorization": b"secret", b"x-user": b"u", b"cookie": b"c"}
    request = await encoded(codec(forward=("X-User", "X-Other")), headers=headers)
    assert b"\r\nx-user: u\r\n" in request
    assert b"secret" not in request
    assert b"cookie" not in request


async def test_a_probe_is_a_get_without_a_body() -> None:
    request = await encoded(ProbeCodec("/health", "a:80"))
    assert request.startswith(b"GET /health?id=me HTTP/1.1\r\nHost: a:80\r\n")
    assert request.endswith(b"\r\n\r\n")
    assert b"Content-" not in request


def test_an_answer_is_its_body() -> None:
    assert codec().decode(200, Header({b"content-type": b"application/json"}), b'{"p": [0.50]}').raw == b'{"p": [0.50]}'


def test_fields_that_were_good_once_are_not_judged_again_but_every_body_is() -> None:
    one, headers = codec(), Header({b"content-type": b"application/json"})
    one.decode(200, headers, b"1")
    headers[b"content-type"] = b"text/html"  # nobody would
    assert one.decode(200, headers, b"2").raw == b"2"
    with pytest.raises(BadAnswer, match="not JSON"):
        one.decode(200, headers, b"<html>")
    with pytest.raises(BadAnswer, match="not said to be JSON"):
        codec().decode(200, headers, b"2")


@pytest.mark.parametrize(
    ("status", "fields"), [(200, {b"content-type": b"text/html"}), (500, {}), (302, {}), (200, {b"content-encoding": b"br"})]
)
def test_fields_that_are_not_good_are_refused_each_time(status: int, fields: dict[bytes, bytes]) -> None:
    one, headers = codec(), Header(fields)
    for _ in range(3):
        with pytest.raises(BadAnswer):
            one.decode(status, headers, b"1")


def test_an_answer_that_says_that_it_is_incomplete_is_so_each_time() -> None:
    one, headers = codec(), Header({b"x-plait-complete": b"false"})
    assert [one.decode(200, headers, b"1").complete for _ in range(3)] == [False] * 3


def test_a_refusal_is_passed_on_only_for_the_statuses_that_may_be() -> None:
    with pytest.raises(Refused) as caught:
        codec().decode(422, Header(), b"why")
    assert (caught.value.status, caught.value.body) == (422, b"why")
    with pytest.raises(BadAnswer):
        codec().decode(413, Header(), b"why")
    with pytest.raises(BadAnswer):
        ProbeCodec("/health", "a").decode(422, Header(), b"why")


async def test_a_field_that_is_sent_anyway_is_not_there_twice() -> None:
    headers = {b"authorization": b"the client's", b"traceparent": b"t"}
    given = codec(headers={"Authorization": "own"}, forward=("authorization", "Traceparent"))
    request = await encoded(given, headers=headers, forwarded=b"traceparent: t\r\n")
    assert request.lower().count(b"\r\ntraceparent: ") == request.lower().count(b"\r\nauthorization: ") == 1
    assert b"\r\nAuthorization: own\r\n" in request


async def test_a_field_that_is_forwarded_is_there_once_and_not_if_the_clients_connection_names_it() -> None:
    headers = {b"x-user": b"u", b"x-key": b"k", b"connection": b"keep-alive , X-Key"}
    request = await encoded(codec(forward=("X-User", "x-user", "X-Key")), headers=headers)
    assert request.lower().count(b"\r\nx-user: u\r\n") == 1
    assert b"x-key" not in request.lower()
