"""The predictors that these tests play with: good ones, broken ones, silent ones."""

from __future__ import annotations

from typing import Any

from plait.errors import BadAnswer, Unreachable
from plait.testing import FakePredictor


def echo(name: str, after: float = 0.0) -> FakePredictor:
    """Answers with its name and what it was given."""
    return FakePredictor(name, lambda value: [name, value], after=after)


def good(name: str, answer: Any = None, after: float = 0.0) -> FakePredictor:
    """Answers with `answer`, by default with its name."""
    return FakePredictor(name, name if answer is None else answer, after=after)


def broken(name: str, after: float = 0.0) -> FakePredictor:
    """Answers with a 500."""
    return FakePredictor(name, error=lambda: BadAnswer("it answered with status 500", 500), after=after)


def down(name: str) -> FakePredictor:
    """Refuses every connection."""
    return FakePredictor(name, error=lambda: Unreachable("the connection was refused"))


def silent(name: str, timeout: float = 9.0) -> FakePredictor:
    """Never answers."""
    return FakePredictor(name, after=None, timeout=timeout)
