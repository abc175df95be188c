"""What a worker counts of jobs."""

from __future__ import annotations

import asyncio

from plait.counts import JobCounts
from plait.testing import FakePredictor, run_virtual
from tests.jobs.workers import site
from tests.nodes.fakes import broken, good


def slow(name: str, after: float) -> FakePredictor:
    return FakePredictor(name, name, after=after, timeout=100.0)


def test_jobs_are_counted_when_they_are_taken_in_and_when_they_end_a_repeat_of_one_is_none() -> None:
    async def main() -> None:
        graphs = {"predict": "a", "other": "b"}
        async with site(graphs, [good("a", after=0.1), broken("b", after=0.1)]) as here:
            worker = await here.worker()
            jobs = [await worker.submit(key="k"), await worker.submit(), await worker.submit(graph="other")]
            await worker.submit(key="k")
            for job in jobs:
                await worker.ended(job.id)
            facts = worker.counts.facts()
            assert facts["submitted"] == {"predict": 2, "other": 1}
            assert facts["ended"] == {"predict": {"succeeded": 2}, "other": {"failed": 1}}

    run_virtual(main())


def test_a_job_is_cancelled_once_and_one_that_has_ended_is_not() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [slow("a", 5.0)]) as here:
            first, second = await here.worker(), await here.worker()
            job, done = await first.submit(), await first.submit()
            for worker in (second, first, second):
                await worker.jobs.cancel(job.id, "")
            await first.ended(done.id)
            await first.jobs.cancel(done.id, "")
            assert second.counts.facts()["ended"] == {"predict": {"cancelled": 1}}
            assert first.counts.facts()["ended"] == {"predict": {"succeeded": 1}}

    run_virtual(main())


def test_a_job_that_has_waited_too_long_has_failed() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [slow("a", 90.0)], jobs={"concurrency": 1, "expire": "20s"}) as here:
            worker = await here.worker()
            await worker.submit()
            late = await worker.submit()
            await worker.ended(late.id, 80.0)
            assert worker.counts.facts()["ended"] == {"predict": {"failed": 1}}

    run_virtual(main())


def test_a_run_that_becomes_a_job_was_taken_in() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a", after=1.0)]) as here:
            worker = await here.worker()
            carried = worker.carried()
            carried.run.job = "0" * 32
            carried.start()
            await worker.ended((await worker.jobs.adopt(carried, worker.asked())).id)
            facts = worker.counts.facts()
            assert (facts["submitted"], facts["ended"]) == ({"predict": 1}, {"predict": {"succeeded": 1}})
            assert facts["taken_over"] == 0

    run_virtual(main())


def test_a_job_of_a_process_that_died_is_taken_over_and_one_that_was_left_is_not() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [slow("a", 30.0)]) as here:
            first, second, third = await here.worker(), await here.worker(), await here.worker()
            for worker in (second, third):
                await worker.jobs.open()
            job = await first.submit()
            await asyncio.sleep(1.0)
            first.kill()
            await asyncio.sleep(25.0)
            (owner,) = (worker for worker in (second, third) if job.id in worker.jobs._working.runner.held)
            (other,) = {second, third} - {owner}
            await owner.jobs.drain(0.0)
            await other.ended(job.id)
            assert [worker.counts.taken_over for worker in (first, owner, other)] == [0, 1, 0]
            assert other.counts.facts()["ended"] == {"predict": {"succeeded": 1}}

    run_virtual(main())


def test_counts_of_graphs_that_are_no_more_are_kept_up_to_a_bound() -> None:
    counts = JobCounts()
    for number in range(20):
        counts.submitted(f"g{number}")
        counts.ended(f"g{number}", "failed")
    counts.keep(["g0", "g19"], most=5)
    facts = counts.facts()
    assert list(facts["submitted"]) == list(facts["ended"]) == ["g0", "g16", "g17", "g18", "g19"]
