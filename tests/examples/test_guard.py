"""The models of the guard are those that are trained now, its file asks them as they were taught, its page shows what comes out."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml
from standardwebhooks import Webhook, WebhookVerificationError

from plait.predictor_server.service import Service, service
from plait.predictor_server.settings import settings
from tests.predictor_server.asking import ask, predictions

pytestmark = pytest.mark.slow  # scikit-learn alone takes seconds to import, so nothing here imports it at the top

GUARD = Path(__file__).resolve().parents[2] / "examples" / "guard"
PAGE = (GUARD / "README.md").read_text()
MODELS = ("fraud", "bot", "spam", "value", "churn", "moderator")
SECRET = "whsec_cGxhaXQ6IG9ubHkgZm9yIHRoZSBleGFtcGxlIQ=="  # noqa: S105 - of the example only


@pytest.fixture(scope="module")
def scripts() -> Iterator[None]:
    """The example's folder as one that modules are imported from."""
    sys.path.insert(0, str(GUARD))
    yield
    sys.path.remove(str(GUARD))


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"guard_{name}", GUARD / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def train(scripts: None) -> ModuleType:
    return script("train")


@pytest.fixture(scope="module")
def data(train: ModuleType) -> tuple[list[Any], list[Any]]:
    known, events = train.data()
    return known, events


def records(train: ModuleType, data: tuple[list[Any], list[Any]], name: str) -> tuple[list[Any], list[Any]]:
    known, events = data
    early, late = train.told_apart(known, "customer") if name == "churn" else train.told_apart(events, "session")
    return early, late


def served(name: str) -> Service:
    return service(settings({}, model=str(GUARD / "models" / f"{name}.onnx")))


@pytest.mark.parametrize("name", MODELS)
def test_what_is_trained_now_is_what_is_committed(name: str, train: ModuleType, data: tuple[list[Any], list[Any]]) -> None:
    early, late = records(train, data, name)
    task = train.TASKS[name]
    model = task.model().fit(*train.rows(task, early))
    seen, _ = train.rows(task, late)
    expected = model.predict_proba(seen) if hasattr(model, "predict_proba") else model.predict(seen)[:, None]
    answered = np.array(predictions(served(name), seen.tolist()))
    assert answered.shape == expected.shape
    off = np.abs(answered - expected).max(axis=1) > 1e-3 * max(1.0, float(np.abs(expected).max()))
    assert off.mean() < 0.005  # a number at a tree's threshold may fall to its other side in single precision


@pytest.mark.parametrize(
    ("name", "least"), [("fraud", 0.94), ("bot", 0.87), ("spam", 0.95), ("value", 0.85), ("churn", 0.83), ("moderator", 0.95)]
)
def test_each_model_is_good_on_what_it_has_not_seen(
    name: str, least: float, train: ModuleType, data: tuple[list[Any], list[Any]]
) -> None:
    early, late = records(train, data, name)
    task = train.TASKS[name]
    _, value = train.score(task, task.model().fit(*train.rows(task, early)), late)
    assert value > least
    told = re.search(rf"^{name} +(?:AUC|R²) (\S+) on", PAGE, re.MULTILINE)
    assert told is not None
    assert float(told[1]) == pytest.approx(value, abs=0.005)


@pytest.mark.parametrize("name", MODELS)
def test_each_predictor_tells_its_sample_and_answers_it(name: str) -> None:
    about = json.loads(ask(served(name), "GET", "/metadata").body)
    assert about["name"] == name
    tested = json.loads(ask(served(name), "POST", "/predict", json.dumps(about["data_sample"]).encode()).body)
    assert tested == about["prediction_sample"]
    assert len(tested["prediction"]) == (1 if name == "value" else 2)


def test_the_log_that_is_replayed_is_the_one_that_is_made(train: ModuleType, data: tuple[list[Any], list[Any]]) -> None:
    made = train.replayed(train.told_apart(data[1], "session")[1])
    assert [json.loads(line) for line in (GUARD / "log.jsonl").read_text().splitlines()] == made


def test_the_file_asks_each_model_in_the_order_that_it_was_taught(train: ModuleType) -> None:
    file = yaml.safe_load((GUARD / "plait.yaml").read_text())
    branches = file["graphs"]["predict"]["parallel"]
    for name in ("fraud", "bot", "spam", "value"):
        assert branches[name]["input"]["data"] == [[f"${{request.{each}}}" for each in train.TASKS[name].features]]
    asked = file["graphs"]["review"]["sequence"][0]["input"]["data"]
    assert asked == [[f"${{request.request.{each}}}" for each in train.TASKS["moderator"].features]]


def message(name: str = "m1", secret: str = SECRET, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    at = at or datetime.now(UTC)
    body = json.dumps({"rule": "bots", "part": "bot", "time": (at - timedelta(milliseconds=7)).isoformat()})
    signature = Webhook(secret).sign(name, at, body)
    return body.encode(), {"Webhook-Id": name, "Webhook-Timestamp": str(int(at.timestamp())), "Webhook-Signature": signature}


def test_the_pager_takes_what_is_signed_and_tells_how_long_it_was_under_way() -> None:
    now = datetime.now(UTC)
    taken = script("receiver").Pager(SECRET).take(*message(at=now), now)
    assert taken is not None
    assert (taken["rule"], taken["after_ms"]) == ("bots", 7.0)


def test_the_pager_hears_a_message_that_comes_twice_once() -> None:
    pager = script("receiver").Pager(SECRET)
    twice = message()
    assert pager.take(*twice, datetime.now(UTC)) is not None
    assert pager.take(*twice, datetime.now(UTC)) is None
    assert len(pager.alerts()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        message(secret="whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="),  # noqa: S106 - nobody's
        message(at=datetime.now(UTC) - timedelta(minutes=10)),
        (message()[0] + b" ", message()[1]),
        (message()[0], {}),
    ],
    ids=["another secret", "too old", "another body", "no signature"],
)
def test_the_pager_believes_nobody_else(wrong: tuple[bytes, dict[str, str]]) -> None:
    with pytest.raises(WebhookVerificationError):
        script("receiver").Pager(SECRET).take(*wrong, datetime.now(UTC))
