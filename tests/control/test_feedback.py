"""Answers are compared with the truth; a predictor that is right too seldom is excluded, or it is said why not."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.control.feedback import AUTHOR, Feedback, Window, same
from plait.errors import PlaitError
from plait.graph.spec import Config
from plait.spec.control import FeedbackSpec
from plait.testing.virtual import run_virtual

URL = "http://127.0.0.1:1"


def config(**feedback: Any) -> Config:
    spec = {"answer": "output.label", "window": 10, "least": 4, "exclude_below": "80%", **feedback}
    return Config.model_validate(
        {"predictors": {"a": {"url": URL, "feedback": spec}, "b": {"url": URL, "feedback": spec}, "c": {"url": URL}}}
    )


class Refusal(PlaitError):
    def __init__(self, status: int) -> None:
        super().__init__("the last branch cannot be excluded")
        self.status = status


class Desk:
    """Workers that remember, and a ledger that excludes, or refuses to."""

    def __init__(self, **feedback: Any) -> None:
        self.remembered: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.refusals: list[Refusal] = []
        self.told: list[tuple[str, str]] = []
        self.feedback = Feedback(self.answers, self.exclude, lambda name, facts: self.told.append((name, facts["state"])))
        self.config = config(**feedback)
        self.feedback.use(self.config)

    async def answers(self, request_id: str) -> dict[str, Any] | None:
        await asyncio.sleep(0)
        return self.remembered.get(request_id)

    async def exclude(self, name: str, /, *, author: str, reason: str) -> None:
        await asyncio.sleep(0)
        self.asked.append((name, author, reason))
        if self.refusals:
            raise self.refusals.pop(0)
        self.feedback.use(self.config, {name})

    async def truths(self, first: int, marks: str) -> None:
        """Requests from a number on, whose answers of predictor a are right (+) or wrong (-)."""
        for number, mark in enumerate(marks, first):
            self.remembered[f"r{number}"] = {"a": "cat"}
            await self.feedback.record(f"r{number}", "cat" if mark == "+" else "dog")

    def facts(self, name: str = "a") -> dict[str, Any]:
        return self.feedback.facts()[name]


def run(test: Coroutine[Any, Any, None]) -> None:
    run_virtual(test)


# Comparing.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_every_value_is_the_same_as_itself(value: Any) -> None:
    assert same(value, value)


@given(JSON, JSON)
def test_it_does_not_matter_which_one_is_the_truth(one: Any, other: Any) -> None:
    assert same(one, other) == same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (0.1 + 0.2, 0.3), ([1, {"a": 2.0}], [1.0, {"a": 2}]), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), (10**400, 10**400)],
)
def test_numbers_are_the_same_however_they_are_written(one: Any, other: Any) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (0, False), (0, None), ("1", 1), (0.3, 0.3000001), ([1], [1, 2]), ([1, 2], [2, 1]), ({"a": 1}, {"b": 1}),
     ("", None), (10**400, 1e300), (10**400, 10**400 + 1), ([], {})],
)  # fmt: skip
def test_other_values_are_not(one: Any, other: Any) -> None:
    assert not same(one, other)


# The window.


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=200), st.integers(1, 20))
def test_a_window_counts_the_latest_requests_each_once(records: list[tuple[int, bool]], size: int) -> None:
    window = Window(FeedbackSpec(answer="output", window=size))
    expected: dict[int, bool] = {}
    for number, right in records:
        window.record(f"r{number}", right=right)
        expected[number] = right
        if len(expected) > size:
            del expected[next(iter(expected))]
    assert (len(window), window.right) == (len(expected), sum(expected.values()))


# Truths.


def test_one_truth_is_compared_with_every_answer_that_is_known() -> None:
    async def test() -> None:
        desk = Desk()
        desk.remembered["r1"] = {"a": "cat", "b": "dog", "c": "cat", "gone": "cat"}
        assert await desk.feedback.record("r1", "cat") == {"a": True, "b": False}
        assert (desk.facts("a")["share"], desk.facts("b")["share"]) == (1.0, 0.0)

    run(test())


def test_or_each_predictor_has_a_truth_of_its_own() -> None:
    async def test() -> None:
        desk = Desk()
        desk.remembered["r1"] = {"a": "cat", "b": "dog"}
        assert await desk.feedback.record("r1", {"truths": {"b": "dog", "other": 1}}) == {"b": True}
        assert desk.facts("a")["answers"] == 0

    run(test())


def test_a_request_that_nobody_remembers_is_not_known() -> None:
    async def test() -> None:
        assert await Desk().feedback.record("r1", "cat") is None

    run(test())


def test_the_truth_of_a_request_that_comes_again_replaces_the_first() -> None:
    async def test() -> None:
        desk = Desk()
        await desk.truths(1, "-")
        await desk.truths(1, "+")
        await desk.truths(1, "+")
        assert (desk.facts()["answers"], desk.facts()["right"]) == (1, 1)

    run(test())


# Excluding.


def test_a_predictor_that_is_right_too_seldom_is_excluded_once_and_why_is_said() -> None:
    async def test() -> None:
        desk = Desk()
        await desk.truths(1, "+--")
        assert desk.asked == []  # too few are known
        await desk.truths(4, "+--")
        assert desk.asked == [("a", AUTHOR, "2 of its 4 latest answers were right; 80% must be")]
        assert desk.told == [("a", "excluded")]
        assert (desk.facts()["state"], desk.facts()["answers"]) == ("excluded", 6)

    run(test())


def test_one_that_is_right_often_enough_or_has_no_such_rule_is_not() -> None:
    async def test() -> None:
        often, without = Desk(), Desk(exclude_below=None)
        await often.truths(1, "++++-" * 4)
        await without.truths(1, "-" * 20)
        assert (often.asked, without.asked) == ([], [])
        assert (often.facts()["share"], without.facts()["share"]) == (0.8, 0.0)

    run(test())


def test_truths_that_come_at_once_exclude_it_once() -> None:
    async def test() -> None:
        desk = Desk()
        await desk.truths(1, "---")
        desk.remembered |= {f"x{number}": {"a": "cat"} for number in range(10)}
        async with asyncio.TaskGroup() as group:
            for number in range(10):
                group.create_task(desk.feedback.record(f"x{number}", "dog"))
        assert len(desk.asked) == 1

    run(test())


def test_one_that_is_needed_is_kept_which_is_said_once() -> None:
    async def test() -> None:
        desk = Desk()
        desk.refusals = [Refusal(409)]
        await desk.truths(1, "-" * 10)
        assert (len(desk.asked), desk.told) == (1, [("a", "kept")])
        assert desk.facts()["reason"].endswith("it could not be excluded: the last branch cannot be excluded")

    run(test())


def test_one_that_was_kept_is_tried_again_after_it_has_recovered_or_with_another_configuration() -> None:
    async def test() -> None:
        desk = Desk()
        desk.refusals = [Refusal(409), Refusal(409)]
        await desk.truths(1, "----")
        await desk.truths(5, "+" * 10)
        assert desk.facts()["state"] == "counting"
        await desk.truths(15, "-" * 4)
        assert len(desk.asked) == 2
        desk.feedback.use(desk.config)
        await desk.truths(19, "-")
        assert [state for _, state in desk.told] == ["kept", "kept", "excluded"]

    run(test())


def test_while_the_store_is_gone_every_truth_tries_again_and_nothing_is_told() -> None:
    async def test() -> None:
        desk = Desk()
        desk.refusals = [Refusal(503)] * 2
        await desk.truths(1, "-" * 5)
        assert (len(desk.asked), desk.told) == (2, [])
        await desk.truths(6, "-")
        assert desk.told == [("a", "excluded")]

    run(test())


def test_one_that_was_included_again_begins_anew() -> None:
    async def test() -> None:
        desk = Desk()
        await desk.truths(1, "-" * 4)
        desk.feedback.use(desk.config, ())
        assert (desk.facts()["answers"], desk.facts()["state"]) == (0, "counting")
        await desk.truths(5, "-" * 4)
        assert len(desk.asked) == 2

    run(test())


def test_one_that_somebody_excluded_is_left_alone() -> None:
    async def test() -> None:
        desk = Desk()
        desk.feedback.use(desk.config, {"a"})
        await desk.truths(1, "-" * 8)
        assert desk.asked == []

    run(test())


@pytest.mark.parametrize("change", [{"url": "http://127.0.0.1:2"}, {"version": "2"}, {"path": "/other"}])
def test_another_model_begins_anew(change: dict[str, Any]) -> None:
    async def test() -> None:
        desk = Desk()
        await desk.truths(1, "++")
        predictors = desk.config.predictors
        changed = predictors["a"].model_copy(update=change)
        desk.feedback.use(desk.config.model_copy(update={"predictors": {**predictors, "a": changed}}))
        assert desk.facts()["answers"] == 0

    run(test())


def test_what_else_changes_keeps_the_window_which_may_become_smaller() -> None:
    async def test() -> None:
        desk = Desk()
        await desk.truths(1, "+" * 5 + "-")
        desk.feedback.use(config(window=4))
        assert (desk.facts()["answers"], desk.facts()["right"]) == (4, 3)
        desk.feedback.use(Config())
        assert desk.feedback.facts() == {}

    run(test())
