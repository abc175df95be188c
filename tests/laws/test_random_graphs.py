"""Whatever a graph is and whatever its predictors do: it answers in time, loses no part and leaves nothing running."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import strategies as st

from plait.events import Part
from plait.testing import GraphRun
from tests.laws.meaning import HAIR, NO_PART, Called, Tie, allowed, cut
from tests.laws.model import expected
from tests.laws.random_graphs import scenes, small_scenes
from tests.laws.scene import DEADLINE, FAILURES, Behaviour, Scene
from tests.laws.seeded import law

LATE = 0.02


@law(scenes(), few=70, many=400)
def test_a_graph_answers_in_time_what_its_parts_say_and_leaves_nothing_running(scene: Scene) -> None:
    check_answer(scene)


@law(small_scenes("parallel") | small_scenes("map"), few=50, many=400)
def test_what_runs_at_once_is_joined_as_its_requirement_and_merge_say(scene: Scene) -> None:
    check_answer(scene)


@law(scenes(), st.floats(0.0, 0.5), few=50, many=250)
def test_a_client_that_leaves_stops_everything_at_once(scene: Scene, moment: float) -> None:
    run = scene.play(cancel_after=moment)
    assert run.seconds <= moment + HAIR
    assert run.left == 0
    check_parts(run, scene)
    try:
        outcome = expected(scene)
    except Tie:
        return
    check_calls(run, cut(outcome.calls, moment) if moment <= outcome.when + HAIR else outcome.calls)


def check_answer(scene: Scene) -> None:
    """Play a scene, and compare what comes of it with the model."""
    run = scene.play()
    assert run.seconds <= DEADLINE + LATE
    assert run.left == 0
    check_parts(run, scene)
    try:
        outcome = expected(scene)
    except Tie:
        return
    if run.answer is None:
        assert run.error is not None
        assert run.error.code in outcome.failure
    else:
        assert not outcome.failure
        assert (run.value, run.answer.complete) == (outcome.value, outcome.complete)
    assert run.seconds == pytest.approx(outcome.when, abs=HAIR)
    check_calls(run, outcome.calls)


def check_calls(run: GraphRun, calls: tuple[Called, ...]) -> None:
    """Each call that there should be has its part with the right reason, and there are no others."""
    found, may = run.statuses, allowed(calls)
    wrong = {
        key: (found.get(key, NO_PART), may.get(key))
        for key in {*found, *may}
        if found.get(key, NO_PART) not in may.get(key, frozenset({NO_PART}))
    }
    assert not wrong
    outputs = {call.key: call.output for call in calls if "ok" in call.statuses}
    assert all(part.output.value == outputs[part.key] for part in run.parts if part.output is not None)


def check_parts(run: GraphRun, scene: Scene) -> None:
    """Every call has exactly one part, and the part's reason is a true one."""
    assert max(Counter(part.key for part in run.parts).values(), default=1) == 1
    cast = {one.name: one for one in scene.cast}
    for part in run.parts:
        assert true_reason(part, cast[part.predictor]), part


def true_reason(part: Part, one: Behaviour) -> bool:
    if part.attempts == 0:
        return part.seconds == 0.0 and part.status in ("timeout", "cancelled", "skipped")
    if part.status == "ok":
        return one.after is not None and part.seconds >= one.after - HAIR and part.output is not None
    if part.status not in ("timeout", "cancelled"):
        return one.after is not None and part.seconds >= one.after - HAIR and part.status == FAILURES[one.failure]().part
    return part.seconds <= one.timeout + LATE
