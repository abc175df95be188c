"""What plait does when a fault proxy stands before its predictor; each scene ends with 100 of 100 good answers and nothing left."""

from __future__ import annotations

import asyncio
import socket

import pytest

from plait.server.answers import ENVELOPE
from plait.testing import (
    Drip,
    Fault,
    FaultProxy,
    Garbage,
    HalfOpen,
    Latency,
    Limit,
    RawServer,
    Refuse,
    Reset,
    ScriptedServer,
    Slice,
    Stop,
    Truncate,
)
from plait.testing.faults import Piece, Plan
from plait.testing.link import AT_ONCE
from plait.testing.server import ok
from tests.server.serving import Client, one, post, proxy
from tests.server.streaming import until
from tests.testing.behind import SOON, check_failed, echo, scene

pytestmark = pytest.mark.slow

OTHERS = ok(b'"another caller\'s"')
WHOLE = len(b"HTTP/1.1 200 Scripted\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n0")

SLOW: list[Fault] = [HalfOpen(), Stop(), Latency(60), Drip(20), Limit(20), Slice(1, pause=SOON), Slice(9) & Latency(60)]
BROKEN: list[Fault] = [
    Reset(),
    Reset(after=0),
    Reset(after=20),
    Reset(after=WHOLE - 1),
    Truncate(0),
    Truncate(20),
    Truncate(WHOLE - 1),
    Garbage(),
    Garbage(place="instead"),
    Slice(3) & Truncate(20),
]
HARMLESS: list[Fault] = [
    Slice(5, seed=1),
    Limit(100_000),
    Truncate(WHOLE),
    Reset(after=WHOLE + 1),
    Latency(0.01, jitter=0.01, seed=7),
]


@pytest.mark.parametrize("fault", SLOW, ids=str)
async def test_the_deadline_holds(fault: Fault) -> None:
    async with scene() as there:
        there.faulty.fault = fault
        for _ in range(3):
            answer, seconds = await there.ask(within=SOON)
            check_failed(answer, 504, "timeout")
            assert SOON <= seconds < SOON + 0.05


@pytest.mark.parametrize("fault", BROKEN, ids=str)
async def test_a_broken_answer_is_a_bad_gateway_on_new_connections_and_on_kept_ones(fault: Fault) -> None:
    async with scene() as there:
        there.faulty.fault = fault
        check_failed((await there.ask())[0], 502, "error")
        await there.recovers()
        there.faulty.fault = fault
        check_failed((await there.ask())[0], 502, "error")


@pytest.mark.parametrize("fault", HARMLESS, ids=str)
async def test_what_changes_no_byte_changes_no_answer(fault: Fault) -> None:
    async with scene() as there:
        there.faulty.fault = fault
        for number in range(10):
            answer, _ = await there.ask(number)
            assert (answer.status, answer.body) == (200, b"%d" % number)


async def test_an_answer_that_is_cut_anywhere_is_the_same() -> None:
    async with scene() as there:
        for size in range(1, WHOLE + 1):
            there.faulty.fault = Slice(size)
            answer, _ = await there.ask(size)
            assert (answer.status, answer.body) == (200, b"%d" % size)


async def test_where_nobody_listens_the_predictor_is_unreachable_and_then_back() -> None:
    async with scene() as there:
        await there.ask()
        url, stood = there.faulty.url, there.faulty.connections
        there.faulty.fault = Refuse()
        await there.faulty.empty()
        check_failed((await there.ask())[0], 502, "unreachable")
        assert (there.faulty.url, there.faulty.connections) == (url, stood)


async def test_latency_is_seen_in_the_time_of_the_part() -> None:
    async with scene() as there:
        there.faulty.fault = Latency(0.04, jitter=0.005, seed=1)
        async with there.port.client() as client:
            for _ in range(3):
                answer = await client.ask(post(b"1", b"Accept: " + ENVELOPE.encode()))
                assert 35 <= answer.json["parts"]["a"]["ms"] < 1000


async def test_a_client_that_is_told_in_time_leaves_nothing_at_a_predictor_that_is_half_open() -> None:
    async with scene() as there:
        there.faulty.fault = HalfOpen()
        await there.ask(within=SOON)
        assert (there.server.asked, there.faulty.sent) == ([], 0)
        await there.faulty.empty()


async def test_a_stopped_proxy_keeps_its_connections_until_it_goes_on() -> None:
    async with scene() as there:
        there.faulty.fault = Stop()
        await there.ask(within=SOON)
        assert (there.faulty.open, there.faulty.sent, there.server.open) == (1, 0, 1)
        there.faulty.fault = None
        await there.faulty.empty()
        assert there.faulty.sent > 0


async def test_what_a_fault_held_back_is_passed_on_when_it_is_lifted() -> None:
    async with scene() as there:
        there.faulty.fault = Latency(60)
        task = asyncio.create_task(there.ask(5))
        await there.server.came(1)
        there.faulty.fault = None
        answer, seconds = await task
        assert (answer.status, answer.body) == (200, b"5")
        assert seconds < 5


