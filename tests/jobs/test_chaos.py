"""Workers that are killed, stopped, cut off and drained at random: no job is lost, none is stuck, each ends once."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from typing import Any

import msgspec
import pytest

from plait.errors import PlaitError
from plait.jobs.records import CANCELLED, ENDED, SUCCEEDED
from plait.nodes.ask import Receiver
from plait.testing import FakePredictor, run_virtual
from plait.testing.fakes import FakeCall
from plait.types import Message, Run
from tests.jobs.workers import Site, Worker, site

JOBS = 60
GRAPHS = {
    "predict": {"sequence": [{"parallel": ["a", "b", "c"], "require": 2}, {"predict": "d", "name": "last"}], "timeout": "20s"},
    "pick": {"split": [{"weight": 1, "to": "a"}, {"weight": 1, "to": "b"}]},
}
SINKS = {"low": {"queue": "low", "graph": "pick", "concurrency": 3}}
SECONDS = {"a": 0.05, "b": 0.4, "c": 1.5, "d": 2.0}


class Witness(FakePredictor):
    """Answers after a while, and notes when the owner of a job asks for an answer that the store has."""

    def __init__(self, name: str, after: float, here: Site, wrong: list[tuple[str, str]]) -> None:
        super().__init__(name, name, after=after, timeout=10.0)
        self._here = here
        self._wrong = wrong
        self.worker: Worker | None = None

    def ask(self, message: Message, run: Run, now: float, deadline: float, receiver: Receiver) -> FakeCall:
        job = self._here.tables.jobs.get(run.job)
        known = {part.predictor for part in self._here.tables.parts.get(run.job, []) if part.output is not None}
        owner = None if self.worker is None else self.worker.store.owner
        held = None if self.worker is None else self.worker.jobs._working.runner.held.get(run.job)
        if job is not None and held is not None and (job.owner, job.fence) == (owner, held.job.fence) and self.name in known:
            self._wrong.append((run.job, self.name))
        return super().ask(message, run, now, deadline, receiver)


class Chaos:
    """What happens to workers, by a seed."""

    def __init__(self, here: Site, seed: int) -> None:
        self.here = here
        self.random = Random(seed)
        self.wrong: list[tuple[str, str]] = []
        self.taken: list[str] = []
        self.cancelled: set[str] = set()
        self.happened: Counter[str] = Counter()

    async def worker(self) -> Worker:
        """One more."""
        fakes = [Witness(name, after, self.here, self.wrong) for name, after in SECONDS.items()]
        self.here.predictors = fakes
        worker = await self.here.worker()
        for fake in fakes:
            fake.worker = worker
        return worker

    async def ask(self, workers: list[Worker]) -> None:
        """Jobs come in, and some are cancelled."""
        for _ in range(JOBS):
            await asyncio.sleep(self.random.uniform(0.0, 0.6))
            worker = self.random.choice(workers)
            how = self.random.choice(["submit", "submit", "adopt", "queue"])
            try:
                async with asyncio.timeout(3.0):
                    state = await getattr(self, how)(worker)
            except (PlaitError, TimeoutError):
                continue
            self.taken.append(state)
            if self.random.random() < 0.1:
                self.cancelled.add(state)
                try:
                    async with asyncio.timeout(3.0):
                        await self.random.choice(workers).jobs.cancel(state, "")
                except (PlaitError, TimeoutError):
                    continue

    async def submit(self, worker: Worker) -> str:
        return (await worker.submit(1)).id

    async def queue(self, worker: Worker) -> str:
        return (await worker.submit(1, "pick", queue="low")).id

    async def adopt(self, worker: Worker) -> str:
        carried = worker.carried(1)
        carried.start()
        await asyncio.sleep(self.random.choice([0.0, 0.05, 0.2]))
        try:
            return (await worker.jobs.adopt(carried, worker.asked(1))).id
        except BaseException:
            self.cancelled.add(carried.run.job)
            carried.cancel()
            raise

    async def harm(self, workers: list[Worker]) -> None:
        """Workers have accidents; one that ends has a successor."""
        while len(self.taken) < JOBS // 2 or self.random.random() < 0.9:
            await asyncio.sleep(self.random.uniform(0.2, 3.0))
            place = self.random.randrange(len(workers))
            what = self.random.choice(["kill", "stop", "down", "confuse", "drain"])
            self.happened[what] += 1
            worker = workers[place]
            if what == "confuse":
                worker.store.confused = True
            elif what == "kill":
                worker.kill()
                workers[place] = await self.worker()
            elif what == "drain":
                workers[place] = await self.worker()
                await worker.jobs.drain(self.random.choice([0.1, 3.0]))
            else:
                await self.pause(worker, what)
            if self.happened.total() > 60:
                return

    async def pause(self, worker: Worker, what: str) -> None:
        worker.store.down = what == "down"
        if what == "stop":
            worker.store.stop()
        await asyncio.sleep(self.random.choice([0.3, 4.0, 14.0]))
        worker.store.down = False
        worker.store.wake()


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 60))])
def test_whatever_happens_to_workers_each_job_ends_once_and_no_stored_answer_is_asked_for_again(
    seed: int,
) -> None:
    async def main() -> None:
        fakes = [FakePredictor(name) for name in SECONDS]
        async with site(GRAPHS, fakes, sinks=SINKS, jobs={"concurrency": 4}) as here:
            chaos = Chaos(here, seed)
            workers = [await chaos.worker() for _ in range(3)]
            async with asyncio.TaskGroup() as group:
                group.create_task(chaos.ask(workers))
                group.create_task(chaos.harm(workers))
            await asyncio.sleep(120.0)
            check(chaos, here)

    run_virtual(main())


def check(chaos: Chaos, here: Site) -> None:
    jobs = here.tables.jobs
    assert len(chaos.taken) > JOBS // 3
    assert set(chaos.taken) <= set(jobs)
    assert {job.id: job.status for job in jobs.values() if job.status not in ENDED} == {}
    assert Counter(job for job, _ in here.tables.ends) == Counter(list(jobs))
    assert chaos.wrong == []
    for job in jobs.values():
        assert job.status == SUCCEEDED or (job.status == CANCELLED and job.id in chaos.cancelled), job
        if job.status == SUCCEEDED:
            assert_answer(job.graph, msgspec.json.decode(job.result or b""))


def assert_answer(graph: str, value: Any) -> None:
    assert value in (["d"] if graph == "predict" else ["a", "b"])
