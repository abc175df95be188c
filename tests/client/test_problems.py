"""A problem that a proxy told is the same error again."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec
import pytest

from plait import errors
from plait.answer import PartState
from plait.client.problems import KINDS, problem_error, retry_after
from plait.errors import (
    BadAnswer,
    InvalidRequest,
    NodeError,
    Overloaded,
    PlaitError,
    Refused,
    RequestError,
    TimedOut,
    UpstreamError,
)
from plait.http1.problem import problem
from tests.client.asking import problem_json


def tree(kind: type[PlaitError]) -> Iterator[type[PlaitError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


SENT = [
    kind
    for root in (RequestError, NodeError, UpstreamError, errors.Internal)
    for kind in tree(root)
    if kind.__module__ == "plait.errors"
]


@pytest.mark.parametrize("kind", SENT, ids=lambda kind: kind.__name__)
def test_every_class_of_the_tree_comes_back_as_itself(kind: type[PlaitError]) -> None:
    error = kind("it went wrong")
    again = problem_error(problem(error, "r").body)
    # One without a code of its own comes back as the class that has its code.
    assert type(again) is KINDS[kind.code]
    assert issubclass(type(again), kind) or issubclass(kind, type(again))
    assert (again.detail, again.code, again.title, again.status) == ("it went wrong", error.code, error.title, error.status)
    assert again.request_id == "r"


def test_no_two_classes_that_are_not_above_each_other_share_a_code() -> None:
    for kind in SENT:
        if "code" in vars(kind):
            assert issubclass(KINDS[kind.code], kind), f"{kind.__name__} and {KINDS[kind.code].__name__} are both {kind.code}"


@pytest.mark.parametrize("kind", SENT, ids=lambda kind: kind.__name__)
def test_every_error_survives_the_way_to_another_process(kind: type[PlaitError]) -> None:
    error = problem_error(problem(kind("it went wrong"), "r").body, 500)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(again) is type(error)
    assert vars(again) == vars(error)


def test_all_facts_come_back() -> None:
    states = {"a": {"status": "timeout", "code": None, "ms": 300.4, "attempts": 1, "endpoint": "h:1", "error": "no answer"}}
    error = problem_error(problem_json(504, "timeout", node="label/parallel/a", predictor="a", parts=states), 504)
    assert isinstance(error, TimedOut)
    assert (error.node, error.predictor, error.request_id, error.title) == ("label/parallel/a", "a", "r", "T")
    assert error.parts == {"a": PartState(status="timeout", code=None, ms=300.4, attempts=1, endpoint="h:1", error="no answer")}
    assert str(error) == "it went wrong (504 timeout, node label/parallel/a, predictor a, request r)"


def test_where_the_request_is_wrong_comes_back() -> None:
    error = problem_error(problem(InvalidRequest("no number", "/data/0"), "r").body)
    assert isinstance(error, InvalidRequest)
    assert error.pointer == "/data/0"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"rows": [1, null]}', {"rows": [1, None]}),
        (b"too many rows", "too many rows"),
        (b"", ""),
        (b"[1e999]", "[1e999]"),
        (b'["\xff"]', '["\ufffd"]'),
    ],
    ids=["JSON", "text", "nothing", "no value", "no UTF-8"],
)
def test_what_a_predictor_said_comes_back_as_plain_python(body: bytes, said: object) -> None:
    told = Refused("refused", 413, body)
    error = problem_error(problem(told, "r").body)
    assert isinstance(error, Refused)
    assert told.answer == said
    assert (error.status, error.answer) == (413, said)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RequestError), (418, RequestError), (500, UpstreamError), (502, UpstreamError), (503, Overloaded), (504, TimedOut)],
)
def test_a_code_that_is_not_known_here_is_the_nearest_class(status: int, kind: type[PlaitError]) -> None:
    newer = problem_error(problem_json(status, "of-tomorrow"), status)
    assert (type(newer), newer.code, newer.status, newer.detail) == (kind, "of-tomorrow", status, "it went wrong")
    foreign = problem_error(b'{"title": "Out of tea"}', status)
    assert (type(foreign), foreign.code, foreign.status, foreign.detail) == (kind, kind.code, status, "Out of tea")


@pytest.mark.parametrize(
    "document", [b"", b"<html>", b"[1]", b'{"detail": 1}', b'{"parts": {"a": 1}}', b"\xff", b'{"title": "\xff"}']
)
def test_what_is_no_problem_document_is_refused(document: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        problem_error(document)


def test_retry_after_is_seconds_or_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert retry_after({"retry-after": "3"}) == 3.0
    assert 60 < (retry_after({"retry-after": later}) or 0) <= 90
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}) is None
    assert retry_after({}) is None


def test_an_error_of_the_proxy_itself_is_its_sentence() -> None:
    assert str(BadAnswer("it answered with status 500")) == "it answered with status 500"
