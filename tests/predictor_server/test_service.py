"""The predictor server's four routes, and what it says to bad requests."""

from __future__ import annotations

import json

import pytest

from plait.predictor_server.service import Service, serving
from tests.predictor_server.asking import Sums, ask, header, predictions

GOOD = b'{"data":[[1,2]]}'


@pytest.fixture
def service() -> Service:
    return serving(Sums(sample=b"[[3,4]]"), "adder")


def test_one_row_is_answered_with_its_prediction(service: Service) -> None:
    assert ask(service, "POST", "/predict", GOOD).body == b'{"prediction":3.0}'


def test_several_rows_are_answered_row_by_row_in_their_order(service: Service) -> None:
    assert predictions(service, [[1, 2], [-1, 0.5], [0, 0]]) == [3.0, -0.5, 0.0]


def test_further_members_of_a_request_are_ignored(service: Service) -> None:
    assert ask(service, "POST", "/predict", b'{"user":{"id":1},"data":[[1,2]]}').body == b'{"prediction":3.0}'


def test_the_test_route_predicts_on_the_sample(service: Service) -> None:
    response = ask(service, "GET", "/predict/test", query="id=abc")
    assert response.body == b'{"prediction":7.0}'
    assert header(response, "X-Request-Id") == "abc"


def test_health_names_the_predictor(service: Service) -> None:
    response = ask(service, "GET", "/health")
    assert response.status == 200
    assert json.loads(response.body) == {"health": "ok", "name": "adder", "version": None}


def test_health_and_metadata_say_the_version_that_it_was_given() -> None:
    service = serving(Sums(), "adder", "2")
    assert [json.loads(ask(service, "GET", path).body)["version"] for path in ("/health", "/metadata")] == ["2", "2"]


def test_metadata_tells_type_structure_and_sample_of_request_and_answer(service: Service) -> None:
    told = json.loads(ask(service, "GET", "/metadata").body)
    assert told["name"] == "adder"
    assert told["data_type"] == told["prediction_type"] == "object"
    assert told["data_structure"]["properties"]["data"]["items"] == {
        "type": "array",
        "minItems": 2,
        "maxItems": 2,
        "items": {"type": "number"},
    }
    assert told["data_sample"] == {"data": [[3.0, 4.0]]}
    assert told["prediction_structure"]["properties"]["prediction"]["anyOf"][0] == {"type": "number"}
    assert told["prediction_sample"] == {"prediction": 7.0}


def test_a_model_without_a_sample_is_tried_on_zeros() -> None:
    assert ask(serving(Sums()), "GET", "/predict/test").body == b'{"prediction":0.0}'


def test_a_sample_that_does_not_fit_the_model_is_passed_over() -> None:
    assert ask(serving(Sums(sample=b"[[1,2,3]]")), "GET", "/predict/test").body == b'{"prediction":0.0}'


def test_a_model_of_any_width_without_a_sample_has_no_test() -> None:
    service = serving(Sums(width=None))
    told = json.loads(ask(service, "GET", "/metadata").body)
    assert told["data_sample"] is told["prediction_structure"] is told["prediction_sample"] is None
    assert ask(service, "GET", "/predict/test").status == 404


def test_head_is_answered_like_get(service: Service) -> None:
    assert ask(service, "HEAD", "/health").body == ask(service, "GET", "/health").body


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("id=q-1", {}, "q-1"),
        ("a=b&id=q%2D1", {}, "q-1"),
        ("id=q-1", {b"x-request-id": b"h.1"}, "h.1"),
    ],
)
def test_the_request_id_is_the_clients(service: Service, query: str, headers: dict[bytes, bytes], expected: str) -> None:
    assert header(ask(service, "GET", "/health", query=query, headers=headers), "X-Request-Id") == expected


