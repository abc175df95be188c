"""The rules of examples/guard do what it says, on predictors that say what a test wants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plait.graph.load import load_checked
from plait.testing import FakePredictor, run_virtual
from tests.rules.acting import Said, Sinks, Stage

FILE = Path(__file__).parents[2] / "examples" / "guard" / "plait.yaml"
CONFIG = load_checked(FILE, {"PAGER_SECRET": "whsec_MTIzNDU2Nzg5MDEyMzQ1Ng=="}).config
EVENT = {"session": "s1", "customer": "c0001", "kind": "checkout", "pace": 1.2, "spread": 0.1, "pages": 9, "assets": 0.2}
CHECKOUT = {**EVENT, **dict.fromkeys(["amount", "items", "minutes", "orders", "account_days", "cards", "abroad", "night"], 1.0)}
REVIEW = {**EVENT, "kind": "review", **dict.fromkeys(["length", "links", "capitals", "repeats", "reviews_today"], 1.0)}


async def judged(event: dict[str, Any], times: int = 1, **scores: float) -> tuple[Said, Sinks]:
    """What comes of an event that predictors judge so; the value of a basket is no likelihood."""
    usual = {"fraud": 0.1, "bot": 0.1, "spam": 0.1, "value": 10.0, "churn": 0.1, "moderator": 0.1} | scores
    after = {"churn": 0.3}
    fakes = [
        FakePredictor(name, {"prediction": [score] if name == "value" else [1 - score, score]}, after=after.get(name, 0.01))
        for name, score in usual.items()
    ]
    sinks = Sinks()
    stage = Stage(CONFIG, fakes, sinks)
    for _ in range(times):
        said = await stage.ask(event)
    await stage.acts.drain(10.0)
    stage.clock.close()
    return said, sinks


async def _told(event: dict[str, Any], times: int, scores: dict[str, float]) -> tuple[int, Any, list[tuple[str, str]]]:
    said, sinks = await judged(event, times, **scores)
    status, answer = (200, said.value) if said.error is None else said.responded
    return status, answer, [(outgoing.sink, outgoing.id.split("/", 1)[1]) for outgoing in sinks.durable]


@pytest.mark.parametrize(
    ("event", "times", "scores", "status", "holds", "told"),
    [
        (CHECKOUT, 1, {}, 200, {}, []),
        (CHECKOUT, 1, {"fraud": 0.8}, 200, {}, [("pager", "fraud_alarm/fraud")]),
        (CHECKOUT, 1, {"fraud": 0.95}, 403, {"refused": "this payment cannot be taken"}, [("pager", "fraud_alarm/fraud")]),
        (EVENT | {"kind": "view"}, 4, {"bot": 0.9}, 200, {}, []),
        (EVENT | {"kind": "view"}, 7, {"bot": 0.9}, 200, {}, [("pager", "bots/bot")]),
        (REVIEW, 1, {"spam": 0.7}, 200, {"published": False}, [("moderation", "held_back/defer")]),
        (CHECKOUT, 1, {"value": 80.0}, 200, {"offer": "free shipping"}, []),
        (CHECKOUT, 1, {"value": 80.0, "churn": 0.9}, 200, {"offer": "free shipping"}, [("service", "win_back")]),
    ],
)
def test_an_event_has_the_answer_and_the_messages_that_its_rules_say(
    event: dict[str, Any], times: int, scores: dict[str, float], status: int, holds: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    found, answer, sent = run_virtual(_told(event, times, scores))
    assert (found, sent) == (status, told)
    assert holds.items() <= answer.items()
