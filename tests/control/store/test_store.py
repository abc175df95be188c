"""What a store promises, wherever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plait.control.errors import Conflict
from plait.control.files import Taken
from plait.control.marks import Mark
from plait.control.revisions import Revision
from plait.control.store.statements import State
from plait.control.store.store import Store

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
DATA = {"predictors": {"ü": {"url": "http://ä", "headers": {"x": "\0 \U0001f600"}}}, "b": [1, 1.0, True, None, -(2**63), 2**64 - 1]}
MARK = Mark("ä", "api:eve", "it\nis bad", NOON)


def revision(number: int, **facts: Any) -> Revision:
    given = {"data": {"number": number}, "created": NOON + timedelta(seconds=number), "author": "api", **facts}
    return Revision(number=number, **given)


async def test_a_new_store_is_empty(store: Store):
    assert await store.state() == State(0, None, {})
    assert await store.turn() == 0
    assert await store.history(None, 10) == []
    assert await store.revision(1) is None
    assert await store.taken("one") == (None, None)
    assert await store.proxies() == []


async def test_a_revision_comes_back_as_it_was(store: Store, another: Callable[[], Store]):
    whole = revision(1, data=DATA, reason="ß", difference=({"path": "a", "change": "added", "from": None, "to": 1.0},))
    await store.append(whole, 0)
    for each in (store, another()):
        found = (await each.state()).newest
        assert found == whole
        assert repr(found) == repr(whole)  # 1 is not 1.0, nor in another order
        assert await each.revision(1) == whole


async def test_each_change_takes_a_turn(store: Store):
    await store.append(revision(1), 0)
    await store.mark(MARK, 1)
    await store.unmark("ä", 2)
    await store.append(revision(2), 3)
    assert await store.turn() == 4


async def test_who_comes_second_changes_nothing(store: Store, another: Callable[[], Store]):
    other = another()
    await store.append(revision(1), 0)
    with pytest.raises(Conflict):
        await other.append(revision(2), 0)
    with pytest.raises(Conflict):
        await other.mark(MARK, 0)
    with pytest.raises(Conflict):
        await other.unmark("ä", 0)
    with pytest.raises(Conflict):
        await other.put_back(State(0, revision(9), {}), 0)
    assert await other.state() == State(1, revision(1), {})


async def test_numbers_only_grow(store: Store):
    await store.append(revision(5), 0)
    for number in (5, 4):
        with pytest.raises(Conflict):
            await store.append(revision(number), 1)
    assert await store.state() == State(1, revision(5), {})


async def test_of_many_at_once_one_is_first_each_time(another: Callable[[], Store]):
    stores = [another() for _ in range(5)]

    async def write(store: Store) -> int:
        won = 0
        while won < 4:
            state = await store.state()
            try:
                await store.append(revision((state.newest.number if state.newest else 0) + 1), state.turn)
            except Conflict:
                continue
            won += 1
        return won

    async with asyncio.TaskGroup() as group:
        for store in stores:
            group.create_task(write(store))
    assert [entry.number for entry in await stores[0].history(None, 100)] == list(range(20, 0, -1))


async def test_history_goes_back_page_by_page(store: Store):
    for number in range(1, 8):
        await store.append(revision(number), number - 1)
    assert [entry.number for entry in await store.history(None, 3)] == [7, 6, 5]
    assert [entry.number for entry in await store.history(5, 3)] == [4, 3, 2]
    assert [entry.number for entry in await store.history(2, 3)] == [1]
    assert await store.history(1, 3) == []


async def test_marks_come_and_go(store: Store):
    other = replace(MARK, predictor="b", created=NOON + timedelta(seconds=1))
    await store.mark(MARK, 0)
    await store.mark(other, 1)
    assert (await store.state()).marks == {"ä": MARK, "b": other}
    again = replace(MARK, reason="still")
    await store.mark(again, 2)
    assert (await store.state()).marks == {"ä": again, "b": other}
    await store.unmark("ä", 3)
    await store.unmark("nobody", 4)
    assert (await store.state()).marks == {"b": other}


async def test_a_file_is_noted_with_its_revision_or_not_at_all(store: Store):
    await store.append(revision(1), 0, Taken("one", "first"))
    assert await store.taken("one") == ("first", "first")
    assert await store.taken("two") == (None, "first")
    with pytest.raises(Conflict):
        await store.append(revision(2), 0, Taken("two", "second"))
    assert await store.taken("two") == (None, "first")
    await store.took(Taken("two", "second"))
    assert (await store.taken("one"), await store.taken("two")) == (("first", "second"), ("second", "second"))
    assert await store.turn() == 1


async def test_proxies_say_what_they_run(store: Store):
    await store.took(Taken("silent", "x"))
    await store.report("one", {"workers": [1]}, NOON)
    await store.report("one", {"workers": [2]}, NOON)
    assert [(proxy.id, proxy.runs, proxy.seen) for proxy in await store.proxies()] == [
        ("one", {"workers": [2]}, NOON),
        ("silent", None, None),
    ]
    await store.forget("silent")
    assert [proxy.id for proxy in await store.proxies()] == ["one"]
    assert await store.turn() == 0


async def test_the_oldest_are_forgotten_and_the_newest_are_kept(another: Callable[..., Store]):
    store = another(kept=3)
    for number in range(1, 6):
        await store.append(revision(10 * number), number - 1)
    assert [entry.number for entry in await store.history(None, 10)] == [50, 40, 30]
    assert await store.revision(20) is None


async def test_what_was_lost_is_put_back(store: Store):
    await store.append(revision(1), 0)
    await store.put_back(State(7, revision(9), {"ä": MARK}), 1)
    assert await store.state() == State(2, revision(9), {"ä": MARK})
    assert [entry.number for entry in await store.history(None, 10)] == [9, 1]


async def test_two_that_begin_at_once_make_one_store(another: Callable[[], Store]):
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(another().state()) for _ in range(4)]
    assert [task.result() for task in asked] == [State(0, None, {})] * 4
