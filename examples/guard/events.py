"""The event log of a web shop, drawn by a seed: what each visitor did, and what was found out about it later.

Most visitors are honest; some are bots, some pay with stolen cards, some write spam. They overlap: a patient bot looks like a
person, a generous person like a thief. A share of what was found out later is wrong, as it is in any shop.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp
from typing import Any

import numpy as np

Json = dict[str, Any]

INTENTS = {"honest": 0.82, "bot": 0.07, "thief": 0.06, "spammer": 0.05}
YEAR = ("days_since", "orders_year", "returns", "tickets", "discounts")
"""What the warehouse knows of a customer's last year."""
PATIENT, REVIEWING, BUYING = 0.2, 0.4, 0.5
"""The shares of bots that take their time, and of honest visitors who review and buy something."""
WRONG = 0.02
"""The share of findings that are wrong."""


def customers(rng: np.random.Generator, count: int) -> list[Json]:
    """Customers, each with what the warehouse knows of the last year, and whether the customer left in the next."""
    return [_customer(rng, f"c{number:04}") for number in range(1, count + 1)]


def log(rng: np.random.Generator, known: list[Json], sessions: int) -> Iterator[Json]:
    """Events in the order of their sessions, each with its `truth`."""
    start = 0.0
    for number in range(1, sessions + 1):
        intent = str(rng.choice(list(INTENTS), p=list(INTENTS.values())))
        start += float(rng.exponential(20.0))
        yield from _session(rng, intent, start, {"session": f"s{number:04}", "customer": str(rng.choice(known)["customer"])})


def _customer(rng: np.random.Generator, name: str) -> Json:
    orders = int(rng.poisson(6))
    days = min(365.0, float(rng.exponential(365.0 / (orders + 1))))
    returns = int(rng.binomial(orders, 0.15))
    tickets = int(rng.poisson(0.5 + 0.6 * returns))
    discounts = _share(rng, 2, 3)
    leaning = 0.016 * (days - 80.0) - 0.35 * (orders - 5) + 0.9 * (tickets - 1) + 1.5 * (discounts - 0.4)
    known = dict(zip(YEAR, (days, orders, returns, tickets, discounts), strict=True))
    left = rng.random() < 1.0 / (1.0 + exp(-leaning))
    return {"customer": name, **_rounded(known), "truth": {"churn": int(left)}}


def _session(rng: np.random.Generator, intent: str, start: float, names: Json) -> Iterator[Json]:
    """What one visitor does, a few seconds apart."""
    hidden = intent == "bot" and rng.random() < PATIENT
    robotic = intent == "bot" and not hidden
    pace = float(rng.lognormal(0.3 if robotic else 2.0, 0.6))
    spread = float(rng.gamma(2.0, 0.12 if robotic else 0.4))
    assets = _share(rng, 2, 4) if robotic else _share(rng, 12, 2)
    at = start
    for pages, kind in enumerate(_course(rng, intent), 1):
        at += pace * float(rng.lognormal(0.0, min(spread, 1.0)))
        seen = {"pace": pace, "spread": spread, "pages": pages, "assets": assets}
        more, truth = _DETAILS[kind](rng, intent, pages)
        found = {"bot": _found(rng, wanted=intent == "bot"), **truth}
        yield {"at": round(at, 2), **names, "kind": kind, **_rounded(seen), **_rounded(more), "truth": found}


def _course(rng: np.random.Generator, intent: str) -> list[str]:
    """The kinds of a session's events, in order."""
    if intent == "bot":
        return ["view"] * int(rng.integers(7, 15))
    if intent == "thief":
        return ["view"] * int(rng.integers(1, 4)) + ["checkout"] * int(rng.integers(1, 4))
    if intent == "spammer":
        return ["view"] + ["review"] * int(rng.integers(1, 4))
    return (
        ["view"] * int(rng.integers(2, 7)) + ["review"] * int(rng.random() < REVIEWING) + ["checkout"] * int(rng.random() < BUYING)
    )


def _view(_rng: np.random.Generator, _intent: str, _pages: int) -> tuple[Json, Json]:
    return {}, {}


def _review(rng: np.random.Generator, intent: str, _pages: int) -> tuple[Json, Json]:
    """A review, its author, and whether a moderator took it for spam."""
    spam = intent == "spammer"
    said = {
        "length": int(rng.lognormal(4.3 if spam else 5.0, 0.7)),
        "links": int(rng.poisson(1.4 if spam else 0.15)),
        "capitals": _share(rng, 3, 14) if spam else _share(rng, 2, 25),
        "repeats": _share(rng, 4, 12) if spam else _share(rng, 3, 18),
        "reviews_today": 1 + int(rng.poisson(1.8 if spam else 0.3)),
        "account_days": float(rng.exponential(60.0 if spam else 500.0)),
        "removed": int(rng.poisson(1.2 if spam else 0.1)),
    }
    return said, {"spam": _found(rng, wanted=spam)}


def _checkout(rng: np.random.Generator, intent: str, pages: int) -> tuple[Json, Json]:
    """A basket on its way to the till, whether it was stolen, and what the shop kept of its price in the end."""
    stolen = intent == "thief"
    amount = float(rng.lognormal(5.2 if stolen else 4.2, 0.6))
    orders = int(rng.poisson(0.3 if stolen else 5.0))
    minutes = float(rng.gamma(2.0, 1.2 if stolen else 3.0))
    items = 1 + int(rng.poisson(1.5))
    said = {
        "amount": amount,
        "items": items,
        "minutes": minutes,
        "orders": orders,
        "account_days": float(rng.exponential(30.0 if stolen else 500.0)),
        "cards": 1 + int(rng.poisson(1.2 if stolen else 0.08)),
        "abroad": int(rng.random() < (0.6 if stolen else 0.08)),
        "night": int(rng.random() < (0.45 if stolen else 0.12)),
    }
    leaning = 0.25 * (orders - 3) + 0.15 * (minutes - 5.0) + 0.1 * pages - 0.3 * (items - 2) + float(rng.normal(0.0, 0.5))
    kept = 0.0 if stolen else amount / (1.0 + exp(-leaning))
    return said, {"fraud": _found(rng, wanted=stolen), "value": round(kept, 2)}


_DETAILS = {"view": _view, "review": _review, "checkout": _checkout}


def _share(rng: np.random.Generator, yes: float, no: float) -> float:
    return float(rng.beta(yes, no))


def _found(rng: np.random.Generator, *, wanted: bool) -> int:
    return int(wanted != (rng.random() < WRONG))


def _rounded(values: Json) -> Json:
    return {name: round(value, 3) for name, value in values.items()}