@pytest.mark.parametrize("data", [OTHERS, b"1", b"\r\n", b"\x00"], ids=["answer", "digit", "line", "null"])
async def test_surplus_never_reaches_another_caller(data: bytes) -> None:
    async with scene() as there:
        await there.recovers()
        there.faulty.fault = Garbage(data, place="after")
        for number in range(1000, 1100):
            answer, _ = await there.ask(number)
            assert answer.status == 502 or answer.body == b"%d" % number


async def test_an_answer_that_nobody_asked_for_never_reaches_another_caller() -> None:
    async with scene() as there:
        for number in range(50):
            there.faulty.fault = Garbage(OTHERS, place="after", later=0.001)
            answer, _ = await there.ask(number)
            assert (answer.status, answer.body) == (200, b"%d" % number)
            await there.faulty.empty()  # plait has seen what it had not asked for


async def test_a_fault_may_be_of_one_connection_only() -> None:
    async with scene() as there:
        there.faulty.on(1, Reset())
        check_failed((await there.ask())[0], 502, "error")
        assert (await there.ask(1))[0].body == b"1"
        assert there.faulty.connections == 2


async def test_a_kept_connection_that_turns_out_dead_costs_one_more_attempt() -> None:
    async with scene() as there:
        await there.ask()
        there.faulty.on(1, Reset())
        answer, _ = await there.ask(1)
        assert (answer.status, answer.body, there.faulty.connections) == (200, b"1", 2)
        there.faulty.on(1, None)


async def test_the_bytes_that_move_are_counted() -> None:
    async with ScriptedServer(echo) as server, FaultProxy(server.url) as faulty, Client(faulty.port) as client:
        request = post(b"7")
        assert (await client.ask(request)).body == b"7"
        assert (faulty.sent, faulty.received) == (len(request), WHOLE)
        assert (faulty.connections, faulty.open) == (1, 1)


async def test_the_path_of_the_target_is_kept() -> None:
    faulty = FaultProxy("http://127.0.0.1:9/models/a")
    faulty.port = 8
    assert faulty.url == "http://127.0.0.1:8/models/a"


async def test_a_predictor_that_cannot_be_reached_shows_as_a_reset() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with FaultProxy(url) as faulty, proxy(one(faulty.url)) as port, port.client() as client:
        check_failed(await client.ask(post()), 502, "error")


async def test_a_predictor_that_closes_is_seen_to_close_and_one_that_resets_to_reset() -> None:
    async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)

    async with RawServer(closes) as server, FaultProxy(server.url) as faulty, Client(faulty.port) as client:
        client.writer.write(b"x")
        assert await client.reader.read() == b""
    async with RawServer(resets) as server, FaultProxy(server.url) as faulty, Client(faulty.port) as client:
        client.writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await client.reader.read()


async def test_leaving_ends_connections_that_stand_whatever_their_fault() -> None:
    async with ScriptedServer(echo) as server:
        async with FaultProxy(server.url) as faulty, Client(faulty.port) as client:
            faulty.fault = Stop()
            client.writer.write(post())
            await until(lambda: faulty.open == 1)
        await server.empty()
        assert faulty.open == 0


async def test_a_fault_may_be_set_before_the_proxy_is_open() -> None:
    async with ScriptedServer(echo) as server:
        faulty = FaultProxy(server.url)
        faulty.fault = Refuse()
        async with faulty:
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", faulty.port)
            faulty.fault = None
            async with Client(faulty.port) as client:
                assert (await client.ask(post(b"3"))).body == b"3"


async def test_a_proxy_may_be_opened_again_at_the_same_port() -> None:
    async with ScriptedServer(echo) as server:
        faulty = FaultProxy(server.url)
        for fault in (None, Slice(3), Refuse()):
            async with faulty:
                url = faulty.url
                faulty.fault = None
                async with Client(faulty.port) as client:
                    assert (await client.ask(post(b"3"))).body == b"3"
            faulty.fault = fault
            assert faulty.url == url


async def test_a_mistake_in_a_fault_of_ones_own_is_raised_at_the_end() -> None:
    class Mistaken(Fault):
        def requests(self, connection: int) -> Plan:
            def plan(piece: Piece) -> object:
                raise ZeroDivisionError(connection)

            return plan  # type: ignore[return-value]

    async def talk() -> None:
        async with ScriptedServer(echo) as server, FaultProxy(server.url) as faulty, Client(faulty.port) as client:
            faulty.fault = Mistaken()
            client.writer.write(post())
            await client.closed()

    with pytest.raises(ZeroDivisionError, match="1"):
        await talk()


def test_no_connection_alone_can_be_refused() -> None:
    with pytest.raises(ValueError, match=r"proxy\.fault = Refuse"):
        FaultProxy("http://127.0.0.1:1").on(1, Refuse())


@pytest.mark.parametrize("target", ["", "localhost", "127.0.0.1:80"])
def test_a_target_without_a_host_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="such as http://"):
        FaultProxy(target)
