"""Whatever a graph is, wherever it was interrupted: run again it asks nobody whose end is known, and answers the same."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from plait.background import Background
from plait.clock import Clock
from plait.errors import PlaitError
from plait.events import Part
from plait.graph.compile import compile_graph
from plait.graph.spec import Config
from plait.jobs.carried import Carried
from plait.jobs.parts import recalled, stored
from plait.testing import run_virtual
from plait.types import Message, Recalled, Run
from tests.laws.random_graphs import scenes, small_scenes
from tests.laws.scene import DEADLINE, REQUEST, Actor, Behaviour, Scene
from tests.laws.seeded import law

JOB = "3a" * 16
RACES = {"timeout", "cancelled"}


class Played(NamedTuple):
    """What came of a run, its parts until its end, those of copies after it too, and how often each predictor was asked."""

    outcome: Message | PlaitError | None
    parts: list[Part]
    all: list[Part]
    asked: Counter[str]

    @property
    def said(self) -> Any:
        """The answer, or that there is none: of several failures, time says which one decides, and what is known takes none."""
        return (self.outcome.value, self.outcome.complete) if isinstance(self.outcome, Message) else "failed"


def play(scene: Scene, known: Mapping[str, Recalled] | None = None, stop_after: int | None = None) -> Played:
    """Run a scene as a job, in a process of its own; it may end after so many parts, as if it were killed."""
    cast = list(map(Actor, scene.cast))
    root = {"timeout": f"{DEADLINE * 1000:.0f}ms", "sequence": [scene.node]}
    config = Config.model_validate(
        {"predictors": {one.name: {"url": "http://127.0.0.1:1"} for one in cast}, "graphs": {"predict": root, **scene.graphs}}
    )
    background = Background()
    call = compile_graph(config, "predict", {one.name: one for one in cast}, background).call

    async def main() -> Played:
        loop = asyncio.get_running_loop()
        clock = Clock(loop, loop.time)
        run = Run(Message.of(REQUEST), clock, b"test")
        run.job, run.recalled = JOB, known or None
        carried = Carried(call, run, DEADLINE)
        parts: list[Part] = []
        over = asyncio.Event()

        def heard(part: Part) -> None:
            if stop_after is None or len(parts) < stop_after:
                parts.append(part)
            if len(parts) == stop_after:
                loop.call_soon(carried.cancel)

        carried.listen(heard, over.set)
        if stop_after == 0:
            loop.call_soon(carried.cancel)
        carried.start()
        await over.wait()
        await background.idle()
        asked = Counter({one.name: len(one.asked) for one in cast})
        clock.close()
        return Played(carried.outcome, parts, run.parts, asked)

    return run_virtual(main())


def kept(parts: Sequence[Part]) -> dict[str, Recalled]:
    return recalled(map(stored, parts))


def check_asked(again: Played, known: Mapping[str, Recalled]) -> None:
    """Nobody is asked whose end is known."""
    new = Counter(part.predictor for part in again.all if part.key not in known)
    assert again.asked <= new


@law(scenes(), few=60, many=400)
def test_a_run_of_which_all_is_known_ends_as_before_and_asks_nobody(scene: Scene) -> None:
    first = play(scene)
    known = kept(first.parts)
    again = play(scene, known)
    check_asked(again, known)
    assert again.said == first.said


@law(scenes() | small_scenes("map") | small_scenes("parallel"), st.integers(0, 40), few=80, many=500)
def test_a_run_that_was_interrupted_asks_only_what_is_missing_and_answers_the_same(scene: Scene, moment: int) -> None:
    whole = play(scene)
    cut = play(scene, stop_after=moment % (len(whole.parts) + 1))
    known = kept(cut.parts)
    again = play(scene, known)
    assert again.outcome is not None
    check_asked(again, known)
    if not any(part.status in RACES for part in whole.parts):  # else time decides, and what is known takes none
        assert again.said == whole.said


def test_interruptions_are_drawn_that_leave_something_to_ask_and_something_that_is_known() -> None:
    scene = Scene()
    predictors = {"a": 0.01, "b": 0.02, "c": 0.03}
    scene.cast = [Behaviour(name, name, lambda _: False, "refused", after, 1.0) for name, after in predictors.items()]
    scene.node = {"parallel": list(predictors)}
    cut = play(scene, stop_after=2)
    assert [part.key for part in cut.parts] == ["a", "b"]
    assert play(scene, kept(cut.parts)).asked == Counter({"c": 1})
