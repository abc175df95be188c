"""Calls whose end is known from before: they end so again, and nobody is asked; and draws that are the same again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from plait.background import Background
from plait.clock import Clock
from plait.errors import BadAnswer, PlaitError, TimedOut, Unreachable
from plait.events import Part
from plait.graph.compile import compile_graph
from plait.graph.spec import Config
from plait.nodes.draws import drawn_for
from plait.testing import FakePredictor, GraphRun, run_virtual
from plait.types import Context, Message, Recalled, Run
from tests.nodes.fakes import broken, good, silent

JOB = "5f" * 16


def run_again(
    graph: Any, predictors: list[FakePredictor], recalled: Mapping[str, Recalled] | None, job: str = JOB, request: Any = None
) -> GraphRun:
    """Run a graph as a job, of which some is known."""
    entries = {fake.name: {"url": "http://127.0.0.1:1"} for fake in predictors}
    config = Config.model_validate({"predictors": entries, "graphs": {"predict": graph}})
    background = Background()
    call = compile_graph(config, "predict", {fake.name: fake for fake in predictors}, background).call

    async def main() -> GraphRun:
        loop = asyncio.get_running_loop()
        clock = Clock(loop, loop.time)
        run = Run(Message.of(request), clock, b"test")
        run.job, run.recalled = job, recalled
        answer = error = None
        try:
            answer = await call(run.message, Context(run, 2.0))
        except PlaitError as exc:
            error = exc
        seconds = clock.now()
        await background.idle()
        return GraphRun(answer, error, run.parts, seconds, sum(fake.open for fake in predictors))

    return run_virtual(main())


def ended(key: str, status: str = "ok", output: Any = None, error: PlaitError | None = None, item: str = "") -> Recalled:
    message = Message.of(output) if status == "ok" else None
    return Recalled(Part(key, f"predict/{key}", key, status, 0.25, 200, 2, "there:1", "", message, item), error)


def test_an_answer_that_is_known_is_given_again_and_nobody_is_asked() -> None:
    a, b = good("a"), good("b")
    run = run_again({"parallel": ["a", "b"]}, [a, b], {"a": ended("a", output={"kept": 1})})
    assert run.value == {"a": {"kept": 1}, "b": "b"}
    assert (a.asked, len(b.asked)) == ([], 1)
    assert next((part.key, part.seconds, part.attempts) for part in run.parts) == ("a", 0.25, 2)


def test_a_failure_that_is_known_is_raised_again() -> None:
    a = good("a")
    error = Unreachable("the connection was refused").at("predict")
    run = run_again("a", [a], {"a": ended("a", "unreachable", error=error)})
    assert run.error is not None
    assert run.error is not error
    assert (run.error.code, run.error.detail, run.error.node) == ("unreachable", "the connection was refused", "predict")
    assert a.asked == []


def test_a_loser_that_is_known_is_not_asked_and_the_winner_wins_again() -> None:
    a, b = good("a"), good("b")
    run = run_again({"parallel": ["a", "b"], "merge": "first"}, [a, b], {"a": ended("a", "cancelled"), "b": ended("b", output=2)})
    assert (run.value, a.asked, b.asked) == (2, [], [])
    assert run.statuses == {"a": "cancelled", "b": "ok"}
    assert run.seconds == 0


def test_a_loser_that_is_needed_after_all_has_no_answer_in_its_time() -> None:
    a = FakePredictor("a", timeout=0.5)
    run = run_again({"fallback": ["a", {"value": "instead"}]}, [a], {"a": ended("a", "cancelled")})
    assert (run.value, a.asked) == ("instead", [])
    assert 0.5 <= run.seconds <= 0.51


def test_items_of_a_map_are_known_by_their_place() -> None:
    a = good("a")
    graph = {"map": "input", "do": "a"}
    run = run_again(graph, [a], {"a.1": ended("a.1", output="kept", item=".1")}, request=[0, 1, 2])
    assert run.value == ["a", "kept", "a"]
    assert (a.asked, sorted(run.statuses)) == ([0, 2], ["a.0", "a.1", "a.2"])


def test_a_node_that_caches_gives_others_nothing_that_is_only_known_from_before() -> None:
    graph = {"predict": "a", "cache": {"ttl": "1m"}}
    a = good("a")
    entries = {"a": {"url": "http://127.0.0.1:1"}}
    config = Config.model_validate({"predictors": entries, "graphs": {"predict": graph}})
    call = compile_graph(config, "predict", {"a": a}, Background()).call

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        clock = Clock(loop, loop.time)
        found = []
        for recalled in ({"a": ended("a", output="old")}, None):
            run = Run(Message.of(1), clock, b"test")
            run.recalled = recalled
            found.append((await call(run.message, Context(run, 2.0))).value)
        return found

    assert run_virtual(main()) == ["old", "a"]


def test_parts_of_what_may_be_a_job_say_why_they_failed_and_hold_nobody() -> None:
    run = run_again("a", [broken("a")], None)
    failure = run.parts[0].failure
    assert isinstance(failure, BadAnswer)
    assert failure.__traceback__ is None
    assert failure is not run.error
    assert isinstance(run_again("a", [silent("a", timeout=0.1)], None).parts[0].failure, TimedOut)
    assert run_again("a", [broken("a")], None, job="").parts[0].failure is None


def test_a_job_draws_the_same_whenever_it_runs() -> None:
    graph = {"map": "input", "do": {"split": [{"weight": 1, "to": "a"}, {"weight": 1, "to": "b"}]}}
    ways = [run_again(graph, [good("a"), good("b")], None, request=list(range(40))).value for _ in range(2)]
    assert ways[0] == ways[1]
    assert set(ways[0]) == {"a", "b"}
    other = run_again(graph, [good("a"), good("b")], None, job="60" * 16, request=list(range(40))).value
    assert other != ways[0]


def test_a_job_is_shadowed_or_not_whenever_it_runs() -> None:
    graph = {"map": "input", "do": {"shadow": "b", "of": "a", "sample": "30%"}}
    copies = []
    for _ in range(2):
        b = good("b")
        run_again(graph, [good("a"), b], None, request=list(range(40)))
        copies.append(sorted(b.asked))
    assert copies[0] == copies[1]
    assert 1 <= len(copies[0]) <= 30


def test_draws_of_jobs_are_spread_by_job_node_and_item() -> None:
    drawn = [drawn_for(f"{job:032x}", path, item) for job in range(50) for path in ("p", "p/a") for item in ("", ".0", ".1")]
    assert len(set(drawn)) == len(drawn)
    counts = Counter(int(draw * 4) for draw in drawn)
    assert all(40 <= counts[quarter] <= 110 for quarter in range(4))