def test_a_problem_carries_the_request_id_in_header_and_body(service: Service) -> None:
    response = ask(service, "GET", "/nowhere", query="id=q-1")
    assert header(response, "X-Request-Id") == json.loads(response.body)["request_id"] == "q-1"


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/", 404, None),
        ("GET", "/predict/", 404, None),
        ("POST", "/predict/label", 404, None),
        ("GET", "/predict", 405, "POST"),
        ("PUT", "/predict", 405, "POST"),
        ("POST", "/predict/test", 405, "GET, HEAD"),
        ("POST", "/health", 405, "GET, HEAD"),
        ("DELETE", "/metadata", 405, "GET, HEAD"),
        ("OPTIONS", "/metadata", 405, "GET, HEAD"),
    ],
)
def test_unknown_routes_and_methods_are_refused(service: Service, method: str, path: str, status: int, allow: str | None) -> None:
    response = ask(service, method, path)
    assert (response.status, header(response, "Allow")) == (status, allow)
    assert header(response, "Content-Type") == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b'{"data":[[1,NaN]]}', 400, None),
        (b"\xef\xbb\xbf" + GOOD, 400, None),
        (GOOD + b" x", 400, None),
        (b'{"data":[[1,2]],"x":"\xff"}', 400, None),
        (b'{"data":[[1,2]],"data":[[3,4]]}', 400, None),
        (b'{"data":[[1,2]],"\\u0064ata":[[3,4]]}', 400, None),
        (b'{"data":[[1,2]],"x":{"y":1,"y":1}}', 400, None),
        (b'{"data":' + b"[" * 64 + b"]" * 64 + b"}", 400, None),
        (b"null", 422, ""),
        (b"[[1,2]]", 422, ""),
        (b"{}", 422, ""),
        (b'{"Data":[[1,2]]}', 422, ""),
        (b'{"data":null}', 422, "/data"),
        (b'{"data":"x"}', 422, "/data"),
        (b'{"data":{}}', 422, "/data"),
        (b'{"data":[]}', 422, "/data"),
        (b'{"data":[1,2]}', 422, "/data/0"),
        (b'{"data":[[]]}', 422, "/data/0"),
        (b'{"data":[[1]]}', 422, "/data/0"),
        (b'{"data":[[1,2,3]]}', 422, "/data/0"),
        (b'{"data":[[1,2],[1,2,3]]}', 422, "/data/1"),
        (b'{"data":[[1,2],null]}', 422, "/data/1"),
        (b'{"data":[[1,"2"]]}', 422, "/data/0/1"),
        (b'{"data":[[1,true]]}', 422, "/data/0/1"),
        (b'{"data":[[1,null]]}', 422, "/data/0/1"),
        (b'{"data":[[1,[2]]]}', 422, "/data/0/1"),
        (b'{"data":[[1,{}]]}', 422, "/data/0/1"),
        (b'{"data":[[1,2],[3,1e999]]}', 422, "/data/1/1"),
        (b'{"data":[[1,1' + b"0" * 5000 + b"]]}", 422, "/data/0/1"),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(service: Service, body: bytes, status: int, pointer: str | None) -> None:
    response = ask(service, "POST", "/predict", body)
    told = json.loads(response.body)
    assert (response.status, told.get("pointer")) == (status, pointer)
    assert told["status"] == status
    assert told["type"].startswith("urn:plait:problem:")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {b"content-type": b"text/plain"},
        {b"content-type": b"application/json; charset=latin-1"},
        {b"content-type": b"application/json", b"content-encoding": b"gzip"},
    ],
)
def test_a_body_that_is_not_said_to_be_plain_json_is_refused(service: Service, headers: dict[bytes, bytes]) -> None:
    assert ask(service, "POST", "/predict", GOOD, headers=headers).status == 415


def test_rows_of_any_width_must_have_the_same() -> None:
    service = serving(Sums(width=None))
    body = b'{"data":[[1,2,3],[1,2,3],[1,2]]}'
    response = ask(service, "POST", "/predict", body)
    assert (response.status, json.loads(response.body)["pointer"]) == (422, "/data/2")


def test_a_broken_model_is_an_internal_error_that_tells_nothing_of_it() -> None:
    def break_down(rows: object) -> None:
        if rows == [[6.0, 6.0]]:
            raise ZeroDivisionError("the secret place")

    response = ask(serving(Sums(break_down)), "POST", "/predict", b'{"data":[[6,6]]}')
    assert response.status == 500
    assert b"secret" not in response.body
