from __future__ import annotations

from contextlib import ExitStack

from plait.control.bus import LISTENERS, WAITING, Bus


async def test_each_listener_hears_what_happens_after_it_came():
    bus = Bus()
    bus.publish("before")
    with bus.listening() as one, bus.listening() as other:
        bus.publish("revision", revision=7)
        for listener in (one, other):
            event = await listener.next(1)
            assert event is not None
            assert (event.number, event.kind, event.facts["revision"]) == (2, "revision", 7)


async def test_silence_is_none():
    with Bus().listening() as listener:
        assert await listener.next(0.001) is None
        assert not listener.cut


async def test_a_slow_listener_hears_what_waits_and_then_the_end():
    bus = Bus()
    with bus.listening() as slow:
        for _ in range(WAITING + 10):
            bus.publish("worker")
        heard = 0
        while await slow.next(1) is not None:
            heard += 1
        assert heard == WAITING
        assert slow.cut


async def test_of_many_who_come_at_once_those_without_room_hear_the_end_only():
    bus = Bus()
    with ExitStack() as stack:
        listeners = [stack.enter_context(bus.listening()) for _ in range(LISTENERS + 1)]
        bus.publish("worker")
        assert await listeners[-2].next(1) is not None
        assert await listeners[-1].next(1) is None
        assert [listener.cut for listener in listeners] == [False] * LISTENERS + [True]


async def test_no_more_may_listen_than_there_is_room_for():
    bus = Bus()
    with ExitStack() as stack:
        for _ in range(LISTENERS):
            assert not bus.full
            stack.enter_context(bus.listening())
        assert bus.full
    assert not bus.full


async def test_closing_ends_all_listeners():
    bus = Bus()
    with bus.listening() as listener:
        bus.close()
        assert await listener.next(1) is None
        assert listener.cut
    assert bus.full
