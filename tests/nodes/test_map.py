"""map: one node for every item of a list."""

from __future__ import annotations

import asyncio
import tracemalloc
from itertools import count as counting
from typing import Any

import pytest

from plait.background import Background
from plait.clock import Clock
from plait.errors import BadAnswer, ConfigError, ExpressionFailed, PlaitError, TimedOut, TooManyItems
from plait.graph.compile import compile_graph
from plait.graph.spec import Config
from plait.nodes.ask import Ask, Outcome, Receiver
from plait.nodes.drive import Driven
from plait.nodes.each import Plan
from plait.nodes.map import ForEach
from plait.testing import FakePredictor, GraphRun, run_graph
from plait.testing.fakes import FakeCall
from plait.types import Context, Message, Run, Sink, Started
from tests.nodes.fakes import broken, down, echo, good

ITEMS = {"items": [{"x": 1}, {"x": 2}, {"x": 3}]}


def mapped(do: Any, predictors: list[FakePredictor], request: Any = ITEMS, **options: Any) -> GraphRun:
    return run_graph({"predict": {"map": "input.items", "do": do, **options}}, predictors, request)


def odd_ones_fail(name: str) -> FakePredictor:
    """Fails for items whose x is odd."""

    class Picky(FakePredictor):
        def outcome(self, message: Any) -> Any:
            return down(name).outcome(message) if message.value["x"] % 2 else super().outcome(message)

    return Picky(name, lambda value: value["x"] * 10)


def test_every_item_is_the_input_of_one_call_and_the_answers_keep_their_order() -> None:
    slow_first = FakePredictor("a", lambda value: value["x"] * 10, after=0.0)
    run = mapped("a", [slow_first])
    assert run.value == [10, 20, 30]
    assert run.statuses == {"a.0": "ok", "a.1": "ok", "a.2": "ok"}
    assert slow_first.asked == ITEMS["items"]


def test_the_node_knows_its_item_and_index() -> None:
    run = mapped({"transform": {"n": "${index}", "x": "${item.x}", "whole": "${request.items[0].x}"}}, [])
    assert run.value == [{"n": place, "x": place + 1, "whole": 1} for place in range(3)]


def test_a_step_of_the_node_still_knows_the_item() -> None:
    run = mapped({"sequence": ["a", {"transform": ["${item.x}", "${a}"]}]}, [good("a")])
    assert run.value == [[1, "a"], [2, "a"], [3, "a"]]
    assert run.statuses == {"a.0": "ok", "a.1": "ok", "a.2": "ok"}


def test_no_more_items_than_allowed_are_under_way_at_once() -> None:
    most = 0

    class Counting(FakePredictor):
        def ask(self, *args: Any) -> Any:
            nonlocal most
            call = super().ask(*args)
            most = max(most, self.open)
            return call

    request = {"items": list(range(20))}
    run = mapped("a", [Counting("a", lambda value: value, after=0.1)], request, concurrency=4)
    assert run.value == list(range(20))
    assert most == 4
    assert run.seconds == pytest.approx(0.5, abs=0.01)
    sequence = {"sequence": ["a", {"transform": "${input}"}]}
    run = mapped(sequence, [Counting("a", lambda value: value, after=0.1)], request, concurrency=3)
    assert (run.value, most) == (list(range(20)), 4)


def test_no_call_begins_while_the_answer_to_another_is_read() -> None:
    begun: list[bool] = []

    class Reading(FakePredictor):
        reading = False

        def ask(self, message: Message, run: Run, now: float, deadline: float, receiver: Receiver) -> FakeCall:
            begun.append(self.reading)
            return super().ask(message, run, now, deadline, Between(self, receiver))

    class Between:
        def __init__(self, predictor: Reading, receiver: Receiver) -> None:
            self.predictor = predictor
            self.receiver = receiver

        def ended(self, outcome: Outcome, message: Message | None, error: PlaitError | None) -> None:
            self.predictor.reading = True
            self.receiver.ended(outcome, message, error)
            self.predictor.reading = False

    assert mapped("a", [Reading("a", 1)], {"items": list(range(9))}, concurrency=2).value == [1] * 9
    assert begun == [False] * 9


