"""The machinery of a parallel: nobody needs a task, and what happens when things go wrong inside."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from plait.clock import Clock
from plait.errors import BadAnswer, Internal, PlaitError
from plait.nodes.ask import Ask
from plait.nodes.decided import Decided
from plait.nodes.fanout import Branch, FanOut, fan_out
from plait.nodes.merges.whole import whole
from plait.nodes.options import Within
from plait.nodes.requirement import Requirement
from plait.nodes.subgraph import Subgraph
from plait.testing import FakePredictor, run_virtual
from plait.types import Call, Context, Leaf, Message, Run

ONE = Message(b"1")


def joined(*calls: Call, require: str = "all") -> FanOut:
    labels = tuple(f"b{place}" for place in range(len(calls)))
    return fan_out(list(map(Branch, labels, calls)), whole("by_name", labels), Requirement.of(require, labels), "here")


def context(seconds: float = 9.0) -> Context:
    loop = asyncio.get_running_loop()
    clock = Clock(loop, loop.time)
    return Context(Run(ONE, clock), clock.now() + seconds)


def leaf(after: float | None = 0.0) -> Leaf:
    return Ask(FakePredictor("p", 1, after=after), "p", "p")


class Slow:
    """A call that takes its time to answer."""

    def __init__(self, after: float, error: BaseException | None = None) -> None:
        self.after = after
        self.error = error
        self.stopped = False

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        try:
            await asyncio.sleep(self.after)
        except asyncio.CancelledError:
            self.stopped = True
            raise
        if self.error is not None:
            raise self.error
        return ONE


def play(scene: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        result = await scene()
        assert len(asyncio.all_tasks()) == 1, "something was left running"
        return result

    return run_virtual(main())


def test_a_parallel_of_leaves_is_a_leaf_and_needs_no_task() -> None:
    async def scene() -> None:
        within, inside = Decided(Within(leaf(), 1.0)), Decided(Subgraph(leaf(), 1.0, None, "x"))
        call = joined(leaf(0.1), joined(leaf(0.2), leaf(0.1)), within, inside)
        assert isinstance(call, Leaf)

        class Heard:
            answer: Message | None = None

            def answered(self, index: int, message: Message) -> None:
                self.answer = message

            def failed(self, index: int, error: PlaitError) -> None:
                raise error

        heard = Heard()
        call.start(ONE, context(), heard, 7)
        assert len(asyncio.all_tasks()) == 1
        await asyncio.sleep(0.3)
        assert heard.answer is not None
        assert heard.answer.raw == b'{"b0":1,"b1":{"b0":1,"b1":1},"b2":1,"b3":1}'

    play(scene)


def test_a_branch_that_is_no_leaf_needs_no_task_either() -> None:
    async def scene() -> Message:
        task = asyncio.get_running_loop().create_task(joined(leaf(0.1), Slow(0.1))(ONE, context()))
        await asyncio.sleep(0.05)
        assert len(asyncio.all_tasks()) == 2
        return await task

    assert play(scene).raw == b'{"b0":1,"b1":1}'


def test_a_loser_is_stopped_at_once() -> None:
    slow = Slow(9.0)

    async def scene() -> float:
        with pytest.raises(BadAnswer):
            await joined(slow, Slow(0.1, error=BadAnswer("no")))(ONE, context())
        return asyncio.get_running_loop().time()

    assert play(scene) == pytest.approx(0.1)
    assert slow.stopped


class AtOnce:
    """A call that has ended before whoever starts it goes on."""

    def __init__(self, error: PlaitError | None = None) -> None:
        self.error = error

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        if self.error is not None:
            raise self.error
        return ONE


class Known:
    """A sink that looks at what is known of each part when it hears of the end."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.parts: list[tuple[str, str]] = []

    def answered(self, index: int, message: Message) -> None:
        self.parts += [(part.key, part.status) for part in self.run.parts]

    def failed(self, index: int, error: PlaitError) -> None:
        self.parts += [(part.key, part.status) for part in self.run.parts]


@pytest.mark.parametrize(("merge", "decides"), [("first", AtOnce()), ("by_name", AtOnce(BadAnswer("no")))])
def test_branches_that_never_begin_have_parts_when_the_end_is_told(merge: str, decides: Call) -> None:
    async def scene() -> None:
        one, two = (Ask(FakePredictor(key, 1, after=None), key, key) for key in ("one", "two"))
        branches = [Branch("one", one, asks=(one,)), Branch("x", decides), Branch("two", two, asks=(two,))]
        labels = ("one", "x", "two")
        call = fan_out(branches, whole(merge, labels), Requirement.of("any" if merge == "first" else "all", labels), "here")
        ctx = context()
        known = Known(ctx.run)
        call.start(ONE, ctx, known).cancel()
        assert known.parts == [("one", "cancelled"), ("two", "cancelled")]
        assert len(ctx.run.parts) == 2

    play(scene)


def test_a_fault_inside_a_branch_is_an_internal_error_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        with pytest.raises(Internal) as caught:
            await joined(leaf(9.0), Slow(0.1, error=ZeroDivisionError("secret")))(ONE, context())
        assert "secret" not in caught.value.detail

    with caplog.at_level(logging.ERROR, "plait"):
        play(scene)
    assert "ZeroDivisionError" in caplog.text


class Faulty:
    """A merge with a bug of its own, where it takes an answer or where it joins them."""

    fastest = False

    def __init__(self, where: str) -> None:
        self._where = where

    def take(self, ctx: Context, given: Message, output: Message) -> bytes:
        if self._where == "take":
            raise ZeroDivisionError("secret")
        return output.raw

    def join(self, taken: object) -> bytes:
        raise ZeroDivisionError("secret")


@pytest.mark.parametrize("where", ["take", "join"])
def test_a_fault_inside_a_merge_is_an_internal_error_and_is_logged(where: str, caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        requirement = Requirement.of("all", ("a", "b"))
        with pytest.raises(Internal) as caught:
            await fan_out([Branch("a", leaf(0.1)), Branch("b", leaf(0.2))], Faulty(where), requirement, "predict")(ONE, context())
        assert "secret" not in caught.value.detail

    with caplog.at_level(logging.ERROR, "plait"):
        play(scene)
    assert "ZeroDivisionError" in caplog.text


def test_a_branch_that_somebody_else_stops_has_failed() -> None:
    async def scene() -> Message:
        return await joined(leaf(0.2), Slow(0.1, error=asyncio.CancelledError()), require="any")(ONE, context())

    answer = play(scene)
    assert (answer.raw, answer.complete) == (b'{"b0":1}', False)


@pytest.mark.parametrize(
    ("require", "labels", "failures", "lost"),
    [
        ("all", "abc", [1], True),
        ("any", "abc", [0, 1], False),
        ("any", "abc", [0, 1, 2], True),
        (2, "abc", [0], False),
        (2, "abc", [0, 2], True),
        (3, "ab", [0], True),
        (("b",), "abc", [0, 2], False),
        (("b",), "abc", [1], True),
        (("a", "c"), "abc", [1], False),
    ],
)
def test_a_requirement_knows_when_it_is_lost(require: Any, labels: str, failures: list[int], lost: bool) -> None:  # noqa: FBT001
    requirement = Requirement.of(require, tuple(labels))
    verdicts = [requirement.lost(place, count) for count, place in enumerate(failures, 1)]
    assert verdicts == [False] * (len(failures) - 1) + [lost]
