"""python: functions as nodes and as merges."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from plait.background import Background
from plait.clock import Clock
from plait.errors import CodeFailed, ConfigError, InvalidRequest, NodeError, Overloaded, PlaitError, TimedOut
from plait.graph.compile import compile_graph
from plait.graph.spec import Config
from plait.nodes import code
from plait.testing import GraphRun, run_graph
from plait.types import Context, Message, Run
from tests.nodes import functions
from tests.nodes.fakes import broken, good, silent

HERE = "tests.nodes.functions"


def calling(function: str, request: Any = 1, **options: Any) -> GraphRun:
    return run_graph({"predict": {"python": f"{HERE}:{function}", **options}}, [], request)


async def in_real_time(node: Any, request: Any = 1) -> PlaitError:
    """The failure of a graph on an ordinary loop: virtual time would stand still for a thread that hangs."""
    config = Config.model_validate({"graphs": {"predict": node}})
    clock = Clock(asyncio.get_running_loop())
    background = Background()
    compiled = compile_graph(config, "predict", {}, background)
    message = Message.of(request)
    with pytest.raises(PlaitError) as caught:
        await compiled.call(message, Context(Run(message, clock), clock.now() + compiled.timeout))
    await background.close()
    clock.close()
    return caught.value


@pytest.fixture
def released() -> Iterator[None]:
    functions.hanging.clear()
    yield
    functions.hanging.set()


@pytest.mark.parametrize(("function", "answer"), [("double", 42), ("add_one", 22), ("Holder.inner", [21, "test"])])
def test_a_node_answers_with_what_its_function_gives(function: str, answer: Any) -> None:
    run = calling(function, 21)
    assert run.value == answer
    assert run.parts == []


def test_a_plain_function_runs_in_a_thread() -> None:
    functions.threads.clear()
    calling("double")
    assert functions.threads != [threading.main_thread().name]


def test_the_context_tells_of_the_request_and_of_earlier_steps_without_credentials() -> None:
    graph = {"sequence": ["a", {"python": f"{HERE}:about"}]}
    run = run_graph({"predict": graph}, [good("a")], {"x": 1}, headers={b"x-user": b"7", b"authorization": b"Bearer s"})
    assert run.value == {"request": {"x": 1}, "headers": {"x-user": "7"}, "id": "test", "step": "a", "left": 2.0}


def test_a_function_may_change_what_it_was_given() -> None:
    graph = {"sequence": [{"python": f"{HERE}:spoil"}, {"transform": "${request}"}]}
    assert run_graph({"predict": graph}, [], {"x": 1}).value == {"x": 1}


def test_what_numpy_gives_is_json() -> None:
    assert calling("array").value == {"mean": 0.5, "data": [[1, 2], [3, 4]]}


FAILING = """
raises raises_later leaves leaves_later leaves_odd leaves_odd_later closes_later finds_nothing
no_json broken_text too_deep blames_the_proxy unknown_status no_text
""".split()


@pytest.mark.parametrize("function", FAILING)
def test_a_function_that_fails_is_a_502_and_its_traceback_is_in_the_log_only(
    function: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "plait"):
        run = calling(function)
    assert isinstance(run.error, CodeFailed)
    assert (run.error.status, run.error.node) == (502, "predict")
    assert "42" not in run.error.detail
    assert caplog.records[0].exc_info is not None
    assert function in caplog.text


def test_a_function_may_choose_the_error_itself() -> None:
    run = calling("refuses")
    assert isinstance(run.error, InvalidRequest)
    assert (run.error.status, run.error.detail, run.error.node) == (422, "too young", "predict")


@pytest.mark.parametrize("function", ["double", "same", "looks_back"])
def test_a_number_that_python_has_not_is_the_requests_fault_and_takes_no_place(function: str) -> None:
    nodes = [{"value": 1, "name": "a"}, {"map": "request", "do": {"python": f"{HERE}:{function}"}, "require": "any"}]
    items = [msgspec.Raw(b"1e999")] * (code.AT_ONCE + 1)
    run = run_graph({"predict": {"sequence": nodes}}, [], items)
    assert isinstance(run.error, NodeError)
    assert (run.error.status, run.error.code) == (422, "node-failed")
    assert "log" not in run.error.detail


def test_no_thread_left_is_an_overload_and_takes_no_place() -> None:
    before = threading.stack_size(1 << 46)  # more than any system gives
    try:
        run = calling("double")
    finally:
        threading.stack_size(before)
    assert isinstance(run.error, Overloaded)
    assert calling("double", 2).value == 4


@pytest.mark.parametrize("function", ["never", "stubborn"])
def test_the_deadline_holds_whatever_the_function_does(function: str) -> None:
    run = calling(function, timeout="100ms")
    assert isinstance(run.error, TimedOut)
    assert run.seconds == pytest.approx(0.105, abs=0.006)


def test_a_thread_that_hangs_is_left_behind(released: None) -> None:
    error = asyncio.run(in_real_time({"python": f"{HERE}:hangs", "timeout": "20ms"}))
    assert isinstance(error, TimedOut)
    assert error.status == 504


def test_a_function_is_not_begun_without_time_left() -> None:
    graph = {"sequence": [{"predict": "a", "on_error": "skip"}, {"python": f"{HERE}:double"}], "timeout": "50ms"}
    run = run_graph({"predict": graph}, [silent("a")], 1)
    assert isinstance(run.error, TimedOut)
    assert run.error.node == "predict/python"


def test_more_calls_than_there_may_be_are_refused(released: None) -> None:
    items = list(range(code.AT_ONCE + 1))
    do = {"python": f"{HERE}:hangs", "timeout": "5s"}
    error = asyncio.run(in_real_time({"map": "input", "do": do, "concurrency": len(items)}, items))
    assert isinstance(error, Overloaded)
    assert error.status == 503


@pytest.mark.parametrize(("function", "answer"), [("best", "b"), ("names", ["a", "b"])])
def test_a_merge_is_given_the_answers_by_branch(function: str, answer: Any) -> None:
    graph = {"parallel": ["a", "b"], "merge": {"python": f"{HERE}:{function}"}}
    assert run_graph({"predict": graph}, [good("a", 1), good("b", 2)]).value == answer


def test_a_merge_is_given_what_has_arrived_when_the_time_is_up() -> None:
    graph = {"parallel": ["a", "b", "c"], "merge": {"python": f"{HERE}:names"}, "require": "any", "timeout": "50ms"}
    run = run_graph({"predict": graph}, [good("a", 1), silent("b"), broken("c")])
    assert run.value == ["a"]
    assert run.answer is not None
    assert not run.answer.complete


def test_a_merge_of_nothing_is_not_called() -> None:
    graph = {"parallel": [{"predict": "a", "when": "false"}], "merge": {"python": f"{HERE}:raises"}}
    run = run_graph({"predict": graph}, [broken("a")])
    assert run.value is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HERE}:nothing", "cannot be imported: AttributeError"),
        ("no_such_module:f", "cannot be imported: ModuleNotFoundError"),
        (f"{HERE}:not_callable", "is no function"),
        (f"{HERE}:one_argument", "must take two arguments: its input and the context"),
    ],
)
@pytest.mark.parametrize("place", ["node", "merge"])
def test_a_function_that_is_none_is_found_while_loading(text: str, message: str, place: str) -> None:
    node: Any = {"python": text} if place == "node" else {"parallel": ["a"], "merge": {"python": text}}
    with pytest.raises(ConfigError) as caught:
        run_graph({"predict": node}, [good("a")])
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.path == ("graphs.predict.python" if place == "node" else "graphs.predict.merge.python")
