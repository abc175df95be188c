"""A call that goes on without its client: who listens hears everything once, in order, and nothing after the end."""

from __future__ import annotations

import asyncio
from typing import Any

from plait.background import Background
from plait.clock import Clock
from plait.errors import PlaitError
from plait.graph.compile import compile_graph
from plait.graph.spec import Config
from plait.jobs.carried import Carried
from plait.testing import FakePredictor, run_virtual
from plait.types import Message, Run
from tests.nodes.fakes import broken, good


def carried(graph: Any, predictors: list[FakePredictor], job: str = "") -> Carried:
    loop = asyncio.get_running_loop()
    entries = {fake.name: {"url": "http://127.0.0.1:1"} for fake in predictors}
    config = Config.model_validate({"predictors": entries, "graphs": {"predict": graph}})
    call = compile_graph(config, "predict", {fake.name: fake for fake in predictors}, Background()).call
    run = Run(Message.of(1), Clock(loop, loop.time), b"test")
    run.job = job
    return Carried(call, run, 10.0)


class Ear:
    def __init__(self, of: Carried) -> None:
        self.heard: list[str] = []
        self.leave = of.listen(lambda part: self.heard.append(part.key), lambda: self.heard.append("over"))


def test_all_who_listen_hear_each_part_from_then_on_and_the_end_once() -> None:
    async def main() -> None:
        call = carried({"parallel": ["a", "b"]}, [good("a", after=0.1), good("b", after=0.3)])
        first, gone = Ear(call), Ear(call)
        call.start()
        await asyncio.sleep(0.2)
        later = Ear(call)
        gone.leave()
        await asyncio.sleep(0.2)
        assert (first.heard, later.heard, gone.heard) == (["a", "b", "over"], ["b", "over"], ["a"])
        assert Ear(call).heard == ["over"]
        assert isinstance(call.outcome, Message)
        assert [part.key for part in call.run.parts] == ["a", "b"]

    run_virtual(main())


def test_it_has_the_id_of_the_job_that_it_may_become_before_it_begins() -> None:
    async def main() -> None:
        first, second = carried("a", [good("a")]), carried("a", [good("a")])
        assert len(first.run.job) == 32
        assert first.run.job != second.run.job
        assert carried("a", [good("a")], job="5" * 32).run.job == "5" * 32

    run_virtual(main())


def test_one_that_is_cancelled_stops_its_calls_and_has_no_outcome() -> None:
    async def main() -> None:
        b = good("b", after=5.0)
        call = carried({"parallel": ["a", "b"]}, [good("a", after=0.1), b])
        ear = Ear(call)
        call.start()
        await asyncio.sleep(0.2)
        call.cancel()
        call.cancel()
        assert (ear.heard, call.outcome, call.over, b.cancelled) == (["a", "b", "over"], None, True, 1)

    run_virtual(main())


def test_one_that_is_cancelled_while_it_begins_stops_what_has_begun() -> None:
    async def main() -> None:
        a, b = FakePredictor("a", after=5.0), FakePredictor("b", after=5.0)
        call = carried({"parallel": ["c", "a", "b"], "require": "any"}, [good("c"), a, b])
        call.run.recalled = {}
        call.listen(lambda _: call.cancel(), lambda: None)
        call.start()
        await asyncio.sleep(1.0)
        assert (a.open, b.open) == (0, 0)

    run_virtual(main())


def test_a_failure_is_the_outcome_and_copies_that_end_later_are_nobodys() -> None:
    async def main() -> None:
        call = carried({"shadow": "b", "of": "a"}, [broken("a"), good("b", after=0.5)])
        ear = Ear(call)
        call.start()
        await asyncio.sleep(1.0)
        assert isinstance(call.outcome, PlaitError)
        assert ear.heard == ["a", "over"]

    run_virtual(main())