def test_an_empty_list_gives_an_empty_list() -> None:
    for require in ("all", "any", 2):
        run = mapped("a", [good("a")], {"items": []}, require=require)
        assert run.value == []
        assert run.parts == []


def test_one_failing_item_fails_all_where_all_are_required() -> None:
    run = mapped("a", [odd_ones_fail("a")], {"items": [{"x": 2}, {"x": 3}, {"x": 4}]}, concurrency=1)
    assert run.error is not None
    assert run.error.detail == "the connection was refused (item 1)"
    assert run.error.node == "predict/a"
    assert run.statuses == {"a.0": "ok", "a.1": "unreachable", "a.2": "cancelled"}
    assert run.left == 0


@pytest.mark.parametrize("require", ["any", 1])
def test_a_missing_item_is_null_where_it_is_not_required(require: Any) -> None:
    run = mapped("a", [odd_ones_fail("a")], require=require)
    assert run.value == [None, 20, None]
    assert run.answer is not None
    assert not run.answer.complete


def test_too_few_answers_fail_with_the_failure_that_decided_it() -> None:
    run = mapped("a", [odd_ones_fail("a")], require=2)
    assert run.error is not None
    assert run.error.code == "unreachable"
    assert run.error.detail.endswith("(item 2)")


def test_a_number_larger_than_the_list_is_all_of_it() -> None:
    assert mapped("a", [echo("a")], {"items": [1]}, require=5).value == [["a", 1]]
    assert mapped("a", [broken("a")], {"items": [1]}, require=5).error is not None


def test_an_optional_node_leaves_null_and_fails_nothing() -> None:
    run = mapped({"predict": "a", "optional": True}, [odd_ones_fail("a")])
    assert run.value == [None, 20, None]
    assert run.answer is not None
    assert not run.answer.complete


def test_an_item_that_need_not_run_is_null_and_not_counted() -> None:
    run = mapped({"predict": "a", "when": "item.x > 1.0"}, [echo("a")])
    assert run.value == [None, ["a", {"x": 2}], ["a", {"x": 3}]]
    assert run.statuses == {"a.0": "skipped", "a.1": "ok", "a.2": "ok"}
    assert run.answer is not None
    assert run.answer.complete
    assert mapped({"predict": "a", "when": "false"}, [echo("a")]).value == [None, None, None]
    for require in ("all", "any", 2):
        assert mapped({"predict": "a", "when": "false"}, [echo("a")], require=require).value == [None, None, None]
        assert mapped({"predict": "a", "when": "item.x > 2.0"}, [echo("a")], require=require).error is None
        assert isinstance(mapped({"predict": "a", "when": "item.x > 2.0"}, [broken("a")], require=require).error, BadAnswer)


@pytest.mark.parametrize("value", [{"items": {"a": 1}}, {"items": "abc"}, {"items": None}, {"items": 3}])
def test_what_is_no_list_is_refused(value: Any) -> None:
    run = mapped("a", [good("a")], value)
    assert isinstance(run.error, ExpressionFailed)
    assert (run.error.status, run.error.node) == (422, "predict")
    assert run.parts == []


@pytest.mark.parametrize(("count", "options"), [(1001, {}), (100_000, {}), (3, {"max_items": 2}), (5001, {"max_items": 5000})])
def test_a_list_that_is_too_long_is_refused(count: int, options: dict[str, int]) -> None:
    run = mapped("a", [good("a")], {"items": [0] * count}, **options)
    assert isinstance(run.error, TooManyItems)
    assert run.error.status == 422
    assert run.parts == []


