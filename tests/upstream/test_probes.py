"""Active probes: what is asked and when, what follows, and when it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plait.errors import PlaitError
from plait.testing.server import ok, read_request
from plait.types import Message, Run
from tests.upstream.calling import Caller, replicas_of, status, upstream_of
from tests.upstream.wires import Wire, Wired, wired

PROBED: dict[str, Any] = {"health": {"interval": "1s"}}


async def probe(world: Wired, times: int, *ill: Wire) -> None:
    """So many probes of each replica end."""
    before = [aside.asked for aside in world.asides]
    while any(aside.asked - first < times or aside.held for aside, first in zip(world.asides, before, strict=True)):
        await world.pass_time(0.01)
        for aside in world.asides:
            if aside.held:
                aside.answer(503 if aside in ill else 200)


async def test_a_probe_is_a_get_of_the_path_within_the_interval() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            seen.put_nowait(await reader.readuntil(b"\r\n\r\n"))
            writer.write(ok())

    seen: asyncio.Queue[bytes] = asyncio.Queue()
    async with upstream_of(script, health={"path": "/v2/health/ready", "interval": "20ms"}) as (server, _, _clock):
        host = b"Host: 127.0.0.1:%d" % server.port
        for _ in range(3):
            assert await seen.get() == b"GET /v2/health/ready HTTP/1.1\r\n%b\r\nAccept: */*\r\n\r\n" % host
        assert server.connections == 1


def test_probes_come_once_an_interval_give_or_take_a_tenth() -> None:
    async def test(world: Wired) -> None:
        await probe(world, 50)
        assert [48 <= aside.asked <= 54 for aside in world.asides] == [True, True]
        assert 45 <= world.clock.now() <= 56

    wired(2, test, **PROBED)


def test_a_replica_that_is_unwell_three_times_gets_no_calls_until_it_is_well() -> None:
    async def test(world: Wired) -> None:
        ill, *_ = world.wires
        await probe(world, 2, world.asides[0])
        assert await asked(world, 30) > 0
        await probe(world, 2, world.asides[0])
        assert await asked(world, 30) == 0
        await probe(world, 2)
        assert await asked(world, 300) > 0
        assert ill.asked

    async def asked(world: Wired, calls: int) -> int:
        """How many of so many calls go to the first replica."""
        before = world.wires[0].asked
        for _ in range(calls):
            caller = world.call()
            next(wire for wire in world.wires if wire.held).answer()
            await caller.done
        return world.wires[0].asked - before

    wired(3, test, **PROBED)


def test_where_all_are_unwell_all_are_asked_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def test(world: Wired) -> None:
        await probe(world, 4, *world.asides)
        for _ in range(6):
            caller = world.call()
            next(wire for wire in world.wires if wire.held).answer()
            await caller.done
        assert [wire.asked for wire in world.wires] == [2, 2, 2]
        assert "predictor model: 2 of 3 replicas are unfit, too many to do without: all are asked" in caplog.text
        await probe(world, 2)
        assert "predictor model: enough replicas are fit again (" in caplog.text

    wired(3, test, **PROBED)


def test_a_probe_that_is_not_answered_has_failed() -> None:
    async def test(world: Wired) -> None:
        await world.pass_time(4.5)
        assert all(replica.health.unwell for replica in world.upstream.fleet.replicas)
        assert [3 <= aside.asked <= 5 for aside in world.asides] == [True, True]

    wired(2, test, health={"interval": "1s"}, timeout="100ms")


def test_a_probe_that_cannot_be_sent_has_failed_once() -> None:
    async def test(world: Wired) -> None:
        for aside in world.asides:
            aside.closed = True
        await world.pass_time(20.0)
        assert all(replica.health.unwell for replica in world.upstream.fleet.replicas)
        for aside in world.asides:
            aside.closed = False
        await world.pass_time(10.0)
        assert [8 <= aside.asked <= 13 for aside in world.asides] == [True, True]

    wired(2, test, health={"interval": "1s"}, timeout="100ms")


def test_no_probe_is_sent_once_the_upstream_has_closed() -> None:
    async def test(world: Wired) -> None:
        await probe(world, 1)
        await world.upstream.close()
        asked = [aside.asked for aside in world.asides]
        await world.pass_time(10.0)
        assert [aside.asked for aside in world.asides] == asked

    wired(2, test, **PROBED)


async def test_probes_and_calls_do_not_wait_for_each_other() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            if (await read_request(reader)).startswith(b"GET"):
                writer.write(ok())
            else:
                asked.set()

    asked = asyncio.Event()
    async with upstream_of(script, limit={"in_flight": 1}) as (_, upstream, clock):
        caller = Caller(upstream, clock)
        await asked.wait()
        assert (await upstream.get("/health", Run(Message(b"null"), clock, b"me"))).raw == b'{"ok":true}'
        caller.attempt.cancel()


async def test_questions_are_no_trials_and_are_not_paid_from_the_budget() -> None:
    async with replicas_of(status(500), ok(b"1"), ok(b"1"), eject={"failures": 1, "longest": "1s"}) as ((bad, *_), upstream, clock):
        assert isinstance(await Caller(upstream, clock).error(), PlaitError)
        replica = next(replica for replica in upstream.fleet.replicas if replica.health.ejected)
        replica.health.until = clock.now()
        for _ in range(10):
            await upstream.get("/health", Run(Message(b"null"), clock, b"me"))
        assert (upstream.budget.spent, len(bad.requests), replica.health.trial) == (0, 1, False)
