"""What the store keeps of messages to sinks."""

from __future__ import annotations

from plait.jobs.store.store import Store
from tests.jobs.store.stores import Watch, message, new


async def test_the_same_message_is_promised_once(ours: Store, theirs: Store) -> None:
    assert await ours.promise([message("a"), message("b"), message("a")]) == [True, True, False]
    assert await theirs.promise([message("a"), message("c")]) == [False, True]
    assert await theirs.waiting() == {"pager": 3}
    assert await theirs.promise([]) == []


async def test_a_promise_is_its_makers_as_long_as_that_lives(ours: Store, theirs: Store, watch: Watch) -> None:
    await ours.promise([message("a")])
    assert await ours.claim_outgoing(9) == await theirs.claim_outgoing(9) == []
    watch.now += 11
    await theirs.renew(10)
    (taken,) = await theirs.claim_outgoing(9)
    assert (taken.id, taken.sink, taken.payload, taken.attempts, taken.fence) == ("a", "pager", b"{}", 0, 2)
    await ours.sent("a", 1)
    assert await ours.waiting() == {"pager": 1}
    await theirs.sent("a", 2)
    assert await ours.waiting() == {}


async def test_what_its_maker_has_lost_sight_of_is_due_again(ours: Store, theirs: Store, watch: Watch) -> None:
    await ours.promise([message("a")])
    watch.now += 61
    await ours.renew(10)
    assert await theirs.claim_outgoing(9) == []
    (taken,) = await ours.claim_outgoing(9)
    assert taken.fence == 2
    assert await ours.claim_outgoing(9) == []


async def test_what_was_postponed_is_due_when_it_is_whoever_lives(ours: Store, theirs: Store, watch: Watch) -> None:
    await ours.promise([message("a")])
    await ours.postpone("a", 1, 300, "busy")
    watch.now += 299
    await theirs.renew(10)
    assert await ours.claim_outgoing(9) == await theirs.claim_outgoing(9) == []
    watch.now += 2
    (taken,) = await theirs.claim_outgoing(9)
    assert (taken.attempts, taken.fence) == (1, 2)
    await theirs.drop("a", 2, "no more")
    assert await ours.waiting() == {}
    assert await ours.promise([message("a")]) == [False]


async def test_what_was_under_way_at_a_process_that_died_is_due_at_once_however_often_it_was_tried(
    ours: Store, theirs: Store, watch: Watch
) -> None:
    await ours.promise([message("a")])
    await ours.postpone("a", 1, 1, "busy")
    watch.now += 2
    await ours.claim_outgoing(9)
    watch.now += 9
    await theirs.renew(10)
    (taken,) = await theirs.claim_outgoing(9)
    assert (taken.attempts, taken.fence) == (1, 3)


async def test_a_sink_that_wants_no_more_gets_no_more(ours: Store, theirs: Store) -> None:
    await ours.promise([message("a"), message("b", "other")])
    await ours.disable("pager", "https://a", "it said 410")
    await ours.disable("pager", "https://a", "it said 410 again")
    assert await theirs.disabled() == {("pager", "https://a"): "it said 410 again"}
    assert await theirs.waiting() == {"other": 1}


async def test_what_a_job_promises_with_its_end_is_there_with_it(ours: Store) -> None:
    job = new()
    await ours.add(job, (), [message("a")])
    assert await ours.waiting() == {"pager": 1}