async def test_nothing_is_made_of_a_list_that_is_too_long() -> None:
    message = Message(b"[" + b"0," * 1_000_000 + b"0]")
    ctx = Context(Run(message, Clock(asyncio.get_running_loop())), 9.0)
    ask = Ask(good("a"), "a", "a")
    each = ForEach(lambda _ctx, given, _output: given, 1000, Plan(ask.start, 16, "all", "predict", optional=False, asks=(ask,)))
    with pytest.raises(TooManyItems):
        await each(message, ctx)
    tracemalloc.start()
    with pytest.raises(TooManyItems):
        await each(message, ctx)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("options", [{}, {"max_items": 3}, {"max_items": 5000}])
def test_what_is_in_the_items_does_not_count(options: dict[str, int]) -> None:
    items = [[0] * 2000, {"x,": ["a,b", ","]}, []]
    assert mapped({"transform": "${item}"}, [], {"items": items}, **options).value == items


def test_a_thousand_items_that_fail_at_once_do_not_pile_up() -> None:
    run = mapped("a", [down("a")], {"items": [0] * 1000}, require="any", timeout="1ms")
    assert run.error is not None
    assert run.left == 0


async def under_way(node: Any, request: Any, ticks: float) -> tuple[Message | PlaitError, Run, int]:
    """What a graph gives while each look at the clock takes some seconds; and how many turns the loop had for others meanwhile."""
    config = Config.model_validate({"predictors": {"a": {"url": "http://127.0.0.1:1"}}, "graphs": {"predict": node}})
    moments = counting()
    clock = Clock(asyncio.get_running_loop(), lambda: next(moments) * ticks)
    compiled = compile_graph(config, "predict", {"a": good("a")}, Background())
    message = Message.of(request)
    run = Run(message, clock)
    call = asyncio.get_running_loop().create_task(compiled.call(message, Context(run, clock.now() + compiled.timeout)))
    turns = 0
    while not call.done():
        await asyncio.sleep(0)
        turns += 1
    clock.close()
    failure = call.exception()
    return failure if isinstance(failure, PlaitError) else call.result(), run, turns


async def test_items_that_need_no_call_leave_the_loop_to_others_now_and_then() -> None:
    answer, _, turns = await under_way({"map": "input", "do": {"value": 1}}, [0] * 1000, ticks=0.0001)
    assert isinstance(answer, Message)
    assert answer.value == [1] * 1000
    assert turns > 50


async def test_items_that_need_no_call_have_little_time_beyond_the_deadline() -> None:
    rows = [[0] * 100] * 100
    failure, _, _ = await under_way(
        {"map": "input", "do": {"map": "item", "do": {"value": 1}}, "timeout": "100ms"}, rows, ticks=0.0005
    )
    assert isinstance(failure, TimedOut)
    assert "no time was left for" in failure.detail


async def test_items_that_never_began_for_want_of_time_are_told_and_missing() -> None:
    do = {"switch": [{"when": "item == 1.0", "then": "a"}, {"else": {"value": 5}}]}
    answer, run, _ = await under_way({"map": "input", "do": do, "timeout": "100ms", "require": "any"}, [0] * 1000, ticks=0.0005)
    assert isinstance(answer, Message)
    began = answer.value.count(5)
    assert began > 10
    assert answer.value == [5] * began + [None] * (1000 - began)
    assert not answer.complete
    assert [(part.key, part.status) for part in run.parts] == [(f"a.{place}", "timeout") for place in range(began, 1000)]


def test_items_that_have_no_time_left_are_not_asked() -> None:
    slow = FakePredictor("a", 1, after=0.03)
    run = mapped("a", [slow], {"items": [0] * 8}, concurrency=2, require="any", timeout="50ms")
    assert run.value == [1, 1, None, None, None, None, None, None]
    assert len(slow.asked) == 4
    assert [part.status for part in run.parts].count("timeout") == 6
    assert run.seconds == pytest.approx(0.055, abs=0.011)
    strict = mapped("a", [slow], {"items": [0] * 8}, concurrency=2, timeout="50ms")
    assert isinstance(strict.error, TimedOut)


