"""Jobs from being asked for to their end, in one worker."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from plait.errors import NotFound
from plait.events import Part
from plait.jobs.errors import Full, KeyReused, NotInstalled, NotYetDurable, StoreDown
from plait.jobs.jobs import Jobs, Place
from plait.testing import FakePredictor, run_virtual
from plait.types import DEFERRED, JOB
from tests.jobs.workers import Worker, site
from tests.nodes.fakes import broken, echo, good

THREE = {"predict": {"parallel": ["a", "b"], "require": "any"}}


def value(state: Any) -> Any:
    return msgspec.json.decode(state.result)


def test_a_job_is_durable_before_it_is_acknowledged_and_then_runs_to_its_end() -> None:
    async def main() -> None:
        async with site(THREE, [good("a", after=0.1), broken("b", after=0.2)]) as here:
            worker = await here.worker()
            state = await worker.submit({"x": 1})
            assert (state.status, state.parts, state.result) == ("queued", {}, None)
            assert here.tables.jobs[state.id].input == b'{"x":1}'
            ended = await worker.ended(state.id)
            assert (ended.status, value(ended), ended.complete) == ("succeeded", {"a": "a"}, False)
            assert {key: (part.status, part.code, part.error) for key, part in ended.parts.items()} == {
                "a": ("ok", 200, None),
                "b": ("error", 500, "it answered with status 500"),
            }
            assert here.tables.ends == [(state.id, worker.store.owner)]

    run_virtual(main())


def test_a_job_that_fails_has_the_problem() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [broken("a")]) as here:
            worker = await here.worker()
            ended = await worker.ended((await worker.submit()).id)
            problem = msgspec.json.decode(ended.error or b"")
            assert (ended.status, problem["status"], problem["request_id"]) == ("failed", 502, "test")
            assert problem["type"] == "urn:plait:problem:bad-answer"

    run_virtual(main())


def test_each_part_is_written_as_it_arrives_and_the_last_one_with_the_end() -> None:
    async def main() -> None:
        async with site({"predict": {"parallel": ["a", "b"]}}, [good("a", after=0.1), good("b", after=0.5)]) as here:
            worker = await here.worker()
            state = await worker.submit()
            await asyncio.sleep(0.3)
            now = await worker.jobs.find(state.id, "")
            assert (now.status, list(now.parts)) == ("running", ["a"])
            assert now.parts["a"].output == msgspec.Raw(b'"a"')
            assert list((await worker.ended(state.id)).parts) == ["a", "b"]
            written = [call for call in worker.store.calls if call in ("begin", "part", "finish")]
            assert written == ["part", "finish"]  # that it runs was written when it was taken in

    run_virtual(main())


def test_so_many_run_at_once_and_the_more_urgent_go_first_then_who_came_first() -> None:
    async def main() -> None:
        a = echo("a", after=1.0)
        async with site({"predict": "a"}, [a], jobs={"concurrency": 2}) as here:
            worker = await here.worker()
            await worker.jobs.open()
            for place in range(2):
                await worker.submit(place)
            await asyncio.sleep(0.5)
            last = [await worker.submit(f"low {place}", priority=DEFERRED) for place in range(2)]
            await worker.submit("high", priority=JOB)
            assert a.asked == [0, 1]
            for state in last:
                await worker.ended(state.id)
            assert a.asked[2:] == ["high", "low 0", "low 1"]

    run_virtual(main())


def test_more_than_can_run_soon_are_left_to_whoever_has_room() -> None:
    async def main() -> None:
        a = echo("a", after=1.0)
        async with site({"predict": "a"}, [a], jobs={"concurrency": 2}) as here:
            first, second = await here.worker(), await here.worker()
            await second.jobs.open()
            jobs = [await first.submit(place) for place in range(8)]
            ended = [await first.ended(state.id) for state in jobs]
            assert sorted(map(value, ended)) == [["a", place] for place in range(8)]
            assert {owner for _, owner in here.tables.ends} == {first.store.owner, second.store.owner}
            assert len(here.tables.ends) == 8
            assert asyncio.get_running_loop().time() < 5.0

    run_virtual(main())


def test_a_job_takes_no_longer_than_jobs_may_whatever_its_graph_says() -> None:
    async def main() -> None:
        slow = FakePredictor("a", after=None, timeout=900.0)
        async with site({"predict": {"predict": "a", "timeout": "1s"}}, [slow], jobs={"timeout": "5s"}) as here:
            worker = await here.worker()
            ended = await worker.ended((await worker.submit()).id)
            assert ended.status == "failed"

        later = FakePredictor("a", "late", after=30.0, timeout=900.0)
        async with site({"predict": {"parallel": ["a"]}}, [later], jobs={"timeout": "40s"}) as here:
            worker = await here.worker()
            ended = await worker.ended((await worker.submit()).id)
            assert value(ended) == {"a": "late"}

        async with site({"predict": "a"}, [slow], jobs={"timeout": "5s"}) as here:
            worker = await here.worker()
            began = asyncio.get_running_loop().time()
            ended = await worker.ended((await worker.submit()).id)
            assert msgspec.json.decode(ended.error or b"")["status"] == 504
            assert asyncio.get_running_loop().time() - began == pytest.approx(5.0, abs=0.1)

    run_virtual(main())


def test_the_same_key_is_the_same_job_and_another_body_is_refused() -> None:
    async def main() -> None:
        a = echo("a", after=0.1)
        async with site({"predict": "a"}, [a]) as here:
            worker = await here.worker()
            first = await worker.submit(1, key="k")
            assert (await worker.submit(1, key="k")).id == first.id
            with pytest.raises(KeyReused):
                await worker.submit(2, key="k")
            await worker.ended(first.id)
            again = await worker.submit(1, key="k")
            assert (again.id, again.status) == (first.id, "succeeded")
            assert (await worker.submit(1, key="k", client="other")).id != first.id

    run_virtual(main())


def test_while_the_first_of_a_key_is_not_durable_the_second_is_told_to_wait() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a")]) as here:
            worker = await here.worker()
            await worker.jobs.open()
            loop = asyncio.get_running_loop()
            first = loop.create_task(worker.submit(1, key="k"))
            await asyncio.sleep(0)
            with pytest.raises(NotYetDurable):
                await worker.submit(1, key="k")
            state = await first
            assert (await worker.submit(1, key="k")).id == state.id

    run_virtual(main())


def test_there_are_no_more_unfinished_jobs_of_a_graph_than_may_be() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a", after=1.0)], jobs={"most": 2}) as here:
            worker = await here.worker()
            for _ in range(2):
                await worker.submit()
            with pytest.raises(Full):
                await worker.submit()

    run_virtual(main())


def test_without_the_packages_that_jobs_need_it_is_said_how_to_get_them() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a")]) as here:
            worker = await here.worker()
            jobs = Jobs(Place(worker.store, lambda: True, installed=False), worker.reviving, worker.clock, worker.told.extend)
            await jobs.change(here.config)
            carried = worker.carried()
            for ask in (jobs.submit(worker.asked()), jobs.adopt(carried, worker.asked()), jobs.find("0" * 32, "")):
                with pytest.raises(NotInstalled, match="pip install 'plait") as caught:
                    await ask
                assert caught.value.status == 501
            await jobs.close()
            assert not worker.store.closed

    run_virtual(main())


def test_a_job_that_is_tried_again_is_told_of_again() -> None:
    async def main() -> None:
        a = broken("a")
        async with site({"predict": "a"}, [a]) as here:
            worker = await here.worker()
            state = await worker.submit(notify="pager")
            await worker.ended(state.id)
            await worker.jobs.retry(state.id)
            await worker.ended(state.id)
            assert len({each.id for each in worker.told}) == len(worker.told) == 2

    run_virtual(main())


def test_a_store_that_is_down_takes_no_job_and_no_run() -> None:
    async def main() -> None:
        a = good("a", after=0.2)
        async with site({"predict": "a"}, [a]) as here:
            worker = await here.worker()
            await worker.jobs.open()
            worker.store.down = True
            with pytest.raises(StoreDown) as caught:
                await worker.submit()
            assert caught.value.status == 503
            carried = worker.carried()
            carried.start()
            with pytest.raises(StoreDown):
                await worker.jobs.adopt(carried, worker.asked())
            await asyncio.sleep(0.3)
            assert carried.outcome is not None
            assert len(a.asked) == 1

    run_virtual(main())


def test_a_store_that_is_down_for_a_while_delays_the_end_and_loses_nothing() -> None:
    async def main() -> None:
        a, b = good("a", after=0.1), good("b", after=0.5)
        async with site({"predict": {"parallel": ["a", "b"]}}, [a, b]) as here:
            worker = await here.worker()
            state = await worker.submit()
            await asyncio.sleep(0.05)
            worker.store.down = True
            await asyncio.sleep(5.0)
            assert here.tables.jobs[state.id].status == "running"
            worker.store.down = False
            ended = await worker.ended(state.id)
            assert (value(ended), set(ended.parts)) == ({"a": "a", "b": "b"}, {"a", "b"})
            assert (len(a.asked), len(b.asked)) == (1, 1)

    run_virtual(main())


@pytest.mark.parametrize("write", ["add", "claim"])
def test_a_job_of_which_nobody_knows_whether_it_was_written_is_not_stuck(write: str) -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a")]) as here:
            worker = await here.worker()
            await worker.jobs.open()
            await asyncio.sleep(0.1)
            if write == "add":
                worker.store.confused = True
                with pytest.raises(StoreDown):
                    await worker.submit()
            else:
                await worker.submit()
                job = next(iter(here.tables.jobs.values()))
                await worker.ended(job.id)
                here.tables.jobs[job.id] = msgspec.structs.replace(job, status="queued", owner=None)
                worker.jobs._working.more()
                worker.store.confused = True
            await asyncio.sleep(10.0)
            assert [job.status for job in here.tables.jobs.values()] == ["succeeded"]

    run_virtual(main())


def test_a_client_that_leaves_while_its_job_is_taken_in_leaves_no_job_that_nobody_runs() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a")]) as here:
            worker = await here.worker()
            await worker.jobs.open()
            asking = asyncio.get_running_loop().create_task(worker.submit())
            await asyncio.sleep(0.001)
            asking.cancel()
            await asyncio.sleep(1.0)
            assert [job.status for job in here.tables.jobs.values()] == ["succeeded"]

    run_virtual(main())


def test_unknown_malformed_and_foreign_ids_are_not_found_all_the_same() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a")]) as here:
            worker = await here.worker()
            state = await worker.submit(client="ann")
            told = set()
            for job, client in (("0" * 32, "ann"), ("nope", "ann"), ("A" * 32, "ann"), (state.id, "bob"), (state.id, "")):
                for ask in (worker.jobs.find(job, client), worker.jobs.cancel(job, client), worker.jobs.wait(job, client, 1.0)):
                    with pytest.raises(NotFound) as caught:
                        await ask
                    told.add(str(caught.value))
                with pytest.raises(NotFound):
                    await anext(aiter(worker.jobs.events(job, client)))
            assert told == {"there is no such job"}
            assert (await worker.jobs.find(state.id, "ann")).id == state.id

    run_virtual(main())


def test_waiting_ends_with_the_job_or_with_the_time() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a", after=0.5)]) as here:
            first, second = await here.worker(), await here.worker()
            state = await first.submit()
            loop = asyncio.get_running_loop()
            for worker in (first, second):
                began = loop.time()
                assert (await worker.jobs.wait(state.id, "", 0.1)).status == "running"
                assert loop.time() - began < 0.15
            for worker in (first, second):
                assert (await worker.jobs.wait(state.id, "", 30.0)).status == "succeeded"
            assert loop.time() < 1.0

    run_virtual(main())


def test_the_finished_job_goes_to_its_sink_once_with_the_write_that_ended_it() -> None:
    async def main() -> None:
        async with site({"predict": "a"}, [good("a", after=0.1)]) as here:
            worker = await here.worker()
            state = await worker.submit(notify="pager")
            await worker.ended(state.id)
            assert [each.id for each in worker.told] == list(here.tables.outbox) == [f"{state.id}/ended/1"]
            event = msgspec.json.decode(worker.told[0].payload)
            assert (event["type"], event["sink"], event["job"], event["status"]) == ("job", "pager", state.id, "succeeded")
            assert (event["result"], event["parts"]["a"]["output"], event["graph"]) == ("a", "a", "predict")
            assert "endpoint" not in event["parts"]["a"]

    run_virtual(main())


def test_a_job_that_waited_too_long_has_failed_and_its_sink_hears_of_it() -> None:
    async def main() -> None:
        slow = FakePredictor("a", "a", after=90.0, timeout=100.0)
        async with site({"predict": "a"}, [slow], jobs={"concurrency": 1, "expire": "20s"}) as here:
            worker = await here.worker()
            await worker.submit()
            late = await worker.submit(notify="pager")
            ended = await worker.ended(late.id, 100.0)
            assert (ended.status, bytes(ended.error or b"")) == ("failed", b'{"title":"Expired"}')
            assert [each.sink for each in worker.told] == ["pager"]

    run_virtual(main())


async def heard(worker: Worker, job: str) -> list[str]:
    return [event.key if isinstance(event, Part) else event.status async for event in worker.jobs.events(job, "")]


def test_events_begin_with_the_first_part_and_end_with_the_job_wherever_it_runs() -> None:
    async def main() -> None:
        predictors = [good("a", after=0.1), good("b", after=0.5), good("c", after=1.0)]
        async with site({"predict": {"parallel": ["a", "b", "c"]}}, predictors) as here:
            first, second = await here.worker(), await here.worker()
            state = await first.submit()
            loop = asyncio.get_running_loop()
            tasks = [loop.create_task(heard(first, state.id)), loop.create_task(heard(second, state.id))]
            await asyncio.sleep(0.7)
            tasks += [loop.create_task(heard(first, state.id)), loop.create_task(heard(second, state.id))]
            for task in tasks:
                assert await task == ["a", "b", "c", "succeeded"]
            assert await heard(first, state.id) == ["a", "b", "c", "succeeded"]
            assert loop.time() < 1.5

    run_virtual(main())


def test_a_job_is_cancelled_from_anywhere_and_its_calls_stop() -> None:
    async def main() -> None:
        for place in range(2):
            a, b = good("a", after=0.1), good("b", after=50.0)
            b.timeout = 60.0
            async with site({"predict": {"parallel": ["a", "b"]}}, [a, b]) as here:
                workers = [await here.worker(), await here.worker()]
                state = await workers[0].submit()
                await asyncio.sleep(0.5)
                told = await workers[place].jobs.cancel(state.id, "")
                assert (told.status, list(told.parts)) == ("cancelled", ["a"])
                await asyncio.sleep(1.2)
                assert b.cancelled == 1
                assert here.tables.jobs[state.id].status == "cancelled"
                assert [part.key for part in here.tables.parts[state.id]] == ["a"]
                again = await workers[0].jobs.cancel(state.id, "")
                assert again.status == "cancelled"
                assert len(here.tables.ends) == 1

    run_virtual(main())


def test_a_queued_job_that_is_cancelled_never_begins() -> None:
    async def main() -> None:
        a = echo("a", after=0.5)
        async with site({"predict": "a"}, [a], jobs={"concurrency": 1}) as here:
            worker = await here.worker()
            first = await worker.submit(1)
            second = await worker.submit(2)
            await worker.jobs.cancel(second.id, "")
            await worker.ended(first.id)
            await asyncio.sleep(3.0)
            assert a.asked == [1]

    run_virtual(main())


def test_a_failed_job_that_is_tried_again_asks_only_what_had_no_answer() -> None:
    async def main() -> None:
        a, b = good("a", after=0.1), broken("b", after=0.2)
        async with site({"predict": {"parallel": ["a", "b"]}}, [a, b]) as here:
            worker = await here.worker()
            state = await worker.submit()
            assert (await worker.ended(state.id)).status == "failed"
            b._error, b._answer = None, "b"
            assert (await worker.jobs.retry(state.id)).status == "queued"
            ended = await worker.ended(state.id)
            assert (ended.status, value(ended)) == ("succeeded", {"a": "a", "b": "b"})
            assert (len(a.asked), len(b.asked)) == (1, 2)

    run_virtual(main())


def test_the_sink_of_a_job_hears_once_that_it_was_cancelled() -> None:
    async def main() -> None:
        async with site({"predict": {"parallel": ["a", "b"]}}, [good("a", after=0.1), good("b", after=50.0)]) as here:
            worker = await here.worker()
            state = await worker.submit(notify="pager")
            await asyncio.sleep(0.5)
            for _ in range(2):
                assert (await worker.jobs.cancel(state.id, "")).status == "cancelled"
            (message,) = worker.told
            said = msgspec.json.decode(message.payload)
            assert (said["status"], said["job"], list(said["parts"])) == ("cancelled", state.id, ["a"])
            assert list(here.tables.outbox) == [message.id]

    run_virtual(main())
