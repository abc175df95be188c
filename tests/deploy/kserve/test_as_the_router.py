"""Random graphs: the imported file answers as the router does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.errors import NoCase
from plait.testing import FakePredictor
from tests.deploy.kserve.importing import run
from tests.deploy.kserve.router import NoRoute, Service, route
from tests.laws.seeded import SEEDED

NODES = 4
SERVICES: dict[str, Service] = {
    "dog-finder": lambda value: {"dog": {"saw": value}},
    "cat-finder": lambda value: {"cat": [value]},
    "scorer": lambda value: {"predictions": [value, 1]},
    "echo": lambda value: value,
}
conditions = st.sampled_from(["dog", "cat", "dog.saw", "predictions", "instances"])
requests = st.sampled_from(
    [{}, {"dog": 1}, {"cat": {"dog": 2}}, {"predictions": ["a"]}, {"predictions": [], "dog": 1}, [1], "text", None]
)


@st.composite
def steps(draw: st.DrawFn, number: int, kind: str, place: int, share: int) -> dict[str, Any]:
    later = [f"node-{other}" for other in range(number + 1, NODES)]
    step: dict[str, Any] = {"serviceName": draw(st.sampled_from(sorted(SERVICES)))}
    if later and draw(st.booleans()):
        step = {"nodeName": draw(st.sampled_from(later))}
    if draw(st.booleans()):
        step["name"] = f"Step-{place}"
    if kind == "Splitter":
        step["weight"] = share
    if kind == "Sequence":
        step["data"] = draw(st.sampled_from(["", "$request", "$response", "$response.predictions"]))
        step["mapPredictionsToInstances"] = draw(st.booleans())
        step["dependency"] = draw(st.sampled_from(["", "Soft", "Hard"]))
        step["condition"] = draw(conditions) if place and draw(st.booleans()) else ""
    if kind == "Switch":
        step["condition"] = draw(conditions) if place == 0 or draw(st.booleans()) else ""
    return step


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    nodes = {}
    for number in range(NODES):
        kind = draw(st.sampled_from(["Sequence", "Sequence", "Switch", "Ensemble", "Splitter"]))
        count = draw(st.integers(1, 4))
        chosen = draw(st.integers(0, count - 1))
        made = [draw(steps(number, kind, place, 100 if place == chosen else 0)) for place in range(count)]
        nodes["root" if number == 0 else f"node-{number}"] = {"routerType": kind, "steps": made}
    return nodes


def same(nodes: dict[str, Any], request: Any) -> None:
    fakes = [FakePredictor(name.replace("-", "_"), answer) for name, answer in SERVICES.items()]
    run_ = run(nodes, fakes, request)
    try:
        answer = route(nodes, SERVICES, request)
    except NoRoute:
        assert isinstance(run_.error, NoCase) or run_.answer is not None  # a soft step's failure does not end the graph here
        return
    assert run_.value == answer


@settings(SEEDED, max_examples=20)
@given(graphs(), requests)
def test_an_imported_graph_answers_as_the_router_does(nodes: dict[str, Any], request: Any) -> None:
    same(nodes, request)


@pytest.mark.slow
@settings(SEEDED, max_examples=600)
@given(graphs(), requests)
def test_many_imported_graphs_answer_as_the_router_does(nodes: dict[str, Any], request: Any) -> None:
    same(nodes, request)
