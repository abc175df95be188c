"""A webhook: signed as Standard Webhooks says, taken by any 2xx, and never sent elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from plait.jobs.records import StoredOutgoing
from plait.sinks.sender import NotTaken, Unwanted
from plait.sinks.webhook import Webhook, message_name, retry_after
from plait.spec.sinks import WebhookSink
from plait.testing import RawServer
from plait.types import Header

pytestmark = pytest.mark.sockets

SECRET = "whsec_cGxhaXQ6IG9ubHkgZm9yIHRoZSB0ZXN0cyEhIQ=="  # noqa: S105 - of these tests only
MESSAGE = StoredOutgoing(
    id="job/rule", sink="pager", payload=b'{"text":"\xc3\xa4"}', job=None, attempts=0, created=datetime.now(UTC), fence=1
)


def sink(url: str, **fields: Any) -> Webhook:
    return Webhook(WebhookSink.model_validate({"webhook": url, "allow": ["127.0.0.0/8"], "timeout": "2s", **fields}))


def answers(head: str) -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.fixture
async def taking() -> AsyncIterator[RawServer]:
    async with RawServer(answers("204 Taken").replace(b"Content-Length: 0\r\n", b"")) as server:
        yield server


def heard(server: RawServer) -> tuple[str, dict[str, str], bytes]:
    head, _, body = server.requests[-1].partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    return line, {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}, body


async def test_a_message_is_signed_so_that_the_reference_implementation_believes_it(taking: RawServer) -> None:
    await sink(f"{taking.url}/hook?token=a", secret=SECRET, headers={"X-From": "plait"}).send(MESSAGE)
    line, fields, body = heard(taking)
    assert line == "POST /hook?token=a HTTP/1.1"
    assert (fields["content-type"], fields["x-from"], fields["host"]) == ("application/json", "plait", f"127.0.0.1:{taking.port}")
    assert fields["webhook-id"] == message_name(MESSAGE.id)
    assert Verifier(SECRET).verify(body, fields) == {"text": "ä"}


async def test_any_text_is_a_secret_and_without_one_nothing_is_signed(taking: RawServer) -> None:
    await sink(taking.url, secret="plain text").send(MESSAGE)  # noqa: S106 - as above
    assert Verifier("cGxhaW4gdGV4dA==").verify(heard(taking)[2], heard(taking)[1])
    await sink(taking.url).send(MESSAGE)
    assert "webhook-signature" not in heard(taking)[1]


async def test_who_says_410_wants_nothing_more() -> None:
    async with RawServer(answers("410 Gone")) as server:
        with pytest.raises(Unwanted, match="410"):
            await sink(server.url).send(MESSAGE)


@pytest.mark.parametrize(("head", "after"), [("503 Busy\r\nRetry-After: 7", 7.0), ("400 Bad", None), ("500 Broken", None)])
async def test_what_is_not_taken_says_why_and_when_to_come_again(head: str, after: float | None) -> None:
    async with RawServer(answers(head)) as server:
        with pytest.raises(NotTaken) as caught:
            await sink(server.url).send(MESSAGE)
    assert (caught.value.detail, caught.value.after) == (f"its receiver said {head[:3]}", after)


async def test_a_redirect_is_not_followed(taking: RawServer) -> None:
    async with RawServer(answers(f"307 Over there\r\nLocation: {taking.url}")) as server:
        with pytest.raises(NotTaken, match="said 307"):
            await sink(server.url).send(MESSAGE)
    assert taking.connections == 0


async def test_a_name_that_leads_to_a_forbidden_address_is_not_dialled(taking: RawServer) -> None:
    with pytest.raises(NotTaken, match=r"may not be dialled \(this machine\)"):
        await sink(f"http://localhost:{taking.port}", allow=[]).send(MESSAGE)
    assert taking.connections == 0
    await sink(f"http://localhost:{taking.port}", allow=["127.0.0.0/8", "::1/128"]).send(MESSAGE)
    assert taking.connections == 1


async def test_one_that_hangs_is_given_up_in_time() -> None:
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            continue
        gone.set()

    async with RawServer(silent) as server:
        with pytest.raises(NotTaken, match="no answer in 100 ms"):
            await sink(server.url, timeout="100ms").send(MESSAGE)
        await gone.wait()


@pytest.mark.parametrize(
    "answer", [answers("200 Ok").replace(b"0\r\n\r\n", b"9999999999\r\n\r\n"), b"HTTP/1.1 20", b"nonsense\r\n\r\n"]
)
async def test_an_answer_without_an_end_or_a_sense_takes_nothing(answer: bytes) -> None:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        writer.write(answer)
        writer.write_eof()

    async with RawServer(one) as server:
        with pytest.raises(NotTaken):
            await sink(server.url).send(MESSAGE)


async def test_a_url_is_in_no_message_for_it_may_have_a_token() -> None:
    async with RawServer(answers("500 Broken")) as server:
        with pytest.raises(NotTaken) as caught:
            await sink(f"{server.url}/hook?token=hush").send(MESSAGE)
    assert "hush" not in caught.value.detail
    with pytest.raises(NotTaken) as caught:
        await sink("http://hush.invalid/hook?token=hush").send(MESSAGE)
    assert "hush" not in caught.value.detail


async def test_nobody_there_is_told() -> None:
    async with RawServer(b"") as server:
        url = server.url
    with pytest.raises(NotTaken, match="refused"):
        await sink(url).send(MESSAGE)


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120.0), ("", None), ("soon", None), ("-1", None), ("9" * 40, 999999999.0), ("1.5", None)]
)
def test_retry_after_is_a_number(text: str, seconds: float | None) -> None:
    assert retry_after(Header({b"retry-after": text.encode()})) == seconds


def test_retry_after_is_a_date_too() -> None:
    seconds = retry_after(Header({b"retry-after": b"Fri, 31 Dec 2100 23:59:59 GMT"}))
    assert seconds is not None
    assert seconds > 1e9
