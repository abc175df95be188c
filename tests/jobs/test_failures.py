"""Why a call failed, kept and revived with all its facts."""

from __future__ import annotations

import pytest

from plait.errors import (
    BadAnswer,
    CodeFailed,
    CutOff,
    InvalidRequest,
    LoopDetected,
    Overloaded,
    PlaitError,
    Refused,
    TimedOut,
    Unreachable,
    fault,
)
from plait.events import Part
from plait.jobs.failures import kept, revived
from plait.jobs.parts import recalled, stored, told
from plait.types import Message

ERRORS = [
    BadAnswer("it answered with status 500", 500),
    CutOff("the connection broke"),
    Unreachable("the connection was refused"),
    TimedOut("no answer in time"),
    Overloaded("the line is full"),
    LoopDetected("it asks itself"),
    CodeFailed("the function raised"),
    Refused("it says that the request is wrong", 413, b'{"why": "too large \xc3\xa9"}'),
    Refused("it says so in bytes", 400, b"\xff\x00"),
    InvalidRequest("a field is missing", "/data/0"),
    fault(ValueError("boom")),
]


def facts(error: PlaitError) -> dict[str, object]:
    return {**vars(error), "code": error.code, "title": error.title, "status": error.status, "part": error.part}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_an_error_is_the_same_again(error: PlaitError) -> None:
    error.at("predict/a").predictor = "a"
    error.endpoint = "127.0.0.1:8000"
    error.final = True
    again = revived(kept(error))
    assert isinstance(error, type(again))
    assert again.code == type(again).code
    assert {name: value for name, value in facts(again).items() if value} == {k: v for k, v in facts(error).items() if v}


def test_an_error_of_a_code_that_is_not_known_here_keeps_its_code_and_status() -> None:
    class New(PlaitError):
        code, title, status = "new", "New", 507

    again = revived(kept(New("from a newer plait")))
    assert (again.code, again.title, again.status, again.detail) == ("new", "New", 507, "from a newer plait")


def test_a_part_is_the_same_again_to_the_byte() -> None:
    part = Part("a.3", "predict/a", "a", "ok", 0.25, 200, 2, "there:1", "", Message(b'{"x": 1.50}', complete=False), ".3", 17.0)
    again = told(stored(part))
    assert again.output is not None
    assert (again.output.raw, again.output.complete) == (b'{"x": 1.50}', False)
    assert again.__struct_fields__ == part.__struct_fields__
    assert [getattr(again, name) for name in part.__struct_fields__ if name not in ("output", "ended")] == [
        getattr(part, name) for name in part.__struct_fields__ if name not in ("output", "ended")
    ]


def test_answers_failures_and_losers_are_recalled_and_what_was_never_asked_is_not() -> None:
    parts = [
        Part("a", "p/a", "a", "ok", 0.1, output=Message(b"1")),
        Part("b", "p/b", "b", "timeout", 0.1, failure=TimedOut("no answer in time")),
        Part("c", "p/c", "c", "cancelled", 0.1),
        Part("d", "p/d", "d", "skipped", 0.0, attempts=0),
    ]
    known = recalled(map(stored, parts))
    assert set(known) == {"a", "b", "c"}
    assert isinstance(known["b"].error, TimedOut)
    assert known["a"].error is None is known["c"].error