def test_when_the_client_leaves_every_item_stops() -> None:
    graph = {"predict": {"map": "input", "do": {"sequence": ["a", "a"]}, "concurrency": 3}}
    run = run_graph(graph, [FakePredictor("a", 1, after=0.2)], list(range(10)), cancel_after=0.3)
    assert (run.answer, run.error, run.left) == (None, None, 0)


async def test_an_item_that_begins_while_the_client_leaves_is_stopped_too() -> None:
    class Leaving:
        """A call, its sink and its client in one: the client leaves while the second item begins."""

        def __init__(self) -> None:
            self.begun = self.cancelled = self.heard = 0
            self.run: Started | None = None

        def start(self, message: Message, ctx: Context, sink: Sink, index: int) -> Started:
            self.begun += 1
            if self.run is None:
                asyncio.get_running_loop().call_soon(sink.answered, index, message)
            else:
                self.run.cancel()
            return self

        def cancel(self) -> None:
            self.cancelled += 1

        def answered(self, index: int, message: Message) -> None:
            self.heard += 1

        def failed(self, index: int, error: PlaitError) -> None:
            self.heard += 1

    leaving = Leaving()
    each = ForEach(lambda _ctx, given, _output: given, 9, Plan(leaving.start, 1, "all", "predict", optional=False, asks=()))
    message = Message(b"[1,2,3]")
    clock = Clock(asyncio.get_running_loop())
    ctx = Context(Run(message, clock), clock.now() + 9.0)
    leaving.run = Driven(each).start(message, ctx, leaving)
    for _ in range(3):
        await asyncio.sleep(0)
    assert (leaving.begun, leaving.cancelled, leaving.heard) == (2, 1, 0)


def test_maps_within_maps_number_their_parts_from_the_outside_in() -> None:
    inner = {"map": "item", "do": "a"}
    run = run_graph({"predict": {"map": "input", "do": inner}}, [echo("a")], [[1, 2], [3]])
    assert run.value == [[["a", 1], ["a", 2]], [["a", 3]]]
    assert set(run.statuses) == {"a.0.0", "a.0.1", "a.1.0"}


def test_a_graph_in_a_map_has_the_item_as_its_request() -> None:
    graphs = {"predict": {"map": "input", "do": "each"}, "each": {"sequence": ["a", {"transform": ["${request.x}", "${input}"]}]}}
    run = run_graph(graphs, [good("a")], [{"x": 1}, {"x": 2}])
    assert run.value == [[1, "a"], [2, "a"]]
    assert set(run.statuses) == {"each.a.0", "each.a.1"}


def test_an_item_is_passed_on_byte_for_byte() -> None:
    run = run_graph({"predict": {"map": "input", "do": {"transform": "${item}"}}}, [], [1, 2])
    assert run.answer is not None
    assert run.answer.raw == b"[1,2]"


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"map": "input", "do": "a", "require": 2000}, "2000 items can never be answered where 1000 are the most"),
        ({"map": "item", "do": "a"}, "column 1: there is no item here"),
        ({"map": "input", "do": "b"}, "there is no predictor or graph b"),
        (
            {"sequence": [{"map": "input", "do": "a"}, "a"]},
            "its part would have the key of an item's: a is asked for each item of a map before",
        ),
        ({"map": "input", "do": {"transform": "${itme}"}}, "column 1: there is no itme here"),
    ],
)
def test_what_cannot_work_is_found_while_loading(node: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run_graph({"predict": node}, [good("a")])
    assert message in {problem.message for problem in caught.value.problems}


def test_keys_of_items_are_nobody_elses() -> None:
    steps = ["a", {"value": [1, 2, 3]}, {"map": "input", "do": "a"}, {"predict": "a", "name": "last"}]
    run = run_graph({"predict": {"sequence": steps}}, [echo("a")])
    assert run.error is None
    assert set(run.statuses) == {"a", "a.2.0", "a.2.1", "a.2.2", "last"}
