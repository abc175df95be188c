"""cache: answers kept for a while, and one call for all who ask the same at once."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from plait.background import Background
from plait.clock import Clock
from plait.errors import ConfigError, PlaitError
from plait.events import Part
from plait.graph.check import check
from plait.graph.compile import Compiled, compile_graph
from plait.graph.spec import Config
from plait.nodes.store import Kept, Store
from plait.testing import FakePredictor, run_graph, run_virtual
from plait.types import Context, Message, Run
from tests.nodes.fakes import broken, echo, good, silent

MINUTE = {"cache": {"ttl": "1m"}}


class Served:
    """A graph that is asked more than once."""

    def __init__(self, compiled: Compiled, clock: Clock) -> None:
        self.compiled = compiled
        self.clock = clock

    async def ask(self, value: Any, headers: Mapping[bytes, bytes] | None = None, within: float = 2.0) -> tuple[Any, list[Part]]:
        """The answer, or the error, and the parts."""
        message = Message.of(value)
        run = Run(message, self.clock, b"test", headers)
        try:
            answer = await self.compiled.call(message, Context(run, self.clock.now() + within))
        except PlaitError as exc:
            return exc, run.parts
        return answer.value, run.parts


def serving(
    node: Any, predictors: list[FakePredictor], main: Callable[[Served], Awaitable[None]], more: dict[str, Any] | None = None
) -> None:
    """Compile a graph, and run `main` with it under a virtual clock."""
    entries = {fake.name: {"url": "http://127.0.0.1:1", "forward_headers": ["X-User"]} for fake in predictors}
    config = Config.model_validate({"predictors": entries, "graphs": {"predict": node, **(more or {})}})
    assert check(config) == []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        clock = Clock(loop, loop.time)
        background = Background()
        compiled = compile_graph(config, "predict", {fake.name: fake for fake in predictors}, background)
        await main(Served(compiled, clock))
        await background.close()
        clock.close()
        assert len(asyncio.all_tasks()) == 1
        assert sum(fake.open for fake in predictors) == 0

    run_virtual(run())


def statuses(parts: list[Part]) -> list[tuple[str, str, int]]:
    return [(part.key, part.status, part.attempts) for part in parts]


def test_the_same_input_is_asked_once_until_its_time_is_up() -> None:
    fake = echo("a", after=0.1)

    async def main(graph: Served) -> None:
        first = await graph.ask({"x": 1})
        again = await graph.ask({"x": 1})
        other = await graph.ask({"x": 2})
        assert (first[0], again[0], other[0]) == (["a", {"x": 1}], ["a", {"x": 1}], ["a", {"x": 2}])
        assert (statuses(first[1]), statuses(again[1])) == ([("a", "ok", 1)], [("a", "ok", 0)])
        assert again[1][0].seconds == 0.0
        assert again[1][0].output is not None
        assert again[1][0].output.value == first[0]
        assert len(fake.asked) == 2
        await asyncio.sleep(60.0)
        await graph.ask({"x": 1})
        assert len(fake.asked) == 3

    serving({"predict": "a", **MINUTE}, [fake], main)


def test_those_who_ask_the_same_at_once_share_one_call() -> None:
    fake = echo("a", after=0.1)

    async def main(graph: Served) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(graph.ask(1)) for _ in range(50)]
        assert [task.result()[0] for task in tasks] == [["a", 1]] * 50
        assert len(fake.asked) == 1
        assert sorted(statuses(task.result()[1])[0][2] for task in tasks) == [0] * 49 + [1]

    serving({"predict": "a", **MINUTE}, [fake], main)


def test_a_shared_failure_is_that_of_all_and_is_not_kept() -> None:
    fake = broken("a", after=0.1)

    async def main(graph: Served) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(graph.ask(1)) for _ in range(3)]
        assert {task.result()[0].code for task in tasks} == {"bad-answer"}
        assert {part.status for task in tasks for part in task.result()[1]} == {"error"}
        assert len(fake.asked) == 1
        await graph.ask(1)
        assert len(fake.asked) == 2

    serving({"predict": "a", **MINUTE}, [fake], main)


def test_an_incomplete_answer_is_not_kept() -> None:
    fakes = [good("a"), broken("b")]

    async def main(graph: Served) -> None:
        for _ in range(2):
            assert (await graph.ask(1))[0] == {"a": "a"}
        assert len(fakes[0].asked) == 2

    serving({"parallel": ["a", "b"], "require": "any", **MINUTE}, fakes, main)


def test_one_deadline_is_not_anothers() -> None:
    fake = echo("a", after=0.3)

    async def main(graph: Served) -> None:
        async with asyncio.TaskGroup() as group:
            hasty = group.create_task(graph.ask(1, within=0.1))
            await asyncio.sleep(0.05)
            patient = group.create_task(graph.ask(1))
            await asyncio.sleep(0.3)
            late = group.create_task(graph.ask(1, within=0.02))
        assert hasty.result()[0].code == "timeout"
        assert statuses(hasty.result()[1]) == [("a", "timeout", 1)]
        assert patient.result()[0] == ["a", 1]
        assert late.result()[0].code == "timeout"
        assert statuses(late.result()[1]) == [("a", "timeout", 0)]
        assert len(fake.asked) == 2

    serving({"predict": "a", **MINUTE}, [fake], main)


def test_a_timeout_within_is_that_of_all_who_wait() -> None:
    fake = silent("a", timeout=0.1)

    async def main(graph: Served) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(graph.ask(1, within=2.0 + more)) for more in range(5)]
        assert {task.result()[0].code for task in tasks} == {"timeout"}
        assert graph.clock.now() == pytest.approx(0.1, abs=0.01)
        assert len(fake.asked) == 1

    serving({"predict": "a", **MINUTE}, [fake], main)


def test_who_comes_while_a_call_is_being_stopped_has_one_of_its_own() -> None:
    fake = echo("a", after=0.5)

    async def main(graph: Served) -> None:
        leaving = asyncio.get_running_loop().create_task(graph.ask(1))
        await asyncio.sleep(0.1)
        leaving.cancel()
        for _ in range(5):
            coming = asyncio.get_running_loop().create_task(graph.ask(1, within=1.0))
            await asyncio.sleep(0)
            coming.cancel()
        assert (await graph.ask(1, within=1.0))[0] == ["a", 1]

    serving({"predict": "a", **MINUTE}, [fake], main)


@pytest.mark.slow
def test_what_was_found_in_an_answer_is_not_kept_with_it() -> None:
    fake = FakePredictor("a", lambda value: [value + place + 0.5 for place in range(5000)])

    async def main(graph: Served) -> None:
        await graph.ask(0)
        tracemalloc.start()
        for question in range(1, 21):
            await graph.ask(question)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert kept < 20 * (2 * 5000 * len("1000.5,") + 20_000)  # the answer's JSON and the part's

    serving({"parallel": ["a"], "merge": {"mean": "output"}, **MINUTE}, [fake], main)


def test_who_leaves_while_another_asks_has_parts_that_say_so() -> None:
    async def main(graph: Served) -> None:
        assert statuses((await graph.ask(2))[1]) == [("y", "error", 1), ("x", "cancelled", 1)]

    async def both(graph: Served) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(graph.ask([1, 1]))]
        assert sorted(statuses(tasks[0].result()[1])) == [("x.0", "cancelled", 0), ("x.1", "cancelled", 0), ("y", "error", 1)]

    slow = {"predict": "a", "name": "x", **MINUTE}
    serving({"parallel": {"x": slow, "y": "b"}}, [echo("a", after=0.5), broken("b", after=0.1)], main)
    graph = {"parallel": {"m": {"map": "input", "do": slow}, "y": "b"}}
    serving(graph, [echo("a", after=0.5), broken("b", after=0.1)], both)


def test_who_asked_first_and_leaves_has_its_part_at_once_and_once() -> None:
    fake = echo("a", after=0.5)

    async def main(graph: Served) -> None:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(graph.ask({"b": True, "x": 1}))
            await asyncio.sleep(0.05)
            second = group.create_task(graph.ask({"b": False, "x": 1}))
        assert (first.result()[0], second.result()[0]) == ("b", ["a", 1])
        assert statuses(first.result()[1]) == [("b", "ok", 1), ("a", "cancelled", 0)]
        assert statuses(second.result()[1]) == [("b", "skipped", 0), ("a", "ok", 0)]
        assert len(fake.asked) == 1

    branches = [{"predict": "a", "input": "${input.x}", **MINUTE}, {"predict": "b", "when": "request.b == true"}]
    serving({"parallel": branches, "merge": "first"}, [fake, good("b", after=0.1)], main)


def test_a_loser_has_its_part_when_the_answer_is_told() -> None:
    known: list[tuple[str, str, int]] = []

    class Told:
        def __init__(self, run: Run) -> None:
            self.run = run

        def answered(self, index: int, message: Message) -> None:
            known.extend(statuses(self.run.parts))

        def failed(self, index: int, error: PlaitError) -> None:
            known.extend(statuses(self.run.parts))

    async def main(graph: Served) -> None:
        run = Run(Message(b"1"), graph.clock)
        graph.compiled.call.start(run.message, Context(run, graph.clock.now() + 2.0), Told(run))
        await asyncio.sleep(0.2)

    serving({"parallel": [{"predict": "a", **MINUTE}, "b"]}, [echo("a", after=0.5), broken("b", after=0.1)], main)
    assert known == [("b", "error", 1), ("a", "cancelled", 1)]


def test_whoever_asks_as_the_last_one_leaves_gets_a_call_of_its_own() -> None:
    fake = echo("a", after=0.3)

    async def main(graph: Served) -> None:
        loop = asyncio.get_running_loop()
        leaving = loop.create_task(graph.ask(1))
        await asyncio.sleep(0.1)
        leaving.cancel()
        await asyncio.sleep(0)
        assert (await graph.ask(1, within=0.5))[0] == ["a", 1]
        assert (len(fake.asked), fake.cancelled) == (2, 1)

    serving({"predict": "a", **MINUTE}, [fake], main)


def test_each_who_waits_for_a_call_that_fails_has_a_failure_of_its_own() -> None:
    async def main(graph: Served) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(graph.ask([1, 1])) for _ in range(2)]
        details = {task.result()[0].detail for task in tasks}
        assert details == {"it answered with status 500 (item 1)"}
        assert tasks[0].result()[0] is not tasks[1].result()[0]

    serving({"map": "input", "do": {"predict": "a", **MINUTE}, "require": "any"}, [broken("a", after=0.1)], main)


def test_a_call_goes_on_while_anybody_waits_and_stops_when_nobody_does() -> None:
    fake = echo("a", after=0.5)

    async def main(graph: Served) -> None:
        tasks = [asyncio.get_running_loop().create_task(graph.ask(1)) for _ in range(3)]
        await asyncio.sleep(0.1)
        tasks[0].cancel()
        tasks[1].cancel()
        assert (await tasks[2])[0] == ["a", 1]
        assert fake.cancelled == 0
        leaving = asyncio.get_running_loop().create_task(graph.ask(2))
        await asyncio.sleep(0.1)
        leaving.cancel()
        await asyncio.wait([leaving])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert fake.cancelled == 1

    serving({"predict": "a", **MINUTE}, [fake], main)


def test_what_a_predictor_may_see_of_the_client_tells_calls_apart() -> None:
    fake = echo("a")

    async def main(graph: Served) -> None:
        await graph.ask(1, {b"x-user": b"1"})
        await graph.ask(1, {b"x-user": b"2"})
        await graph.ask(1, {b"x-user": b"2", b"user-agent": b"curl"})
        await graph.ask(1)
        assert len(fake.asked) == 3

    serving({"predict": "a", **MINUTE}, [fake], main)


def test_what_the_node_looks_at_besides_its_input_tells_calls_apart() -> None:
    fake = echo("a")
    inner = {"sequence": ["a", {"transform": ["${input}", "${request.y}"]}], **MINUTE}
    node = {"sequence": [{"transform": {"x": "${input.x}"}}, inner]}

    async def main(graph: Served) -> None:
        one = await graph.ask({"x": 1, "y": 1})
        two = await graph.ask({"x": 1, "y": 2})
        assert (one[0][1], two[0][1]) == (1, 2)
        assert (await graph.ask({"x": 1, "y": 2}))[0] == two[0]
        assert len(fake.asked) == 2

    serving(node, [fake], main)


def test_a_key_of_ones_own_stands_for_the_input() -> None:
    fake = echo("a")

    async def main(graph: Served) -> None:
        assert (await graph.ask({"id": 1, "noise": 1}))[0] == (await graph.ask({"id": 1, "noise": 2}))[0]
        await graph.ask({"id": 2, "noise": 1})
        await graph.ask({"id": 2, "noise": 1}, {b"x-user": b"1"})
        assert len(fake.asked) == 3

    serving({"predict": "a", "cache": {"ttl": "1m", "key": "input.id"}}, [fake], main)


def test_header_fields_that_a_cached_graph_looks_at_tell_calls_apart() -> None:
    node = {"sequence": [{"predict": "outer", **MINUTE}]}
    graphs = {"outer": {"predict": "inner"}, "inner": {"transform": "${headers['x-user']}"}}

    async def main(graph: Served) -> None:
        assert [(await graph.ask(1, {b"x-user": user}))[0] for user in (b"ann", b"ben")] == ["ann", "ben"]

    serving(node, [], main, graphs)


@pytest.mark.parametrize("node", [{"python": "tests.nodes.functions:user", **MINUTE}, {"predict": "inner", **MINUTE}])
def test_all_that_a_function_may_look_at_tells_calls_apart(node: dict[str, Any]) -> None:
    async def main(graph: Served) -> None:
        assert [(await graph.ask(1, {b"x-user": user}))[0] for user in (b"ann", b"ben")] == ["ann", "ben"]

    serving(node, [], main, {"inner": {"python": "tests.nodes.functions:user"}})


def test_a_key_of_ones_own_stands_for_what_a_function_looks_at() -> None:
    node = {"python": "tests.nodes.functions:user", "cache": {"ttl": "1m", "key": "input"}}

    async def main(graph: Served) -> None:
        assert [(await graph.ask(1, {b"x-user": user}))[0] for user in (b"ann", b"ben")] == ["ann", "ann"]

    serving(node, [], main)


def test_a_graph_that_is_cached_looks_at_its_own_request_only() -> None:
    fake = echo("a")
    inner = {"sequence": ["a", {"transform": "${request.x}"}]}
    node = {"sequence": [{"transform": {"x": "${input.x}"}}, {"predict": "inner", **MINUTE}]}

    async def main(graph: Served) -> None:
        await graph.ask({"x": 1, "noise": 1})
        await graph.ask({"x": 1, "noise": 2})
        assert len(fake.asked) == 1

    serving(node, [fake], main, {"inner": inner})


def test_items_of_a_map_share_answers_and_have_parts_of_their_own() -> None:
    fake = echo("a", after=0.1)

    async def main(graph: Served) -> None:
        answer, parts = await graph.ask([7, 8, 7])
        assert answer == [["a", 7], ["a", 8], ["a", 7]]
        assert sorted(statuses(parts)) == [("a.0", "ok", 1), ("a.1", "ok", 1), ("a.2", "ok", 0)]
        assert (await graph.ask([8]))[1][0].key == "a.0"

    serving({"map": "input", "do": {"predict": "a", **MINUTE}}, [fake], main)


def test_a_node_that_did_not_run_is_not_kept() -> None:
    fake = good("a")
    node = {"sequence": [{"sequence": [{"predict": "a", "when": "request.go == true"}], "cache": {"ttl": "1m", "key": "1.0"}}]}

    async def main(graph: Served) -> None:
        assert (await graph.ask({"go": True}))[0] == "a"
        assert len(fake.asked) == 1

    serving(node, [fake], main)


def kept(size: int, until: float = 10.0) -> Kept:
    return Kept(b"x" * (size - 1024), (), until)


def test_a_store_lets_go_of_what_was_not_asked_for_longest() -> None:
    store = Store(10_000)
    for key in (b"1", b"2", b"3"):
        store.put(key, kept(3000))
    assert store.get(b"1", 0.0) is not None
    store.put(b"4", kept(3000))
    assert [store.get(key, 0.0) is not None for key in (b"1", b"2", b"3", b"4")] == [True, False, True, True]
    assert store.size == 9000
    store.put(b"1", kept(2000))
    assert store.size == 8000
    store.put(b"5", kept(10_001))
    assert (store.get(b"5", 0.0), store.size) == (None, 8000)
    assert store.get(b"3", 10.0) is None
    assert store.size == 5000


def test_a_million_different_questions_leave_memory_bounded() -> None:
    store = Store(1 << 20)
    for number in range(5000):
        store.put(str(number).encode(), kept(1100 + number % 7))
        assert store.size <= 1 << 20


@pytest.mark.parametrize(
    ("cache", "message"),
    [
        ({"ttl": "1m", "key": "nothing.x"}, "there is no predictor"),
        ({}, "ttl"),
        ({"ttl": 5}, "needs its unit"),
        ({"ttl": "1m", "k": 1}, "k"),
    ],
)
def test_a_cache_that_cannot_work_is_found_while_loading(cache: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, ValueError)) as caught:
        run_graph({"predict": {"predict": "a", "cache": cache}}, [good("a")])
    assert message in str(caught.value) or "there is no nothing here" in str(caught.value)
