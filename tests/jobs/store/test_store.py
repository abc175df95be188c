"""What the store of jobs keeps, for whom, and what it refuses, on SQLite and on Postgres."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from plait.jobs.errors import Full, KeyReused
from plait.jobs.records import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Ended, Wanted
from plait.jobs.store.store import Store
from tests.jobs.store.stores import DONE, Watch, message, new, part


async def test_a_job_is_kept_as_it_was_given(ours: Store, theirs: Store, watch: Watch) -> None:
    job = new(headers={"x": "ä"}, notify="pager", ruled=True, input=b'{"text":"\xc3\xa4"}')
    added = await ours.add(job, [part("a"), part("b", status="error", output=None, failure=b"{}", code=None)])
    assert (added.id, added.created, added.fence) == (job.id, True, 1)
    found = await theirs.job(job.id)
    assert found is not None
    for name in (
        "graph",
        "client",
        "request_id",
        "revision",
        "digest",
        "input",
        "headers",
        "forwarded",
        "priority",
        "notify",
        "ruled",
    ):
        assert getattr(found, name) == getattr(job, name)
    assert (found.status, found.owner, found.fence, found.begun, found.queue) == (QUEUED, "ours", 1, None, None)
    assert found.created == added.at == datetime.fromtimestamp(watch.now, UTC)
    kept = await theirs.parts(job.id)
    assert [(each.seq, each.key, each.output, each.failure, each.code) for each in kept] == [
        (1, "a", b"[1]", None, 200),
        (2, "b", None, b"{}", None),
    ]
    assert await theirs.slice("d") == b"{}"
    assert await theirs.slice("e") is None
    assert await theirs.job("0" * 32) is None


async def test_a_job_runs_to_its_end_and_nothing_of_it_changes_then(ours: Store) -> None:
    job = new()
    await ours.add(job)
    assert await ours.begin(job.id, 1)
    assert await ours.part(job.id, 1, part("a"))
    assert await ours.finish(job.id, 1, DONE, [message("m")])
    assert not await ours.part(job.id, 1, part("b"))
    assert not await ours.finish(job.id, 1, Ended(status=FAILED, error=b"{}"), [message("n")])
    found = await ours.job(job.id)
    assert found is not None
    assert (found.status, found.result, found.complete, found.error) == (SUCCEEDED, b"2", False, None)
    assert [each.key for each in await ours.parts(job.id)] == ["a"]
    assert await ours.waiting() == {"pager": 1}


async def test_a_part_whose_key_is_known_stays_as_it_is(ours: Store) -> None:
    job = new()
    await ours.add(job)
    assert await ours.part(job.id, 1, part("a", output=b"1"))
    assert await ours.part(job.id, 1, part("a", output=b"2"))
    assert await ours.part(job.id, 1, part("b", output=b"3"))
    assert [(each.seq, each.output) for each in await ours.parts(job.id)] == [(1, b"1"), (2, b"3")]
    assert [each.key for each in await ours.parts(job.id, 1)] == ["b"]


async def test_who_has_an_older_fence_writes_nothing(ours: Store, theirs: Store, watch: Watch) -> None:
    job = new()
    await ours.add(job)
    await ours.begin(job.id, 1)
    assert await theirs.claim(10) == []
    watch.now += 11
    await theirs.renew(10)
    (taken,) = await theirs.claim(10)
    assert (taken.id, taken.owner, taken.fence, taken.status) == (job.id, "theirs", 2, RUNNING)
    await ours.renew(10)
    assert not await ours.part(job.id, 1, part("a"))
    assert not await ours.finish(job.id, 1, DONE)
    await ours.release({job.id: 1})
    assert not await ours.finish(job.id, 2, DONE)
    assert await theirs.finish(job.id, 2, DONE)
    assert await ours.claim(10) == []


async def test_the_same_key_is_the_same_job_and_with_another_body_none(ours: Store, theirs: Store) -> None:
    job = new(key="k", body="one")
    await ours.add(job)
    again = await theirs.add(new(key="k", body="one"))
    assert (again.id, again.created) == (job.id, False)
    with pytest.raises(KeyReused):
        await theirs.add(new(key="k", body="two"))
    assert (await theirs.add(new(key="k", body="two", client="other"))).created
    assert (await theirs.add(new(key="k", body="two", graph="other"))).created
    await ours.finish(job.id, 1, DONE)
    assert (await theirs.add(new(key="k", body="one"))).id == job.id


async def test_of_many_with_the_same_key_at_once_one_is_a_new_job(ours: Store, theirs: Store) -> None:
    both = [store.add(new(key="k", body="one")) for store in (ours, theirs) for _ in range(5)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in both]
    assert len({task.result().id for task in tasks}) == 1
    assert sum(task.result().created for task in tasks) == 1


async def test_there_are_only_so_many_jobs_of_a_graph(ours: Store) -> None:
    jobs = [new(most=2) for _ in range(3)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_or_error(ours, job)) for job in jobs]
    assert [task.result() for task in tasks] == ["", "", "too-many-jobs"]
    assert await _or_error(ours, new(most=2, graph="other")) == ""
    await ours.finish(jobs[0].id, 1, DONE)
    assert await _or_error(ours, new(most=2)) == ""
    assert await _or_error(ours, new(most=2)) == "too-many-jobs"


async def _or_error(store: Store, job: object) -> str:
    try:
        await store.add(job)  # type: ignore[arg-type]
    except Full as exc:
        return exc.code
    return ""


async def test_the_urgent_are_claimed_first_and_then_whoever_came_first(ours: Store, theirs: Store) -> None:
    jobs = [new(priority=3), new(), new(), new(queue="q")]
    for job in jobs:
        await ours.add(job)
    await ours.release({job.id: 1 for job in jobs})
    assert [job.id for job in await theirs.claim(2)] == [jobs[1].id, jobs[2].id]
    assert [job.id for job in await theirs.claim(9)] == [jobs[0].id]
    assert [(job.id, job.queue) for job in await theirs.claim_queue("q", 9)] == [(jobs[3].id, "q")]
    assert await theirs.claim_queue("r", 9) == []


async def test_what_nobody_knows_of_is_left_to_others(ours: Store, theirs: Store) -> None:
    jobs = [new(), new(), new()]
    for job in jobs:
        await ours.add(job)
    await ours.finish(jobs[2].id, 1, DONE)
    await ours.forsake([jobs[0].id])
    assert [job.id for job in await theirs.claim(9)] == [jobs[1].id]


async def test_a_cancelled_job_is_told_to_its_owner_once(ours: Store, theirs: Store) -> None:
    job = new(client="c")
    await ours.add(job)
    assert await theirs.cancel(job.id, "d") is None
    assert await theirs.cancel("0" * 32, None) is None
    found = await theirs.cancel(job.id, "c")
    assert found is not None
    assert (found.status, found.owner) == (CANCELLED, "ours")
    assert not await ours.finish(job.id, 1, DONE)
    assert await ours.renew(10) == [job.id]
    assert await ours.renew(10) == []
    again = await theirs.cancel(job.id, None)
    assert again is not None
    assert again.finished == found.finished


async def test_a_job_that_failed_may_run_again_with_what_had_an_answer(ours: Store, theirs: Store) -> None:
    job = new()
    await ours.add(job, [part("a"), part("b", status="error", output=None, failure=b"{}")])
    await ours.finish(job.id, 1, Ended(status=FAILED, error=b"{}"))
    found = await theirs.retry(job.id)
    assert found is not None
    assert (found.status, found.owner, found.error, found.finished, found.fence) == (QUEUED, None, None, None, 2)
    assert [each.key for each in await theirs.parts(job.id)] == ["a"]
    (taken,) = await ours.claim(9)
    assert await ours.finish(job.id, taken.fence, DONE)
    after = await theirs.retry(job.id)
    assert after is not None
    assert after.status == SUCCEEDED
    assert await theirs.retry("0" * 32) is None


async def test_one_process_has_a_queue_until_it_leaves_it_or_its_time_is_up(ours: Store, theirs: Store, watch: Watch) -> None:
    assert await ours.hold("q", 10)
    assert await ours.hold("q", 10)
    assert not await theirs.hold("q", 10)
    watch.now += 11
    assert await theirs.hold("q", 10)
    assert not await ours.hold("q", 10)
    await ours.leave("q")
    assert not await ours.hold("q", 10)
    await theirs.leave("q")
    assert await ours.hold("q", 10)


async def test_what_ended_long_ago_is_forgotten_with_all_that_belongs_to_it(ours: Store, watch: Watch) -> None:
    old, running = new(key="k", digest="old"), new(digest="new", expires=9999)
    await ours.add(old, [part("a")], [message("m")])
    await ours.finish(old.id, 1, DONE)
    await ours.add(running)
    (claimed,) = [each for each in await _all_due(ours, watch) if each.id == "m"]
    await ours.sent("m", claimed.fence)
    watch.now += 4000
    assert await ours.sweep(10_000) == []
    assert await ours.job(old.id) is not None
    assert await ours.promise([message("m")]) == [False]
    await ours.begin(running.id, 1)
    await ours.sweep(10)
    assert await ours.job(old.id) is None
    assert await ours.parts(old.id) == []
    assert await ours.job(running.id) is not None
    assert (await ours.slice("old"), await ours.slice("new")) == (None, b"{}")
    assert await ours.promise([message("m")]) == [True]
    assert (await ours.add(new(key="k"))).created


async def _all_due(store: Store, watch: Watch) -> list:  # type: ignore[type-arg]
    watch.now += 61
    return await store.claim_outgoing(9)


async def test_who_stands_in_line_for_too_long_has_failed(ours: Store, theirs: Store, watch: Watch) -> None:
    late, running = new(expires=5, request_id="r-7"), new(expires=5)
    await ours.add(late)
    await ours.add(running)
    await ours.begin(running.id, 1)
    watch.now += 6
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.sweep(1000)) for store in (ours, theirs)]
    (failed,) = (job for task in tasks for job in task.result())
    assert (failed.id, failed.status, failed.fence) == (late.id, FAILED, 2)
    assert await ours.job(late.id) == failed
    assert b"urn:plait:problem:expired" in (failed.error or b"")
    assert b"r-7" in (failed.error or b"")
    assert not await ours.begin(late.id, 1)


async def test_jobs_are_listed_newest_first_and_page_by_page(ours: Store, watch: Watch) -> None:
    jobs = [new(graph="a"), new(graph="b"), new(graph="a", queue="q"), new(graph="a")]
    for job in jobs:
        watch.now += 1
        await ours.add(job)
    await ours.begin(jobs[0].id, 1)
    ids = [job.id for job in reversed(jobs)]
    assert [job.id for job in await ours.listed(Wanted())] == ids
    assert [job.id for job in await ours.listed(Wanted(limit=2))] == ids[:2]
    assert [job.id for job in await ours.listed(Wanted(before=ids[1]))] == ids[2:]
    assert await ours.listed(Wanted(before="0" * 32)) == []
    assert [job.id for job in await ours.listed(Wanted(graph="a", status=(RUNNING, FAILED)))] == [jobs[0].id]
    assert [job.queue for job in await ours.listed(Wanted(queue="q"))] == ["q"]
    assert await ours.counts() == {("a", QUEUED): 2, ("a", RUNNING): 1, ("b", QUEUED): 1}


async def test_the_last_parts_are_kept_with_the_end_and_a_job_that_begins_runs(ours: Store, theirs: Store, watch: Watch) -> None:
    job = new(begins=True)
    await ours.add(job)
    found = await theirs.job(job.id)
    assert found is not None
    assert (found.status, found.begun) == (RUNNING, found.created)
    await ours.part(job.id, 1, part("a"))
    assert not await theirs.finish(job.id, 1, DONE, [message("m")], [part("b")])
    assert await ours.finish(job.id, 1, DONE, [message("m")], [part("a", output=b"9"), part("b"), part("c")])
    assert not await ours.finish(job.id, 1, DONE, [message("n")], [part("d")])
    assert [(each.key, each.output) for each in await theirs.parts(job.id)] == [("a", b"[1]"), ("b", b"[1]"), ("c", b"[1]")]
    assert await ours.waiting() == {"pager": 1}
