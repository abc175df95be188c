"""Names that stand for all their addresses: replicas come and go with them, and calls in flight do not notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest

from plait.clock import Clock
from plait.errors import Unreachable
from plait.http1.renewed import Trust
from plait.spec.predictor import Predictor, PredictorDefaults
from plait.testing import run_virtual
from plait.testing.server import ok, read_request
from plait.upstream import build
from plait.upstream.names import FRESH, PATIENCE, Names
from plait.upstream.upstream import Upstream
from tests.upstream.calling import Caller, assert_nothing_left, peers

A, B = "127.0.0.1", "127.0.0.2"
TURN = FRESH + 0.1
"""Seconds in which the name is asked for again."""


class Resolver:
    """Answers what it is told: addresses, a failure, or nothing at all."""

    def __init__(self, *addresses: str) -> None:
        self.says: Sequence[str] | Exception | None = addresses
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        if self.says is None:
            await asyncio.get_running_loop().create_future()
        if isinstance(self.says, Exception):
            raise self.says
        assert self.says is not None
        return self.says


class Named:
    """An upstream of one name, and a server at each of its addresses, which says where a call was answered."""

    def __init__(self, resolver: Resolver, upstream: Upstream, clock: Clock, held: asyncio.Event) -> None:
        self.resolver = resolver
        self.upstream = upstream
        self.clock = clock
        self.go_on = held

    def call(self) -> Caller:
        return Caller(self.upstream, self.clock, seconds=60.0)

    async def places(self, calls: int = 40) -> set[str]:
        """Where so many calls are answered."""
        return {(await self.call().done).value for _ in range(calls)}

    async def now_says(self, says: Sequence[str] | Exception | None) -> None:
        """From now on, and known."""
        self.resolver.says = says
        await asyncio.sleep(TURN)


@asynccontextmanager
async def named(resolver: Resolver) -> AsyncIterator[Named]:
    loop = asyncio.get_running_loop()
    clock, go_on = Clock(loop, loop.time), asyncio.Event()
    go_on.set()

    async def serve(place: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await read_request(reader)
                await go_on.wait()
                writer.write(ok(b'"%b"' % place.encode()))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(await asyncio.start_server(partial(serve, A), A, 0))
        port = first.sockets[0].getsockname()[1]
        await stack.enter_async_context(await asyncio.start_server(partial(serve, B), B, port))
        predictor = Predictor(url=f"dns+http://model.test:{port}", timeout="60s", balance="round_robin")
        upstream = build.upstream("model", predictor, PredictorDefaults(), clock, Trust(), resolver)
        await upstream.open()
        yield Named(resolver, upstream, clock, go_on)
        await upstream.close()
        clock.close()
        assert_nothing_left(upstream)
        await asyncio.sleep(0.1)  # in which the servers see that nobody is there any more


def test_every_address_is_a_replica_and_is_asked_by_the_hosts_name() -> None:
    async def test() -> None:
        async with named(Resolver(A, B)) as world:
            assert await world.places() == {A, B}
            ((host, port),) = set(world.resolver.asked)
            assert (host, {peer.authority for peer in peers(world.upstream)}) == ("model.test", {f"model.test:{port}"})
            assert {peer.shown for peer in peers(world.upstream)} == {f"{A}:{port}", f"{B}:{port}"}

    run_virtual(test())


def test_addresses_come_and_go() -> None:
    async def test() -> None:
        async with named(Resolver(A)) as world:
            assert await world.places() == {A}
            await world.now_says((A, B))
            await asyncio.sleep(6.0)  # it has started slowly
            assert await world.places(400) == {A, B}
            await world.now_says((B,))
            assert await world.places() == {B}

    run_virtual(test())


def test_an_address_that_comes_beside_an_only_one_that_serves_starts_slowly() -> None:
    async def test() -> None:
        async with named(Resolver(A)) as world:
            assert not any(replica.started > 0 for replica in world.upstream.fleet.replicas)
            await world.places()
            await world.now_says((A, B))
            first, second = world.upstream.fleet.replicas
            assert first.started < 0 < second.started
            assert first.latency.seconds == second.latency.seconds

    run_virtual(test())


def test_a_call_in_flight_at_an_address_that_goes_is_answered_there_and_then_its_connections_close() -> None:
    async def test() -> None:
        async with named(Resolver(A)) as world:
            world.go_on.clear()
            caller = world.call()
            leaving = world.upstream.fleet.replicas[0]
            await world.now_says((B,))
            assert not caller.done.done()
            world.go_on.set()
            assert ((await caller.done).value, await world.places()) == (A, {B})
            await asyncio.sleep(2.0)
            assert (leaving.endpoint.endpoint.open, leaving.in_flight) == (0, 0)

    run_virtual(test())


@pytest.mark.parametrize("failure", [OSError("no such host"), TimeoutError(), UnicodeError("label too long"), None], ids=repr)
def test_while_the_name_does_not_resolve_the_addresses_known_last_stay(
    failure: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with named(Resolver(A, B)) as world:
            await world.now_says(failure)
            await asyncio.sleep(3 * (FRESH + PATIENCE))
            assert await world.places() == {A, B}
            await world.now_says((B,))
            await asyncio.sleep(FRESH + PATIENCE)
            assert await world.places() == {B}

    run_virtual(test())
    assert caplog.text.count("model.test does not resolve") == 1


def test_where_no_address_was_ever_known_a_call_fails_at_once_and_is_served_as_soon_as_there_is_one() -> None:
    async def test() -> None:
        async with named(Resolver()) as world:
            world.resolver.says = OSError("no such host")
            caller = world.call()
            error = await caller.error()
            assert isinstance(error, Unreachable)
            assert (error.status, str(error.detail)) == (502, "no address of it is known: its host's name does not resolve")
            await world.now_says((A,))
            assert await world.places() == {A}

    run_virtual(test())


def test_the_same_addresses_in_another_order_change_nothing() -> None:
    async def test() -> None:
        async with named(Resolver(A, B)) as world:
            before = list(world.upstream.fleet.replicas)
            await world.now_says((B, A, A))
            assert world.upstream.fleet.replicas == before

    run_virtual(test())


def test_nobody_is_asked_once_it_is_closed() -> None:
    async def test() -> None:
        resolver, heard = Resolver(A), list[Sequence[str]]()
        names = Names("model.test", 80, heard.append, resolver)
        await names.open()
        await names.close()
        await asyncio.sleep(3 * FRESH)
        assert (len(resolver.asked), heard) == (1, [(A,)])

    run_virtual(test())


def test_addresses_that_cannot_be_taken_over_are_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        def changed(addresses: Sequence[str]) -> None:
            heard.append(addresses)
            if len(heard) == 2:
                raise ValueError("no room")

        resolver, heard = Resolver(A), list[Sequence[str]]()
        names = Names("model.test", 80, changed, resolver)
        await names.open()
        resolver.says = (B,)
        await asyncio.sleep(2 * FRESH + 0.1)
        await names.close()
        assert heard == [(A,), (B,), (B,)]

    run_virtual(test())
    assert caplog.messages == ["the addresses of model.test could not be taken over"]
