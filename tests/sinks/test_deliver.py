"""What was promised to a sink is sent until it is taken, on virtual time, whatever becomes of the process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

import pytest
from msgspec.structs import asdict

from plait.counts import SinkCounts
from plait.graph.spec import Config
from plait.jobs.errors import Full, StoreDown
from plait.jobs.records import Outgoing, StoredOutgoing
from plait.sinks import deliver
from plait.sinks.deliver import Deliveries
from plait.sinks.errors import Disabled, NotPromised, OutboxFull
from plait.sinks.lane import AT_ONCE
from plait.sinks.schedule import PAUSES, TOGETHER, pause
from plait.sinks.sender import NotTaken, Unwanted
from plait.spec.sinks import SinkSpec
from plait.testing import run_virtual
from tests.jobs.memory import Memory, Tables

MANY = 1000
PAGER = {"webhook": "https://example.com/hook"}


class Receiver:
    """Takes what it is sent, unless `says` has something else for it; each takes `after` seconds."""

    def __init__(self, spec: SinkSpec) -> None:
        self.target = str(getattr(spec, "webhook", ""))
        self.says: list[NotTaken] = []
        self.after = 0.0
        self.taken: list[str] = []
        self.times: list[float] = []
        self.under_way = self.most = 0
        self.closed = False

    async def send(self, message: StoredOutgoing, /) -> None:
        self.times.append(asyncio.get_running_loop().time())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.after)
        finally:
            self.under_way -= 1
        if self.says:
            raise self.says.pop(0)
        self.taken.append(message.id)

    async def close(self) -> None:
        self.closed = True


class Jobs:
    """All that deliveries ask of jobs."""

    def __init__(self) -> None:
        self.opened = False
        self.asked: list[Any] = []

    async def open(self) -> None:
        self.opened = True

    async def submit(self, asked: Any) -> None:
        if asked.message.raw == b"full":
            raise Full("there are too many")
        self.asked.append(asked)


class Process:
    """One process with its deliveries."""

    def __init__(self, tables: Tables, name: str) -> None:
        self.store = Memory(tables, name)
        self.jobs = Jobs()
        self.counts: dict[str, SinkCounts] = {}
        self.receivers: dict[str, Receiver] = {}
        self.deliveries = Deliveries(
            self.store,
            self.jobs,
            lambda name: self.counts.setdefault(name, SinkCounts()),
            self._make,  # type: ignore[arg-type]
        )

    def _make(self, spec: SinkSpec) -> Receiver:
        self.receivers[str(getattr(spec, "webhook", ""))] = made = Receiver(spec)
        return made

    @property
    def receiver(self) -> Receiver:
        return self.receivers[PAGER["webhook"]]

    async def configured(self, **sinks: Any) -> None:
        graphs = {"review": {"transform": 1}}
        await self.deliveries.change(Config.model_validate({"graphs": graphs, "sinks": sinks}), 1)


@asynccontextmanager
async def process(tables: Tables, name: str = "one", **sinks: Any) -> AsyncIterator[Process]:
    made = Process(tables, name)
    await made.store.renew(1e9)
    await made.configured(**sinks or {"pager": PAGER})
    yield made
    await made.deliveries.close()


def message(name: str = "m", sink: str = "pager", payload: bytes = b"{}") -> Outgoing:
    return Outgoing(id=name, sink=sink, payload=payload)


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(**given: Any) -> None:
        run_virtual(test(**given))

    return run


@virtual
async def test_what_is_promised_is_durable_and_sent_at_once_and_once() -> None:
    async with process(tables := Tables()) as one:
        await one.deliveries.promise(message())
        assert tables.sending["m"].owner == "one"
        await one.deliveries.promise(message())
        await asyncio.sleep(300)
        assert one.receiver.taken == ["m"]
        assert one.receiver.times[0] < 0.1
        assert await one.store.waiting() == {}


@virtual
async def test_what_is_not_taken_comes_again_by_the_schedule() -> None:
    async with process(Tables()) as one:
        one.receiver.says = [NotTaken("busy") for _ in range(3)]
        await one.deliveries.promise(message())
        await asyncio.sleep(3000)
        times = one.receiver.times
        assert len(times) == 4
        for earlier, later, least in zip(times, times[1:], PAUSES, strict=False):
            assert least <= later - earlier <= 1.2 * least + 2
        assert one.receiver.taken == ["m"]
        assert one.counts["pager"].retried == 3


@virtual
async def test_what_is_never_taken_is_given_up_at_last(caplog: pytest.LogCaptureFixture) -> None:
    async with process(tables := Tables()) as one:
        one.receiver.says = [NotTaken("busy")]
        await one.store.promise([message()])
        old = StoredOutgoing(**asdict(message()), attempts=12, created=datetime.now(UTC) - timedelta(seconds=TOGETHER + 1), fence=1)
        one.deliveries._lanes["pager"].send([old])
        await asyncio.sleep(1)
        assert tables.sending["m"].ended == "busy"
        assert (one.counts["pager"].retried, one.counts["pager"].dropped) == (0, 1)
    assert "given up after 13 attempts: busy" in caplog.text


@virtual
async def test_a_receiver_says_how_long_it_wants_to_be_left_alone() -> None:
    async with process(Tables()) as one:
        one.receiver.says = [NotTaken("busy", 1.0), NotTaken("busy", 1000.0)]
        await one.deliveries.promise(message())
        await asyncio.sleep(3000)
        first, second, third = one.receiver.times
        assert 1 <= second - first < 3
        assert 1000 <= third - second < 1003


@virtual
async def test_who_wants_nothing_more_gets_nothing_until_it_is_somebody_else(caplog: pytest.LogCaptureFixture) -> None:
    async with process(tables := Tables()) as one, process(tables, "two") as two:
        await two.jobs.open()
        one.receiver.says = [Unwanted("it said 410")]
        await one.deliveries.promise(message("a"))
        await asyncio.sleep(30)
        for each in (one, two):
            with pytest.raises(Disabled, match="it said 410"):
                await each.deliveries.promise(message("b"))
        await one.configured(pager={"webhook": "https://example.com/other"})
        await one.deliveries.promise(message("c"))
        await asyncio.sleep(1)
        assert one.receivers["https://example.com/other"].taken == ["c"]
    assert "gets nothing more until its URL is another one" in caplog.text


@virtual
async def test_another_process_sends_what_one_that_died_had_promised() -> None:
    tables = Tables()
    async with process(tables) as one:
        await one.store.renew(10)
        one.receiver.after = 1e6
        await one.deliveries.promise(message())
        await asyncio.sleep(1)
        async with process(tables, "two") as two:
            await two.jobs.open()
            await asyncio.sleep(5)
            assert two.receiver.taken == []
            await asyncio.sleep(10)
            assert two.receiver.taken == ["m"]


@virtual
async def test_a_process_that_ends_leaves_what_it_has_not_sent() -> None:
    tables = Tables()
    async with process(tables) as one:
        await one.store.renew(10)
        one.receiver.after = 1e6
        for number in range(AT_ONCE + 3):
            await one.deliveries.promise(message(f"m{number}"))
        await one.deliveries.drain(1.0)
        assert one.receiver.under_way == 0
    async with process(tables, "two") as two:
        await two.jobs.open()
        await asyncio.sleep(20)
        assert sorted(two.receiver.taken) == sorted(f"m{number}" for number in range(AT_ONCE + 3))


@virtual
async def test_only_so_many_are_sent_at_once() -> None:
    async with process(Tables()) as one:
        one.receiver.after = 1.0
        for number in range(3 * AT_ONCE):
            await one.deliveries.promise(message(f"m{number}"))
        await asyncio.sleep(10)
        assert one.receiver.most == AT_ONCE
        assert len(one.receiver.taken) == len(set(one.receiver.taken)) == 3 * AT_ONCE


@virtual
async def test_a_store_that_is_down_promises_nothing_and_what_was_taken_is_noted_when_it_is_back() -> None:
    async with process(tables := Tables()) as one:
        one.store.down = True
        with pytest.raises(StoreDown):
            await one.deliveries.promise(message())
        assert one.counts["pager"].refused == 1
        one.store.down = False
        one.receiver.after = 1.0
        await one.deliveries.promise(message())
        one.store.down = True
        await asyncio.sleep(10)
        assert one.receiver.taken == ["m"]
        assert tables.sending["m"].ended is None
        one.store.down = False
        await asyncio.sleep(2)
        assert tables.sending["m"].ended == ""


@virtual
async def test_a_promise_of_which_nobody_knows_whether_it_was_written_is_kept_all_the_same() -> None:
    async with process(Tables()) as one:
        await one.jobs.open()
        one.store.confused = True
        with pytest.raises(StoreDown):
            await one.deliveries.promise(message())
        await asyncio.sleep(70)
        assert one.receiver.taken == ["m"]


@virtual
async def test_there_is_an_end_to_what_may_wait() -> None:
    async with process(Tables()) as one:
        one.deliveries._waiting["pager"] = deliver.MOST
        with pytest.raises(OutboxFull):
            await one.deliveries.promise(message())


@virtual
async def test_a_log_is_written_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async with process(tables := Tables(), audit={"log": "error"}) as one:
        await one.deliveries.promise(message(sink="audit", payload=b'{"a":1}'))
        assert ("plait", logging.ERROR, 'audit: {"a":1}') in caplog.record_tuples
        assert tables.outbox == {}


@virtual
async def test_a_message_to_a_queue_is_a_job_that_no_rule_runs_on() -> None:
    async with process(Tables(), later={"queue": "low", "graph": "review"}) as one:
        await one.deliveries.promise(message("x", "later", b'{"request":1}'))
        (asked,) = one.jobs.asked
        assert (asked.graph, asked.queue, asked.ruled, asked.key, asked.priority) == ("review", "later", True, "x", 3)
        assert asked.message.raw == b'{"request":1}'
        with pytest.raises(Full):
            await one.deliveries.promise(message("y", "later", b"full"))


@virtual
async def test_a_sink_that_is_there_no_more_gets_no_promise_but_what_was_promised_waits_for_it() -> None:
    async with process(Tables()) as one:
        one.receiver.says = [NotTaken("busy", 5.0)]
        await one.deliveries.promise(message())
        await asyncio.sleep(1)
        await one.configured(other={"webhook": "https://example.com/else"})
        with pytest.raises(NotPromised, match="no sink pager"):
            await one.deliveries.promise(message("b"))
        await asyncio.sleep(100)
        await one.configured(pager=PAGER)
        await asyncio.sleep(100)
        assert one.receiver.taken == ["m"]


@virtual
async def test_a_sink_whose_url_changes_sends_what_is_under_way_as_it_began_and_what_waits_to_the_new_one() -> None:
    async with process(Tables()) as one:
        before = one.receiver
        before.says = [NotTaken("busy", 30.0)]
        await one.deliveries.promise(message("waits"))
        await asyncio.sleep(1)
        before.after = 5.0
        for name in range(2 * AT_ONCE):
            await one.deliveries.promise(message(str(name)))
        await asyncio.sleep(1)
        await one.configured(pager={"webhook": "https://example.com/else"})
        await one.deliveries.promise(message("new"))
        await asyncio.sleep(60)
        assert sorted(before.taken) == sorted(str(name) for name in range(2 * AT_ONCE))
        assert before.closed
        assert sorted(one.receivers["https://example.com/else"].taken) == ["new", "waits"]


@virtual
async def test_as_many_messages_as_may_wait_for_a_receiver_that_is_dead_are_all_sent_when_it_is_back() -> None:
    async with process(Tables()) as one:
        one.receiver.says = [NotTaken("no connection")] * MANY
        for name in range(MANY):
            await one.deliveries.promise(message(str(name)))
        await asyncio.sleep(1)
        assert len(one.receiver.times) == MANY
        await asyncio.sleep(10)
        assert sorted(one.receiver.taken, key=int) == [str(name) for name in range(MANY)]
        assert len(one.receiver.times) == 2 * MANY


@virtual
async def test_after_410_what_jobs_promise_is_not_sent_either_and_a_sink_that_is_gone_is_remembered() -> None:
    async with process(tables := Tables()) as one:
        one.receiver.says = [Unwanted("it said 410")]
        await one.deliveries.promise(message("a"))
        await asyncio.sleep(1)
        await one.store.promise([message("b")])
        one.deliveries.begin([message("b")])
        await asyncio.sleep(70)
        assert len(one.receiver.times) == 1
        assert tables.sending["b"].ended == "its receiver wants nothing more"


@virtual
async def test_410_of_a_sink_that_was_removed_meanwhile_is_noted() -> None:
    async with process(tables := Tables()) as one:
        one.receiver.after, one.receiver.says = 5.0, [Unwanted("it said 410")]
        await one.deliveries.promise(message("a"))
        await asyncio.sleep(1)
        await one.configured(other={"webhook": "https://example.com/else"})
        await asyncio.sleep(30)
        assert tables.sending["a"].ended == "it said 410"


def test_pauses_grow_and_have_an_end() -> None:
    pauses = [pause(number, "m", 0.0) or 0.0 for number in range(1, 15)]
    assert all(least <= found <= 1.2 * least for least, found in zip(PAUSES, pauses, strict=False))
    assert all(PAUSES[-1] <= found <= 1.2 * PAUSES[-1] for found in pauses[len(PAUSES) :])
    assert pause(3, "m", TOGETHER + 1) is None
    assert pause(3, "m", TOGETHER + 1, 5.0) is None
    assert (pause(2, "m", 0.0, 0.0), pause(2, "m", 0.0, 7.0), pause(2, "m", 0.0, 1e9)) == (1.0, 7.0, 86_400.0)
