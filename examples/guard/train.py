"""Make an event log, train the six models of the guard on it, and write them as ONNX beside the log that is replayed.

Run it from anywhere: `python examples/guard/train.py`. The last quarter of the sessions, which no model has seen, says how
good they are; the log that is replayed is a part of it. Label 1 is what is looked for: the second probability is how likely it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from events import YEAR, Json, customers, log
from onnx.helper import set_model_props
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 6
SESSIONS, CUSTOMERS = 4000, 2000
REPLAYED = slice(26, 48)
"""Of the sessions that are held out, those that are replayed: a stretch in which everything happens."""
HERE = Path(__file__).resolve().parent
_OPSET = 17  # of 2022: any onnxruntime that is still in use reads it

_VISIT = ("pace", "spread", "pages", "assets")
_TEXT = ("length", "links", "capitals", "repeats", "reviews_today")


@dataclass(frozen=True, slots=True)
class Task:
    """What one model learns.

    Args:
        target: What was found out later, by its name in `truth`.
        features: The numbers of its row, in order.
        kind: Which events it is for: all of them, if it is empty.
        model: Makes the estimator.
        description: One sentence, for people.
    """

    target: str
    features: tuple[str, ...]
    kind: str
    model: Callable[[], Any]
    description: str


def _linear() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression())


TASKS = {
    "fraud": Task(
        "fraud",
        ("amount", "items", "minutes", "orders", "account_days", "cards", "abroad", "night"),
        "checkout",
        lambda: GradientBoostingClassifier(n_estimators=40, max_depth=3, subsample=0.8, random_state=SEED),
        "How likely a payment is honest (0) or with a stolen card (1).",
    ),
    "bot": Task("bot", _VISIT, "", _linear, "How likely a visitor is a person (0) or a bot (1)."),
    "spam": Task("spam", _TEXT, "review", _linear, "How likely a review is honest (0) or spam (1), by its text."),
    "value": Task(
        "value",
        ("amount", "items", "minutes", "orders", "pages"),
        "checkout",
        lambda: GradientBoostingRegressor(n_estimators=60, max_depth=3, subsample=0.8, random_state=SEED),
        "What the shop will keep of a basket's price, returns and thefts considered.",
    ),
    "churn": Task("churn", YEAR, "", _linear, "How likely a customer stays (0) or leaves within a year (1)."),
    "moderator": Task(
        "spam",
        (*_TEXT, "account_days", "removed"),
        "review",
        lambda: RandomForestClassifier(n_estimators=30, max_depth=5, random_state=SEED),
        "How likely a review is honest (0) or spam (1), by its text and its author.",
    ),
}


def data() -> tuple[list[Json], list[Json]]:
    """The customers and the events."""
    rng = np.random.default_rng(SEED)
    known = customers(rng, CUSTOMERS)
    return known, list(log(rng, known, SESSIONS))


def told_apart(records: list[Json], key: str) -> tuple[list[Json], list[Json]]:
    """What is learnt from, and what is held out: the last quarter of the sessions, or of the customers."""
    names = list(dict.fromkeys(record[key] for record in records))
    late = set(names[len(names) * 3 // 4 :])
    return [each for each in records if each[key] not in late], [each for each in records if each[key] in late]


def rows(task: Task, records: Iterable[Json]) -> tuple[Any, Any]:
    """The rows that a model sees, and what was found out of each."""
    mine = [record for record in records if task.kind in ("", record.get("kind"))]
    seen = np.array([[record[name] for name in task.features] for record in mine], dtype=np.float32)
    return seen, np.array([record["truth"][task.target] for record in mine])


def score(task: Task, model: Any, records: list[Json]) -> tuple[str, float]:
    """How good a model is on what it has not seen: the area under its ROC curve, of a regression R²."""
    seen, found = rows(task, records)
    if hasattr(model, "predict_proba"):
        return "AUC", float(roc_auc_score(found, model.predict_proba(seen)[:, 1]))
    return "R²", float(r2_score(found, model.predict(seen)))


def export(name: str, model: Any, sample: Any) -> bytes:
    """The ONNX file of a model, with what its predictor tells of itself."""
    options = {"zipmap": False} if hasattr(model, "predict_proba") else None
    onnx = to_onnx(model, sample, name=f"guard_{name}", options=options, target_opset=_OPSET)
    row = json.dumps([[round(float(value), 3) for value in sample[0]]])
    set_model_props(onnx, {"name": name, "version": "1", "description": TASKS[name].description, "sample": row})
    exported: bytes = onnx.SerializeToString(deterministic=True)
    return exported


def replayed(late: list[Json]) -> list[Json]:
    """The sessions that are replayed, event by event as time went on, from 0 s on."""
    names = list(dict.fromkeys(event["session"] for event in late))[REPLAYED]
    played = sorted((event for event in late if event["session"] in names), key=lambda event: float(event["at"]))
    return [{**event, "at": round(event["at"] - played[0]["at"], 2)} for event in played]


def write_lines(path: Path, records: Iterable[Json]) -> None:
    """Write JSON lines."""
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")


def main() -> None:
    """Write the models, the log and what the warehouse knows of its customers."""
    known, events = data()
    (HERE / "models").mkdir(exist_ok=True)
    print(f"{len(events)} events of {SESSIONS} sessions, {CUSTOMERS} customers")
    for name, task in TASKS.items():
        early, late = told_apart(known, "customer") if name == "churn" else told_apart(events, "session")
        seen, found = rows(task, early)
        model = task.model().fit(seen, found)
        measure, value = score(task, model, late)
        path = HERE / "models" / f"{name}.onnx"
        path.write_bytes(export(name, model, seen[:1]))
        print(f"{name:<10}{measure:>4} {value:.3f} on {len(rows(task, late)[1])} held out, {path.stat().st_size} bytes")
    played = replayed(told_apart(events, "session")[1])
    write_lines(HERE / "log.jsonl", played)
    named = {event["customer"] for event in played}
    write_lines(HERE / "customers.jsonl", (customer for customer in known if customer["customer"] in named))
    print(f"{len(played)} events to replay")


if __name__ == "__main__":
    main()
