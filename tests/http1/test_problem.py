"""Errors as problem+json."""

from __future__ import annotations

import json

import pytest

from plait.errors import BadRequest, InvalidRequest, MethodNotAllowed, NotFound, Overloaded, PlaitError, Refused, TimedOut
from plait.http1.problem import problem


def test_a_problem_has_type_title_status_detail_and_request_id() -> None:
    response = problem(BadRequest("the body is empty"), "abc")
    assert response.status == 400
    assert response.headers == [("Content-Type", "application/problem+json"), ("X-Request-Id", "abc")]
    assert json.loads(response.body) == {
        "type": "urn:plait:problem:bad-request",
        "title": "Bad request",
        "status": 400,
        "detail": "the body is empty",
        "request_id": "abc",
    }


def test_node_and_predictor_are_told_where_they_are_known() -> None:
    error = TimedOut("no answer in 300 ms")
    error.predictor = "versicolor"
    told = json.loads(problem(error.at("label/parallel"), "abc").body)
    assert (told["node"], told["predictor"], told["status"]) == ("label/parallel", "versicolor", 504)


def test_an_invalid_request_points_at_its_place() -> None:
    assert json.loads(problem(InvalidRequest("no number", "/data/0/1"), "abc").body)["pointer"] == "/data/0/1"
    assert json.loads(problem(InvalidRequest("no object", ""), "abc").body)["pointer"] == ""


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (MethodNotAllowed("no", "GET, HEAD"), ("Allow", "GET, HEAD")),
        (Overloaded("full"), ("Retry-After", "1")),
    ],
)
def test_what_a_client_may_do_instead_is_a_header(error: PlaitError, field: tuple[str, str]) -> None:
    assert field in problem(error, "abc").headers


def test_further_members_are_taken_in() -> None:
    assert json.loads(problem(NotFound("no"), "abc", parts={"a": {"status": "ok"}}).body)["parts"] == {"a": {"status": "ok"}}


@pytest.mark.parametrize(
    ("answer", "told"),
    [(b'{"rows": 1.50}', b'{"rows": 1.50}'), (b"too many rows", b'"too many rows"'), (b"\xff", '"\ufffd"'.encode()), (b"", b'""')],
    ids=["JSON", "text", "no text", "nothing"],
)
def test_what_a_predictor_said_of_a_request_that_it_refused_is_told(answer: bytes, told: bytes) -> None:
    response = problem(Refused("it refused the request with status 422", 422, answer), "abc")
    assert response.status == 422
    assert b'"answer":%b' % told in response.body
    json.loads(response.body)
