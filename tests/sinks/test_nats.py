"""Messages are published to a real server of NATS, and it is told clearly what stands in the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy

from plait.jobs.records import StoredOutgoing
from plait.sinks.nats import Nats
from plait.sinks.sender import NotTaken
from plait.sinks.webhook import message_name
from plait.spec.sinks import NatsSink
from tests.sinks.nats_server import NatsServer
from tests.sinks.nats_server import locked_nats as locked_nats  # noqa: PLC0414 - fixtures of these tests
from tests.sinks.nats_server import nats as nats  # noqa: PLC0414 - fixtures of these tests

pytestmark = pytest.mark.e2e

LOOPBACK = ["127.0.0.0/8"]


def message(name: str, payload: bytes = b'{"type":"alert"}') -> StoredOutgoing:
    return StoredOutgoing(id=name, sink="bus", payload=payload, job=None, attempts=0, created=datetime.now(UTC), fence=1)


@asynccontextmanager
async def sender(server: str, subject: str, stream: str | None = None, **more: Any) -> AsyncIterator[Nats]:
    made = Nats(NatsSink.model_validate({"nats": server, "subject": subject, "stream": stream, "allow": LOOPBACK} | more))
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def looking(server: NatsServer) -> AsyncIterator[JetStreamContext]:
    client = Client()
    await client.connect(f"nats://{server.place}")
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def kept(server: NatsServer, stream: str) -> int:
    async with looking(server) as seen:
        return (await seen.stream_info(stream)).state.messages


async def test_a_message_is_in_the_stream_which_is_made_where_it_is_missing_with_its_id(nats: NatsServer) -> None:
    async with sender(f"nats://{nats.place}", "made.alerts", "MADE") as sends:
        await sends.send(message("one"))
    async with looking(nats) as seen:
        found = await seen.get_msg("MADE", 1)
    assert (found.subject, found.data) == ("made.alerts", b'{"type":"alert"}')
    assert found.headers == {"Nats-Msg-Id": message_name("one")}


async def test_a_message_that_comes_twice_is_kept_once(nats: NatsServer) -> None:
    async with sender(f"nats://{nats.place}", "twice.alerts", "TWICE") as sends:
        for name in ("one", "one", "two"):
            await sends.send(message(name))
    async with sender(f"nats://{nats.place}", "twice.alerts", "TWICE") as another:
        await another.send(message("one"))
    assert await kept(nats, "TWICE") == 2


async def test_a_stream_that_is_there_already_takes_its_subject_without_being_named(nats: NatsServer) -> None:
    async with looking(nats) as seen:
        await seen.add_stream(name="THERE", subjects=["there.>"])
    async with sender(f"nats://{nats.place}", "there.alerts") as sends:
        await sends.send(message("one"))
    assert await kept(nats, "THERE") == 1


async def test_where_no_stream_takes_the_subject_it_is_said_what_to_do(nats: NatsServer) -> None:
    async with sender(f"nats://{nats.place}", "nobody.listens") as sends:
        with pytest.raises(NotTaken, match=r"^no stream takes the subject nobody\.listens; make one, or name one") as caught:
            await sends.send(message("one"))
    assert caught.value.after is None


async def test_a_named_stream_that_takes_other_subjects_is_not_made_to_look_right(nats: NatsServer) -> None:
    async with looking(nats) as seen:
        await seen.add_stream(name="OTHER", subjects=["other.>"])
    async with sender(f"nats://{nats.place}", "elsewhere.alerts", "OTHER") as sends:
        with pytest.raises(NotTaken, match="no stream takes the subject"):
            await sends.send(message("one"))


@pytest.mark.slow
async def test_after_a_restart_of_the_server_a_message_is_sent_again(nats: NatsServer) -> None:
    async with sender(f"nats://{nats.place}", "again.alerts", "AGAIN", timeout="2s") as sends:
        await sends.send(message("one"))
        nats.end()
        try:
            with pytest.raises(NotTaken, match=r"^no answer: "):
                await sends.send(message("two"))
        finally:
            nats.start()
        await sends.send(message("two"))
    assert await kept(nats, "AGAIN") == 2


@pytest.mark.slow
async def test_a_restart_that_nobody_noticed_costs_no_more_than_one_attempt(nats: NatsServer) -> None:
    async with sender(f"nats://{nats.place}", "unseen.alerts", "UNSEEN", timeout="2s") as sends:
        await sends.send(message("one"))
        nats.end()
        nats.start()
        with suppress(NotTaken):
            await sends.send(message("two"))
        await sends.send(message("two"))
    assert await kept(nats, "UNSEEN") == 2


async def test_many_at_once_share_a_connection_and_are_all_kept(nats: NatsServer) -> None:
    async with sender(f"nats://{nats.place}", "many.alerts", "MANY") as sends, asyncio.TaskGroup() as group:
        for number in range(200):
            group.create_task(sends.send(message(str(number))))
    assert await kept(nats, "MANY") == 200


async def test_what_a_stream_refuses_is_told_in_its_words(nats: NatsServer) -> None:
    async with looking(nats) as seen:
        await seen.add_stream(name="FULL", subjects=["full.>"], max_msgs=1, discard=DiscardPolicy.NEW)
    async with sender(f"nats://{nats.place}", "full.alerts") as sends:
        await sends.send(message("one"))
        with pytest.raises(NotTaken, match=r"^the stream did not take it: maximum messages exceeded$"):
            await sends.send(message("two"))


async def test_a_message_that_is_larger_than_the_server_takes_is_told_so(nats: NatsServer) -> None:
    async with sender(f"nats://{nats.place}", "large.alerts", "LARGE") as sends:
        with pytest.raises(NotTaken, match=r"^2097152 bytes are more than the server takes"):
            await sends.send(message("one", b"x" * (2 << 20)))
        await sends.send(message("two"))
    assert await kept(nats, "LARGE") == 1


async def test_a_stream_that_cannot_be_made_is_told_so(nats: NatsServer) -> None:
    async with looking(nats) as seen:
        await seen.add_stream(name="TAKEN", subjects=["taken.>"])
    async with sender(f"nats://{nats.place}", "taken.alerts", "MINE") as sends:
        with pytest.raises(NotTaken, match="the stream cannot be made: subjects overlap"):
            await sends.send(message("one"))


async def test_a_name_with_an_address_where_nobody_listens_is_tried_at_its_others(nats: NatsServer) -> None:
    async with sender(f"nats://localhost:{nats.port}", "name.alerts", "NAMED", allow=[*LOOPBACK, "::1/128"]) as sends:
        await sends.send(message("one"))
    assert await kept(nats, "NAMED") == 1


@pytest.mark.parametrize("url", ["nats://plait:wr0ng-s3cret@{}", "nats://t0ken-s3cret@{}", "nats://{}"])
async def test_who_is_not_let_in_is_told_so_without_the_password(
    locked_nats: NatsServer, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with sender(url.format(locked_nats.place), "locked.alerts", "LOCKED") as sends:
        with pytest.raises(NotTaken, match=r"(?i)authorization") as caught:
            await sends.send(message("one"))
    assert "s3cret" not in caught.value.detail + caplog.text


async def test_with_the_right_password_it_is_let_in(locked_nats: NatsServer) -> None:
    async with sender(f"nats://plait:right@{locked_nats.place}", "locked.alerts", "LOCKED") as sends:
        await sends.send(message("one"))


async def test_an_address_that_may_not_be_dialled_is_not(unused_tcp_port_factory: Callable[[], int]) -> None:
    port = unused_tcp_port_factory()
    async with sender(f"nats://localhost:{port}", "a.b", allow=[]) as sends:
        with pytest.raises(NotTaken, match="its address may not be dialled"):
            await sends.send(message("one"))


async def test_the_second_server_is_asked_where_the_first_does_not_listen(
    nats: NatsServer, unused_tcp_port_factory: Callable[[], int]
) -> None:
    servers = f"nats://127.0.0.1:{unused_tcp_port_factory()},nats://{nats.place}"
    async with sender(servers, "second.alerts", "SECOND") as sends:
        await sends.send(message("one"))
    assert await kept(nats, "SECOND") == 1
