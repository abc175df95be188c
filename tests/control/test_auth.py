from __future__ import annotations

import pytest

from plait.control.auth import ADDRESSES, BURST, EVERY, Failures, Lock

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - it opens nothing else


class Hand:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.parametrize("said", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN}"])
def test_the_token_opens(said: str):
    assert Lock(TOKEN).opens(said)


@pytest.mark.parametrize(
    "said",
    [None, "", TOKEN, "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer x {TOKEN}"],
)
def test_nothing_else_opens(said: str | None):
    assert not Lock(TOKEN).opens(said)


def test_an_address_has_some_failures_at_once_and_then_one_more_every_few_seconds():
    now = Hand()
    failures = Failures(now)
    assert [failures.count("a") for _ in range(BURST)] == [0.0] * BURST
    assert failures.count("a") == pytest.approx(EVERY)
    assert failures.count("b") == 0.0
    now.at += EVERY / 2
    assert failures.count("a") == pytest.approx(EVERY / 2)
    now.at += EVERY / 2
    assert failures.count("a") == 0.0


def test_only_the_first_refusal_is_worth_a_line():
    failures = Failures(Hand())
    for _ in range(BURST):
        failures.count("a")
    failures.count("a")
    assert failures.first_refusal("a")
    failures.count("a")
    assert not failures.first_refusal("a")


def test_no_more_addresses_are_remembered_than_fit():
    failures = Failures(Hand())
    for number in range(ADDRESSES + 100):
        failures.count(str(number))
    assert len(failures._buckets) == ADDRESSES
    assert failures.count("0") == 0.0
