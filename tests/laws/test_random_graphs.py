"""Whatever a graph is and whatever its predictors do: it answers in time, loses no part and leaves nothing running."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.events import Part
from plait.testing import GraphRun
from tests.laws.model import Given, Tie, outcome
from tests.laws.random_graphs import Behaviour, Scene, scenes
from tests.laws.seeded import SEEDED

MANY = settings(SEEDED, max_examples=80)
DEADLINE = 0.6
LATE = 0.02
HAIR = 1e-6


@MANY
@given(scenes())
def test_a_graph_answers_in_time_what_its_parts_say_and_leaves_nothing_running(scene: Scene) -> None:
    run = scene.play()
    assert run.seconds <= DEADLINE + LATE
    assert run.left == 0
    check_parts(run, scene)
    try:
        expected = outcome({"sequence": [scene.node]}, Given({"q": 1}, 0.0, DEADLINE), {one.name: one for one in scene.cast})
    except Tie:
        return
    if run.answer is None:
        assert run.error is not None
        assert run.error.code in expected.failure
    else:
        assert not expected.failure
        assert (run.value, run.answer.complete) == (expected.value, expected.complete)
    assert run.seconds == pytest.approx(expected.when, abs=HAIR)


@SEEDED
@given(scenes(), st.floats(0.0, 0.5))
def test_a_client_that_leaves_stops_everything_at_once(scene: Scene, moment: float) -> None:
    run = scene.play(cancel_after=moment)
    assert run.seconds <= moment + HAIR
    assert run.left == 0
    check_parts(run, scene)


def check_parts(run: GraphRun, scene: Scene) -> None:
    """Every call that began has exactly one part, and the part's reason is the true one."""
    assert max(Counter(part.key for part in run.parts).values(), default=1) == 1
    assert max(Counter(part.predictor for part in run.parts).values(), default=1) == 1
    cast = {one.name: one for one in scene.cast}
    for part in run.parts:
        assert true_reason(part, cast[part.predictor]), part


def true_reason(part: Part, one: Behaviour) -> bool:
    if part.attempts == 0:
        return part.status in ("timeout", "cancelled")
    if part.status in ("ok", "error"):
        return (
            one.after is not None
            and part.seconds == pytest.approx(one.after, abs=HAIR)
            and (part.status == "error") is (one.answer is None)
        )
    still_waiting = one.after is None or part.seconds <= one.after + HAIR
    return part.status in ("timeout", "cancelled") and still_waiting and part.seconds <= one.timeout + LATE
