"""Asking a predictor, or running a graph as a node."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plait.clock import Clock
from plait.errors import BadAnswer, Excluded, InvalidRequest, PlaitError, Refused, TimedOut, Unreachable
from plait.nodes.ask import Ask, Receiver
from plait.testing import FakePredictor, run_graph, run_virtual
from plait.testing.fakes import FakeCall
from plait.types import DEFERRED, JOB, STREAM, SYNC, Context, Message, Run
from tests.nodes.fakes import broken, down, echo, good, silent

INNER = {"parallel": ["a", "b"]}


@pytest.mark.parametrize("node", ["a", {"predict": "a"}])
def test_a_name_and_its_long_form_ask_the_predictor(node: Any) -> None:
    run = run_graph({"predict": node}, [echo("a")], {"x": 1})
    assert run.value == ["a", {"x": 1}]
    assert run.answer is not None
    assert run.answer.complete
    (part,) = run.parts
    assert (part.key, part.node, part.predictor, part.status, part.code, part.attempts) == ("a", "predict", "a", "ok", 200, 1)
    assert part.output is run.answer


@pytest.mark.parametrize(
    ("predictor", "error", "status", "part"),
    [
        (broken("a"), BadAnswer, 502, "error"),
        (down("a"), Unreachable, 502, "unreachable"),
        (silent("a", timeout=0.3), TimedOut, 504, "timeout"),
        (FakePredictor("a", error=lambda: Refused("no", 422, b"{}")), Refused, 422, "error"),
    ],
)
def test_a_failure_has_its_status_its_part_and_names_node_and_predictor(
    predictor: FakePredictor, error: type[PlaitError], status: int, part: str
) -> None:
    run = run_graph({"predict": "a"}, [predictor])
    assert type(run.error) is error
    assert (run.error.status, run.error.node, run.error.predictor) == (status, "predict", "a")
    assert run.statuses == {"a": part}
    assert run.parts[0].error == run.error.detail


def test_a_predictor_has_its_own_timeout_within_the_graphs() -> None:
    run = run_graph({"predict": {"predict": "a", "timeout": "2s"}}, [silent("a", timeout=0.3)])
    assert 0.3 <= run.seconds < 0.32
    assert run.statuses == {"a": "timeout"}


@pytest.mark.parametrize(("priority", "until"), [(SYNC, 0.3), (STREAM, 0.3), (JOB, 600.0), (DEFERRED, 600.0)])
def test_a_predictor_may_let_what_jobs_ask_wait_for_as_long_as_the_job_has(priority: int, until: float) -> None:
    class Noted(FakePredictor):
        def ask(self, message: Message, run: Run, now: float, deadline: float, receiver: Receiver) -> FakeCall:
            deadlines.append(deadline - now)
            return super().ask(message, run, now, deadline, receiver)

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        run = Run(Message(b"{}"), Clock(loop, loop.time))
        run.priority = priority
        with pytest.raises(TimedOut):
            await Ask(Noted("a", after=None, timeout=0.3), "a", "a")(run.message, Context(run, run.clock.now() + 600.0))
        assert loop.time() < 0.31

    deadlines: list[float] = []
    run_virtual(ask())
    assert deadlines == [pytest.approx(until)]


def test_the_graphs_timeout_cuts_a_predictors() -> None:
    run = run_graph({"predict": {"predict": "a", "timeout": "300ms"}}, [silent("a")])
    assert 0.3 <= run.seconds < 0.32
    assert isinstance(run.error, TimedOut)


def test_no_call_begins_when_a_millisecond_is_left() -> None:
    predictor = good("a")
    run = run_graph({"predict": {"predict": "a", "timeout": "1ms"}}, [predictor])
    assert isinstance(run.error, TimedOut)
    assert predictor.asked == []
    assert [(part.status, part.attempts) for part in run.parts] == [("timeout", 0)]


def test_an_excluded_predictor_fails_its_node_with_503_and_nobody_is_asked() -> None:
    predictor = good("a")
    run = run_graph({"predict": {"sequence": [{"value": 1}, "a"]}}, [predictor], excluded=["a"])
    assert isinstance(run.error, Excluded)
    assert (run.error.status, run.error.node, run.error.predictor) == (503, "predict/a", "a")
    assert predictor.asked == []


def test_a_client_that_leaves_cancels_the_call() -> None:
    predictor = silent("a")
    run = run_graph({"predict": "a"}, [predictor], cancel_after=0.1)
    assert (run.answer, run.error, run.left, predictor.cancelled) == (None, None, 0, 1)
    assert run.statuses == {"a": "cancelled"}
    assert run.parts[0].seconds == pytest.approx(0.1)


# A graph as a node.


def test_a_graph_is_a_node_and_its_parts_have_its_name_before_theirs() -> None:
    run = run_graph({"predict": {"sequence": ["inner"]}, "inner": INNER}, [good("a"), good("b")])
    assert run.value == {"a": "a", "b": "b"}
    assert run.statuses == {"inner.a": "ok", "inner.b": "ok"}
    assert [part.node for part in run.parts] == ["predict/inner/a", "predict/inner/b"]


def test_parts_of_a_graph_in_a_graph_have_both_names() -> None:
    graphs = {"predict": {"predict": "middle", "name": "m"}, "middle": {"parallel": {"deep": "inner"}}, "inner": "a"}
    run = run_graph(graphs, [good("a")])
    assert run.statuses == {"m.deep.a": "ok"}
    assert run.parts[0].node == "predict/deep"


def test_a_name_means_the_predictor_rather_than_the_graph() -> None:
    run = run_graph({"predict": "a", "a": {"sequence": ["a", "b"]}}, [good("a"), good("b")], graph="a")
    assert run.value == "b"
    assert run_graph({"predict": "a", "a": "b"}, [good("a"), good("b")]).value == "a"


def test_request_is_what_the_graph_was_given_and_names_outside_are_unknown_within() -> None:
    graphs = {
        "predict": {"sequence": [{"value": 1, "name": "one"}, {"predict": "inner", "input": {"given": "${one}"}}]},
        "inner": {"sequence": [{"value": 2}, {"transform": "${request}"}]},
    }
    assert run_graph(graphs, [], {"outer": True}).value == {"given": 1}


def test_request_is_the_clients_again_after_the_graph() -> None:
    graphs = {"predict": {"sequence": ["inner", {"transform": ["${inner}", "${request}"]}]}, "inner": {"value": 2}}
    assert run_graph(graphs, [], "asked").value == [2, "asked"]


def test_the_graphs_timeout_holds_within_the_node() -> None:
    run = run_graph({"predict": "inner", "inner": {"predict": "a", "timeout": "200ms"}}, [silent("a")])
    assert 0.2 <= run.seconds < 0.22
    assert isinstance(run.error, TimedOut)
    assert run.error.node == "predict"


def test_a_graphs_timeout_never_widens_the_deadline_around_it() -> None:
    graphs = {"predict": {"predict": "inner", "timeout": "200ms"}, "inner": {"predict": "a", "timeout": "1m"}}
    assert run_graph(graphs, [silent("a")]).seconds < 0.22


def test_the_graphs_schema_holds_within_the_node_and_its_error_carries_the_nodes_path() -> None:
    inner = {"predict": "a", "schema": {"type": "object", "required": ["x"]}}
    graphs = {"predict": {"sequence": ["inner"]}, "inner": inner}
    assert run_graph(graphs, [echo("a")], {"x": 1}).value == ["a", {"x": 1}]
    predictor = echo("a")
    run = run_graph(graphs, [predictor], {"y": 1})
    assert isinstance(run.error, InvalidRequest)
    assert (run.error.status, run.error.node, run.error.pointer) == (422, "predict/inner", "")
    assert predictor.asked == []


def test_an_incomplete_graph_makes_the_answer_incomplete() -> None:
    graphs = {"predict": {"sequence": ["inner", "c"]}, "inner": {**INNER, "require": "any"}}
    run = run_graph(graphs, [good("a"), broken("b"), good("c")])
    assert run.answer is not None
    assert (run.value, run.answer.complete) == ("c", False)


# Keys of parts.


def test_further_parts_of_a_key_are_counted_in_the_order_of_the_file() -> None:
    graphs = {"predict": {"sequence": ["a", "b", "a", {"parallel": {"x": {"predict": "b", "name": "a"}, "b": "a"}}]}}
    run = run_graph(graphs, [good("a"), good("b")])
    assert [(part.key, part.predictor) for part in run.parts] == [("a", "a"), ("b", "b"), ("a.2", "a"), ("a.3", "b"), ("b.2", "a")]


def test_a_graph_used_twice_counts_its_parts() -> None:
    run = run_graph({"predict": {"sequence": ["inner", "inner"]}, "inner": "a"}, [good("a")])
    assert [part.key for part in run.parts] == ["inner.a", "inner.a.2"]
    assert [part.node for part in run.parts] == ["predict/inner", "predict/inner.2"]


@pytest.mark.parametrize(
    ("node", "key"),
    [
        ("a", "a"),
        ({"predict": "a", "name": "n"}, "n"),
        ({"parallel": ["a"]}, "a"),
        ({"parallel": {"branch": "a"}}, "branch"),
        ({"parallel": {"branch": {"predict": "a", "name": "n"}}}, "n"),
        ({"parallel": {"branch": {"sequence": ["a"]}}}, "a"),
    ],
)
def test_a_parts_key_is_the_nodes_name_else_its_branch_else_the_predictors(node: Any, key: str) -> None:
    assert list(run_graph({"predict": node}, [good("a")]).statuses) == [key]
