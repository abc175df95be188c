"""What workers are told to run, and what of it they need not read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.graph.document import Document
from plait.graph.load import Loaded, load_text
from plait.graph.plan import Plan, decoded, plan_of, planned
from plait.nodes.union import BY_KEY
from tests.graph.random_specs import configs, graphs_of

FILE = """
server: {workers: 2, limits: {body: 1MiB}}
defaults: {predictor: {timeout: 300ms}}
predictors:
  a: {url: "http://127.0.0.1:8000", headers: {X-Key: "${env.KEY}"}}
  b: {url: "http://127.0.0.1:8001", timeout: 1s, version: "2"}
graphs:
  predict: {parallel: [a, b], timeout: 500ms, sample: {n: 1.0, big: 1e30}}
  one: a
  two: {sequence: [b, {transform: {x: "${input.y}", escaped: "$${env.KEY}"}}]}
"""


def plan(text: str = FILE, revision: int = 1, excluded: tuple[str, ...] = ()) -> Plan:
    loaded = load_text(text, {"KEY": "secret"}, folder=Path("/srv"))
    return decoded(plan_of(loaded, revision, excluded).encoded())


def test_a_plan_says_the_configuration_that_it_was_made_of() -> None:
    loaded = load_text(FILE, {"KEY": "secret"}, folder=Path("/srv"))
    assert planned(decoded(plan_of(loaded, 1).encoded())).config == loaded.config


@pytest.mark.parametrize("kind", BY_KEY)
@given(data=st.data())
def test_any_configuration_survives_being_planned(kind: str, data: st.DataObject) -> None:
    config = data.draw(configs(graphs_of(kind)))
    loaded = Loaded(config, Document("", None), [], Path("/"))
    assert planned(decoded(plan_of(loaded, 1).encoded())).config == config


def test_variables_are_in_it_and_paths_are_absolute() -> None:
    said = planned(plan()).config
    assert said.predictors["a"].headers == {"X-Key": "secret"}
    assert said.server.state == "/srv/.plait"


def test_what_did_not_change_is_the_same_object_in_the_next() -> None:
    first = planned(plan())
    second = planned(plan(FILE.replace("timeout: 1s", "timeout: 900ms"), 2), first)
    assert second.config.predictors["a"] is first.config.predictors["a"]
    assert second.config.predictors["b"] is not first.config.predictors["b"]
    assert second.config.graphs["predict"] is first.config.graphs["predict"]
    assert second.config.server is first.config.server
    assert second.config.defaults is first.config.defaults


def test_an_excluded_predictor_is_not_enabled_until_it_is_included_again() -> None:
    first = planned(plan(excluded=("a", "unknown")))
    assert first.plan.excluded == ("a",)
    assert [spec.enabled for spec in first.config.predictors.values()] == [False, True]
    again = planned(plan(revision=2, excluded=("a",)), first)
    assert again.config.predictors["a"] is first.config.predictors["a"]
    assert planned(plan(revision=3), again).config.predictors["a"].enabled
