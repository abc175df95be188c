"""Jobs that outlive whoever ran them: killed, stopped and woken, drained; and runs that become jobs while they are under way."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from plait.errors import PlaitError
from plait.jobs.records import StoredJob
from plait.testing import FakePredictor, run_virtual
from tests.jobs.workers import site
from tests.nodes.fakes import broken, echo, good

TWO = {"predict": {"parallel": ["a", "b"], "require": "any"}}


def value(state: Any) -> Any:
    return msgspec.json.decode(state.result)


def slow(name: str, after: float) -> FakePredictor:
    return FakePredictor(name, name, after=after, timeout=100.0)


def only(jobs: dict[str, StoredJob]) -> StoredJob:
    (job,) = jobs.values()
    return job


def test_a_job_of_a_killed_process_is_taken_over_within_30_s_and_only_what_is_missing_is_asked_again() -> None:
    async def main() -> None:
        a, b, c = good("a", after=0.1), broken("b", after=0.1), slow("c", 5.0)
        async with site({"predict": {"parallel": ["a", "b", "c"], "require": "any"}}, [a, b, c]) as here:
            first, second = await here.worker(), await here.worker()
            await second.jobs.open()
            state = await first.submit(notify="pager")
            await asyncio.sleep(1.0)
            first.kill()
            killed = asyncio.get_running_loop().time()
            ended = await second.ended(state.id)
            assert (value(ended), ended.complete) == ({"a": "a", "c": "c"}, False)
            assert [len(each.asked) for each in (a, b, c)] == [1, 1, 2]
            assert ended.parts["b"].error == "it answered with status 500"
            assert asyncio.get_running_loop().time() - killed < 30.0 + 5.0
            assert here.tables.ends == [(state.id, second.store.owner)]
            assert set(msgspec.json.decode(second.told[0].payload)["parts"]) == {"a", "b", "c"}

    run_virtual(main())


def test_a_process_that_was_stopped_writes_nothing_when_it_wakes_and_stops_its_runs() -> None:
    async def main() -> None:
        a, b = good("a", after=0.1), slow("b", 60.0)
        async with site(TWO, [a, b]) as here:
            first, second = await here.worker(), await here.worker()
            await second.jobs.open()
            state = await first.submit()
            await asyncio.sleep(1.0)
            first.store.stop()
            await asyncio.sleep(30.0)
            assert only(here.tables.jobs).owner == second.store.owner
            first.store.wake()
            await asyncio.sleep(3.0)
            assert first.jobs._working.runner.held == {}
            assert (b.cancelled, b.open) == (1, 1)
            await second.ended(state.id, 100.0)
            assert here.tables.ends == [(state.id, second.store.owner)]
            assert sorted(part.key for part in here.tables.parts[state.id]) == ["a", "b"]

    run_virtual(main())


def test_a_stopped_process_whose_run_ends_first_when_it_wakes_writes_no_second_end() -> None:
    async def main() -> None:
        b = slow("b", 20.0)
        async with site({"predict": "b"}, [b]) as here:
            first, second = await here.worker(), await here.worker()
            await second.jobs.open()
            state = await first.submit()
            await asyncio.sleep(1.0)
            first.store.stop()
            await second.ended(state.id, 100.0)
            first.store.wake()
            await asyncio.sleep(5.0)
            assert here.tables.ends == [(state.id, second.store.owner)]

    run_virtual(main())


def test_a_job_that_ends_its_process_again_and_again_is_given_up() -> None:
    async def main() -> None:
        async with site({"predict": "b"}, [slow("b", 1e6)]) as here:
            worker = await here.worker()
            state = await worker.submit()
            await asyncio.sleep(0.1)
            worker.kill()
            job = only(here.tables.jobs)
            here.tables.jobs[job.id] = msgspec.structs.replace(job, fence=20)
            ended = await (await here.worker()).ended(state.id)
            assert ended.status == "failed"
            assert b"given-up" in bytes(ended.error or b"")

    run_virtual(main())


def test_draining_leaves_what_is_queued_at_once_and_what_runs_after_its_time() -> None:
    async def main() -> None:
        a = FakePredictor("a", lambda seconds: seconds, after=2.0, timeout=100.0)
        b = slow("b", 50.0)
        async with site({"predict": "a", "long": "b"}, [a, b], jobs={"concurrency": 2}) as here:
            first = await here.worker()
            short, long, queued = [await first.submit(graph=graph) for graph in ("predict", "long", "predict")]
            await asyncio.sleep(0.5)
            loop = asyncio.get_running_loop()
            draining = loop.create_task(first.jobs.drain(5.0))
            await asyncio.sleep(0.1)
            assert here.tables.jobs[queued.id].owner is None
            late = await first.submit()
            assert here.tables.jobs[late.id].owner is None
            await draining
            assert here.tables.jobs[short.id].status == "succeeded"
            assert (here.tables.jobs[long.id].owner, here.tables.jobs[long.id].status) == (None, "queued")
            assert b.cancelled == 1
            second = await here.worker()
            for state in (long, queued, late):
                assert (await second.ended(state.id, 200.0)).status == "succeeded"
            assert len(here.tables.ends) == 4

    run_virtual(main())


def test_what_has_arrived_by_the_end_of_the_drain_is_written_and_what_was_stopped_is_not() -> None:
    async def main() -> None:
        a, b = slow("a", 1.0), slow("b", 50.0)
        async with site(TWO, [a, b]) as here:
            first = await here.worker()
            state = await first.submit()
            await asyncio.sleep(0.9)
            await first.jobs.drain(0.2)
            assert [part.key for part in here.tables.parts[state.id]] == ["a"]
            second = await here.worker()
            assert value(await second.ended(state.id, 200.0)) == {"a": "a", "b": "b"}
            assert (len(a.asked), len(b.asked)) == (1, 2)

    run_virtual(main())


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.098, 0.1, 0.15, 0.3, 0.498, 0.6])
def test_a_run_under_way_that_becomes_a_job_loses_no_part_and_asks_nobody_twice(moment: float) -> None:
    async def main() -> None:
        a, b = good("a", after=0.1), slow("b", 0.5)
        async with site(TWO, [a, b]) as here:
            worker = await here.worker()
            carried = worker.carried()
            carried.start()
            await asyncio.sleep(moment)
            state = await worker.jobs.adopt(carried, worker.asked())
            assert state.id == carried.run.job
            assert set(state.parts) >= ({"a"} if moment >= 0.1 else set())
            ended = await worker.ended(state.id)
            assert (value(ended), set(ended.parts)) == ({"a": "a", "b": "b"}, {"a", "b"})
            assert sorted(part.key for part in here.tables.parts[state.id]) == ["a", "b"]
            assert (len(a.asked), len(b.asked), len(here.tables.ends)) == (1, 1, 1)

    run_virtual(main())


def test_an_adopted_run_is_taken_over_like_any_job() -> None:
    async def main() -> None:
        a, b = good("a", after=0.1), slow("b", 5.0)
        async with site(TWO, [a, b]) as here:
            first, second = await here.worker(), await here.worker()
            await second.jobs.open()
            carried = first.carried()
            carried.start()
            await asyncio.sleep(0.2)
            state = await first.jobs.adopt(carried, first.asked())
            first.kill()
            assert value(await second.ended(state.id)) == {"a": "a", "b": "b"}
            assert (len(a.asked), len(b.asked)) == (1, 2)

    run_virtual(main())


def test_an_adopted_run_that_is_cancelled_stops_and_a_run_that_was_stopped_is_a_cancelled_job() -> None:
    async def main() -> None:
        a, b = good("a", after=0.1), slow("b", 50.0)
        async with site(TWO, [a, b]) as here:
            worker = await here.worker()
            runs = [worker.carried(), worker.carried()]
            for carried in runs:
                carried.start()
            states = [await worker.jobs.adopt(carried, worker.asked()) for carried in runs]
            await asyncio.sleep(0.3)
            await worker.jobs.cancel(states[0].id, "")
            runs[1].cancel()
            assert (b.cancelled, b.open) == (2, 0)
            assert (await worker.ended(states[1].id)).status == "cancelled"

    run_virtual(main())


QUEUE = {"sinks": {"low": {"queue": "low", "graph": "predict", "concurrency": 2}}}


def test_a_queue_has_its_concurrency_over_all_workers_and_goes_on_when_one_dies() -> None:
    async def main() -> None:
        a = echo("a", after=1.0)
        a.timeout = 10.0
        async with site({"predict": "a"}, [a], **QUEUE) as here:
            workers = [await here.worker() for _ in range(3)]
            for worker in workers:
                await worker.jobs.open()
            jobs = [await workers[place % 3].submit(place, queue="low") for place in range(9)]
            most = 0
            for step in range(300):
                await asyncio.sleep(0.1)
                most = max(most, a.open)
                if step == 15:
                    holder = here.tables.queues["low"][0]
                    next(worker for worker in workers if worker.store.owner == holder).kill()
            assert most == 2
            assert {job.status for job in here.tables.jobs.values()} == {"succeeded"}
            assert len(here.tables.ends) == len(jobs)

    run_virtual(main())


def test_a_queue_begins_no_more_jobs_in_a_second_than_its_rate() -> None:
    async def main() -> None:
        moments: list[float] = []
        loop = asyncio.get_running_loop()
        a = FakePredictor("a", lambda _: moments.append(loop.time()), after=0.0)
        sinks = {"low": {"queue": "low", "graph": "predict", "rate": 5, "concurrency": 100}}
        async with site({"predict": "a"}, [a], sinks=sinks) as here:
            worker = await here.worker()
            await worker.jobs.open()
            for place in range(12):
                await worker.submit(place, queue="low")
            await asyncio.sleep(10.0)
            gaps = [later - earlier for earlier, later in pairwise(moments)]
            assert len(moments) == 12
            assert min(gaps) >= 0.19
            assert moments[-1] - moments[0] < 3.0

    run_virtual(main())


def test_a_job_in_a_queue_begins_at_once_where_nothing_stands_in_its_way() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a")], **QUEUE) as here:
            worker = await here.worker()
            await worker.jobs.open()
            await asyncio.sleep(1.2)
            await worker.submit(queue="low")
            await asyncio.sleep(0.05)
            assert len(here.tables.ends) == 1

    run_virtual(main())


def test_a_queue_that_is_configured_no_more_is_left_to_others() -> None:
    async def main() -> None:
        a = echo("a")
        async with site({"predict": "a"}, [a], **QUEUE) as here:
            worker = await here.worker()
            await worker.jobs.open()
            await asyncio.sleep(0.1)
            assert "low" in here.tables.queues
            await worker.jobs.change(here.config.model_copy(update={"sinks": {}}))
            assert here.tables.queues == {}
            await worker.submit(queue="low")
            await asyncio.sleep(5.0)
            assert a.asked == []

    run_virtual(main())


def test_a_job_that_cannot_run_any_more_fails_saying_what_is_gone() -> None:
    async def main() -> None:
        async with site({"predict": "b"}, [slow("b", 50.0)]) as here:
            first = await here.worker()
            state = await first.submit()
            await asyncio.sleep(0.5)
            first.kill()
            second = await here.worker()
            await second.jobs.change(here.config.model_copy(update={"predictors": {}, "graphs": {}}))
            ended = await second.ended(state.id)
            problem = msgspec.json.decode(ended.error or b"")
            assert (ended.status, problem["type"], problem["status"]) == ("failed", "urn:plait:problem:gone", 410)
            assert "the predictor b" in problem["detail"]

    run_virtual(main())


def test_a_store_that_nobody_asked_for_is_not_opened_until_there_are_jobs_of_others() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a")]) as here:
            here.tables.wanted = False
            worker = await here.worker()
            await asyncio.sleep(10.0)
            assert worker.store.calls == []
            with pytest.raises(PlaitError):
                await worker.jobs.find("0" * 32, "")
            assert worker.store.calls == []
            here.tables.wanted = True
            await asyncio.sleep(3.0)
            assert worker.store.opened == 1

    run_virtual(main())


def test_what_failed_while_its_worker_was_cut_off_is_asked_again_and_what_fails_otherwise_is_not() -> None:
    async def main() -> None:
        b = FakePredictor("b", "b", after=60.0, timeout=14.0)
        async with site({"predict": {"parallel": ["a", "b"]}}, [good("a"), b]) as here:
            worker = await here.worker()
            cut, whole = await worker.submit(1), await worker.submit(2)
            await asyncio.sleep(1.0)
            worker.store.down = True  # as if it had been stopped: its lease runs out, and then so does its time for b
            await asyncio.sleep(13.5)
            worker.store.down = False
            b._after = 0.0
            ended = [await worker.ended(job.id, 60.0) for job in (cut, whole)]
            assert [state.status for state in ended] == ["succeeded", "succeeded"]
            assert b.asked == [1, 2, 1, 2]
            b._after = 60.0
            failing = await worker.ended((await worker.submit(3)).id, 60.0)
            assert (failing.status, b.asked[4:]) == ("failed", [3])

    run_virtual(main())
