"""What is sent, as data: routes, header fields, time."""

from __future__ import annotations

import math
from typing import Any

import pytest

from plait.client.asked import JSON, MARGIN, Plan, about, route
from plait.errors import BadRequest


def plan(base: str = "http://h:9000", timeout: float = 60.0, **headers: str) -> Plan:
    return Plan.of(base, timeout, headers, 1000)


def test_a_graph_is_asked_at_its_route() -> None:
    assert [route(graph) for graph in ("predict", "label", "/v1/mine")] == ["/predict", "/predict/label", "/v1/mine"]


@pytest.mark.parametrize("graph", ["", "..", "a b", "Label", "a/b", "/a b", "/a\r\nX: y"])
def test_what_is_no_graph_is_refused(graph: str) -> None:
    with pytest.raises(BadRequest, match="is no graph; give its name, or its route"):
        route(graph)
    with pytest.raises(BadRequest, match="is no name of a graph"):
        about(graph)


@pytest.mark.parametrize("base", ["http://h:9000", "http://h:9000/", "https://h/ml/", "http://[::1]:9000"])
def test_the_path_that_a_proxy_is_mounted_at_stays(base: str) -> None:
    assert plan(base).post("label", {}, JSON).url == base.rstrip("/") + "/predict/label"


@pytest.mark.parametrize(
    "base", ["h:9000", "", "ftp://h", "http://", "http://h?x=1", "http://h#x", "http://h /", "http://h:99999", "http://h:x"]
)
def test_an_address_that_is_none_is_refused_with_advice(base: str) -> None:
    with pytest.raises(BadRequest, match="is no http URL; write it as http://host:port"):
        plan(base)


def test_a_password_in_the_address_is_in_no_message() -> None:
    assert plan("http://me:secret@h:9000").post("label", {}, JSON).where == "http://h:9000/predict/label"
    with pytest.raises(BadRequest, match=r"^ftp://h is no http URL"):
        plan("ftp://me:secret@h")


def test_the_proxy_hears_the_timeout_and_the_transport_waits_a_little_longer() -> None:
    own = plan(timeout=2).post("predict", {}, JSON)
    assert (own.headers["x-request-timeout"], own.seconds) == ("2.000000s", 2 + MARGIN)
    shorter = plan(timeout=2).post("predict", {}, JSON, timeout=0.25)
    assert (shorter.headers["x-request-timeout"], shorter.seconds) == ("0.250000s", 0.25 + MARGIN)


def test_a_timeout_of_infinity_is_none() -> None:
    asked = plan(timeout=2).post("predict", {}, JSON, timeout=math.inf)
    assert "x-request-timeout" not in asked.headers
    assert asked.seconds is None


@pytest.mark.parametrize("timeout", [0, -1, math.nan, "2s"])
def test_a_timeout_that_is_none_is_refused(timeout: Any) -> None:
    with pytest.raises(BadRequest, match="is no timeout; give seconds"):
        plan().post("predict", {}, JSON, timeout=timeout)
    with pytest.raises(BadRequest, match="is no timeout; give seconds"):
        plan(timeout=timeout)


def test_every_request_has_an_id() -> None:
    assert plan().post("predict", {}, JSON, request_id="mine.1").request_id == "mine.1"
    made = {plan().post("predict", {}, JSON).request_id for _ in range(3)}
    assert len(made) == 3
    assert all(len(each) == 32 for each in made)


@pytest.mark.parametrize("request_id", ["", "a b", "é", "x" * 129, "a\n"])
def test_a_request_id_that_is_none_is_refused(request_id: str) -> None:
    with pytest.raises(BadRequest, match="is no request id; it takes 1 to 128"):
        plan().post("predict", {}, JSON, request_id=request_id)


def test_a_call_has_the_fields_of_its_client_its_own_and_those_that_nobody_else_writes() -> None:
    headers = {"X-User": "call", "ACCEPT": "text/html", "Content-Type": "text/plain"}
    asked = Plan.of("http://h", 1, {"X-User": "client", "X-Team": "blue"}, 1000).post("predict", {}, JSON, headers=headers)
    assert asked.headers["x-user"] == "call"
    assert asked.headers["x-team"] == "blue"
    assert (asked.headers["accept"], asked.headers["content-type"]) == (JSON, JSON)
    assert {name.lower() for name in asked.headers} == set(asked.headers)


@pytest.mark.parametrize("headers", [{"X-A": "b\r\nX-C: d"}, {"X A": "b"}, {"X-A": "é"}, {"": "a"}])
def test_a_header_field_that_is_none_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadRequest, match="is no header field"):
        plan().post("predict", {}, JSON, headers=headers)
    with pytest.raises(BadRequest, match="is no header field"):
        Plan.of("http://h", 1, headers, 1000)
