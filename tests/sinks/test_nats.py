"""NATS JetStream, with a real server: kept once, known again by its id, and clear words where it is not kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import pytest

from plait.jobs.records import StoredOutgoing
from plait.sinks.nats import Nats
from plait.sinks.sender import NotTaken
from plait.sinks.webhook import message_name
from plait.spec.sinks import NatsSink
from tests.sinks.nats_server import NatsServer, nats_server

pytestmark = pytest.mark.e2e


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with nats_server(tmp_path) as server:
        yield server


@pytest.fixture
async def sinks(server: NatsServer) -> AsyncIterator[Any]:
    made: list[Nats] = []

    def sink(**fields: Any) -> Nats:
        facts = {"nats": server.url, "subject": "alerts.fraud", "stream": "ALERTS", "allow": ["127.0.0.0/8"], "timeout": "3s"}
        made.append(Nats(NatsSink.model_validate(facts | fields)))
        return made[-1]

    yield sink
    for each in made:
        await each.close()


def message(name: str, payload: bytes = b"{}") -> StoredOutgoing:
    return StoredOutgoing(id=name, sink="broker", payload=payload, job=None, attempts=0, created=datetime.now(UTC), fence=1)


async def kept(url: str, stream: str = "ALERTS") -> list[tuple[str, bytes, str]]:
    """Subject, payload and id of each message in a stream."""
    client = await nats.connect(url)
    try:
        jetstream = client.jetstream()
        info = await jetstream.stream_info(stream)
        found = [await jetstream.get_msg(stream, seq) for seq in range(info.state.first_seq, info.state.last_seq + 1)]
        return [(each.subject or "", each.data or b"", (each.headers or {})["Nats-Msg-Id"]) for each in found]
    finally:
        await client.close()


async def test_a_message_is_in_the_stream_which_is_made_where_it_is_missing(server: NatsServer, sinks: Any) -> None:
    await sinks().send(message("a", b'{"n":1}'))
    assert await kept(server.url) == [("alerts.fraud", b'{"n":1}', message_name("a"))]


async def test_a_message_that_comes_twice_is_kept_once(server: NatsServer, sinks: Any) -> None:
    first, second = sinks(), sinks()
    await first.send(message("a"))
    await first.send(message("a"))
    await second.send(message("a"))
    await second.send(message("b"))
    assert [name for _, _, name in await kept(server.url)] == [message_name("a"), message_name("b")]


async def test_where_no_stream_takes_it_that_is_told_with_what_to_do(sinks: Any) -> None:
    with pytest.raises(NotTaken, match=r"no stream takes the subject alerts\.fraud; make one, or name one"):
        await sinks(stream=None).send(message("a"))


async def test_a_stream_that_is_there_takes_what_is_sent_under_its_subject(server: NatsServer, sinks: Any) -> None:
    client = await nats.connect(server.url)
    await client.jetstream().add_stream(name="EVERYTHING", subjects=["alerts.>"])
    await client.close()
    await sinks(stream=None).send(message("a"))
    assert len(await kept(server.url, "EVERYTHING")) == 1


async def test_a_server_that_was_away_takes_it_when_it_is_back(server: NatsServer, sinks: Any) -> None:
    sink = sinks()
    await sink.send(message("a"))
    await server.end()
    for _ in range(2):
        with pytest.raises(NotTaken, match=r"no answer|no connection"):
            await sink.send(message("b"))
    await server.start()
    await sink.send(message("b"))
    assert [name for _, _, name in await kept(server.url)] == [message_name("a"), message_name("b")]


async def test_of_several_servers_the_next_is_asked_where_one_is_away(server: NatsServer, sinks: Any) -> None:
    await sinks(nats=f"nats://127.0.0.1:1,{server.url}").send(message("a"))
    assert len(await kept(server.url)) == 1


async def test_a_wrong_password_is_told_and_not_shown(tmp_path: Path) -> None:
    async with nats_server(tmp_path, "--user", "plait", "--pass", "right") as server:
        for password, fine in (("right", True), ("wrong-one", False)):
            url = f"nats://plait:{password}@127.0.0.1:{server.port}"
            spec = NatsSink.model_validate({"nats": url, "subject": "a", "stream": "S", "allow": ["127.0.0.0/8"], "timeout": "3s"})
            sink = Nats(spec)
            if fine:
                await sink.send(message("a"))
            else:
                with pytest.raises(NotTaken) as caught:
                    await sink.send(message("a"))
                assert "authorization" in caught.value.detail.lower()
                assert password not in caught.value.detail
            await sink.close()


async def test_a_forbidden_address_is_not_dialled(sinks: Any) -> None:
    with pytest.raises(NotTaken, match="may not be dialled"):
        await sinks(allow=[]).send(message("a"))
