"""What plait does by itself, and that it is written down."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from plait.control.acting import Acting, look_before
from plait.control.audit import NAME, Audit
from plait.control.bus import Bus
from plait.control.ledger import Ledger
from plait.control.merge import whole
from plait.control.outcome import Desired
from plait.control.plant import Snapshot
from plait.graph.load import Loaded, load_text
from tests.control.api.fakes import MemoryLedger, ToldPlant

FEEDBACK = {"answer": "output.label", "exclude_below": "80%", "least": 2}
FILE = {"predictors": {"setosa": {"url": "http://127.0.0.1:1", "feedback": FEEDBACK}}, "graphs": {"one": "setosa"}}


@dataclass
class Remembering(ToldPlant):
    """Workers, one of which remembers what was answered."""

    answers: dict[str, Any] = field(default_factory=dict)

    async def ask(self, question: dict[str, Any], seconds: float = 0.5) -> list[Snapshot]:
        return [{"worker": 1}, {"worker": 2, "answers": self.answers.get(question["request_id"])}]


class Scene:
    def __init__(self, state: Path) -> None:
        self.plant, self.bus, self.audit, self.ledger = Remembering(), Bus(), Audit(state), MemoryLedger()
        self.acting = Acting(self.plant, self.bus, self.audit)
        self.acting.ledger = cast("Ledger", self.ledger)
        self.path = state / NAME

    async def follow(self, file: dict[str, Any], before: Desired | None = None) -> Desired:
        await self.ledger.propose(whole(file), author="file")
        desired = Desired(self.ledger.active, loaded(file), self.ledger.marks)
        self.acting.follow(desired, before)
        return desired

    @property
    def audited(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]


def loaded(file: dict[str, Any]) -> Loaded:
    return load_text(json.dumps(file), {}, "json")


async def test_a_predictor_that_is_wrong_too_often_is_excluded_which_is_told_and_written_down(tmp_path: Path):
    scene = Scene(tmp_path)
    await scene.follow(FILE)
    scene.plant.answers = {"a": {"setosa": "cat"}, "b": {"setosa": "dog"}}
    with scene.bus.listening() as listener:
        assert await scene.acting.feedback.record("a", "cat") == {"setosa": True}
        assert await scene.acting.feedback.record("b", "cat") == {"setosa": False}
        event = await listener.next(1)
    assert event is not None
    assert (event.kind, event.facts["predictor"]) == ("accuracy", "setosa")
    assert scene.ledger.marks["setosa"].author == "feedback"
    (entry,) = scene.audited
    assert (entry["peer"], entry["author"], entry["action"], entry["resource"]) == (
        "here",
        "feedback",
        "exclude",
        "/predictors/setosa",
    )
    scene.audit.close()


async def test_a_request_that_no_worker_remembers_is_none(tmp_path: Path):
    scene = Scene(tmp_path)
    await scene.follow(FILE)
    assert await scene.acting.feedback.record("gone", "cat") is None
    scene.audit.close()


async def test_the_guard_is_told_of_each_revision_once_and_of_the_one_before(tmp_path: Path):
    scene = Scene(tmp_path)
    first = await scene.follow(FILE)
    scene.acting.follow(first, first)
    assert scene.acting.guard.facts()["previous"] is None
    await scene.follow({**FILE, "server": {"details": True}}, first)
    assert (scene.acting.guard.facts()["revision"], scene.acting.guard.facts()["previous"]) == (2, 1)
    scene.audit.close()


async def test_taking_a_revision_back_is_written_down(tmp_path: Path):
    scene = Scene(tmp_path)
    first = await scene.follow(FILE)
    await scene.follow({**FILE, "server": {"details": True}}, first)
    await scene.acting._activate(1, author="rollback", reason="worse", if_match=2)
    (entry,) = scene.audited
    assert (entry["action"], entry["resource"], entry["revision"]) == ("rollback", "/revisions/1", 3)
    scene.audit.close()


async def test_a_version_that_cannot_be_asked_keeps_one_that_is_enforced_from_becoming_active():
    setosa = {"url": "http://127.0.0.1:1", "version": "2", "enforce": True, "timeout": "200ms"}
    found = await look_before(loaded({"predictors": {"setosa": setosa}, "graphs": {"one": "setosa"}}), None, 1)
    assert [problem.path for problem in found.problems] == ["predictors.setosa.version"]
