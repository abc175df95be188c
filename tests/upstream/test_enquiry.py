"""A question to one address: told once, by its deadline, and asked again only where a kept connection had closed."""

from __future__ import annotations

import pytest

from plait.errors import Overloaded, TimedOut, Unreachable
from plait.upstream.enquiry import Enquiry
from tests.upstream.wires import Wire, Wired, wired


class Full(Wire):
    """An address that takes nothing more."""

    def send(self, exchange: object) -> None:
        raise Overloaded("full")


def enquiry(wire: Wire, told: list[object]) -> Enquiry:
    return Enquiry(wire, b"GET", told.append)  # type: ignore[arg-type] # as much of an endpoint as it uses


def test_an_answer_is_told_once() -> None:
    async def test(world: Wired) -> None:
        told: list[object] = []
        enquiry(wire := Wire(), told).ask(world.clock, 0.1)
        wire.answer()
        await world.pass_time(1.0)
        assert told == [(200, {b"content-type": b"application/json"}, b"1")]

    wired(1, test)


def test_silence_is_told_when_the_time_is_up() -> None:
    async def test(world: Wired) -> None:
        told: list[object] = []
        enquiry(wire := Wire(), told).ask(world.clock, 0.1)
        await world.pass_time(0.11)
        assert [type(each) for each in told] == [TimedOut]
        assert wire.held == []

    wired(1, test)


def test_it_is_asked_again_once_where_a_kept_connection_had_closed() -> None:
    async def test(world: Wired) -> None:
        told: list[object] = []
        enquiry(wire := Wire(), told).ask(world.clock, 0.1)
        for _ in range(2):
            assert told == []
            wire.break_off(stale=True)
            await world.pass_time(0.0)
        assert (len(told), wire.asked, wire.held) == (1, 2, [])

    wired(1, test)


def test_one_that_cannot_be_sent_is_not_told_of_later() -> None:
    async def test(world: Wired) -> None:
        told: list[object] = []
        with pytest.raises(Overloaded):
            enquiry(Full(), told).ask(world.clock, 0.1)
        await world.pass_time(1.0)
        assert told == []

    wired(1, test)


@pytest.mark.parametrize("moment", ["before", "between"])
def test_one_that_is_cancelled_is_not_told_of(moment: str) -> None:
    async def test(world: Wired) -> None:
        told: list[object] = []
        one = enquiry(wire := Wire(), told)
        one.ask(world.clock, 0.1)
        if moment == "between":
            wire.break_off(Unreachable("closed"), stale=True)
            wire.held.append(one)  # which `cancel` lets go of
        one.cancel()
        one.cancel()
        await world.pass_time(1.0)
        assert (told, wire.held, wire.asked) == ([], [], 1)

    wired(1, test)
