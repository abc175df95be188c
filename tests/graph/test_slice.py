"""What one graph runs on: all of it, nothing else, no secrets; and what becomes of it when the configuration changes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plait.background import Background
from plait.graph.compile import compile_graph
from plait.graph.slice import Missing, slice_of, sliced
from plait.graph.spec import Config
from plait.testing import FakePredictor

FILE: dict[str, Any] = {
    "defaults": {"predictor": {"timeout": "3s"}, "graph": {"timeout": "4s"}},
    "predictors": {
        "a": {"url": "http://127.0.0.1:1", "headers": {"X-Key": "s3cret"}, "forward_headers": ["X-User", "Authorization"]},
        "b": {"url": "http://127.0.0.1:2", "timeout": "1s"},
        "c": {"url": "http://127.0.0.1:3"},
    },
    "graphs": {
        "predict": {"sequence": ["inner", {"parallel": ["a"]}], "late": "keep"},
        "inner": {"parallel": ["b"], "timeout": "1s"},
        "other": "c",
    },
}


def config(**changes: Any) -> Config:
    return Config.model_validate({**FILE, **changes})


def changed(name: str, **fields: Any) -> Config:
    return config(predictors={**FILE["predictors"], name: {**FILE["predictors"][name], **fields}})


def test_a_slice_has_all_that_the_graph_uses_and_nothing_else() -> None:
    kept = msgspec.json.decode(slice_of(config(), "predict").data)
    assert (set(kept["predictors"]), set(kept["graphs"]), kept["folder"], kept["code"]) == (
        {"a", "b"},
        {"predict", "inner"},
        "",
        False,
    )
    assert slice_of(config(), "predict").forwarded == {"x-user", "authorization"}


def test_a_slice_has_no_header_fields_and_gets_those_of_today() -> None:
    part = slice_of(config(), "predict")
    assert b"s3cret" not in part.data
    assert slice_of(changed("a", headers={"X-Key": "new"}), "predict") == part
    again = sliced(part.data, changed("a", headers={"X-Key": "new"}))
    assert again.config.predictors["a"].headers == {"X-Key": "new"}
    assert sliced(part.data, changed("a", headers={})).config.predictors["a"].headers == {}


def test_a_slice_is_the_same_configuration_again_and_compiles() -> None:
    whole = config()
    again = sliced(slice_of(whole, "predict").data, whole)
    assert again.graph == "predict"
    assert again.config.predictors == {name: whole.predictors[name] for name in ("a", "b")}
    assert again.config.graphs == {name: whole.graphs[name] for name in ("predict", "inner")}
    assert again.config.defaults == whole.defaults
    fakes = {name: FakePredictor(name) for name in ("a", "b")}
    assert compile_graph(again.config, "predict", fakes, Background()).timeout == 4.0


def test_its_digest_says_whether_it_is_the_same() -> None:
    digest = slice_of(config(), "predict").digest
    assert slice_of(changed("c", url="http://127.0.0.1:9"), "predict").digest == digest
    assert slice_of(changed("b", timeout="2s"), "predict").digest != digest
    assert slice_of(config(defaults={}), "predict").digest != digest
    assert slice_of(config(), "predict", "/elsewhere").digest != digest


def test_functions_of_users_are_looked_for_where_they_were() -> None:
    graphs = {"predict": {"python": "module:function"}, "other": "c"}
    assert sliced(slice_of(config(graphs=graphs), "predict", "/models").data, config()).folder == "/models"
    assert sliced(slice_of(config(graphs=graphs), "other", "/models").data, config()).folder == ""


def test_a_slice_whose_predictor_is_there_no_more_says_so() -> None:
    part = slice_of(config(), "predict")
    with pytest.raises(Missing, match="the predictor a, which it asks, is there no more"):
        sliced(part.data, config(predictors={"b": FILE["predictors"]["b"]}))


def test_a_slice_whose_predictor_answers_elsewhere_gets_none_of_its_header_fields() -> None:
    part = slice_of(config(), "predict")
    with pytest.raises(Missing, match="the predictor a, which it asks, answers at other hosts now"):
        sliced(part.data, changed("a", url="http://10.0.0.9:1"))
    assert sliced(part.data, changed("a", url="http://127.0.0.1:99")).config.predictors["a"].url == "http://127.0.0.1:1"


@pytest.mark.parametrize("data", [b"", b"{}", b"nonsense"])
def test_a_slice_that_is_none_says_so(data: bytes) -> None:
    with pytest.raises(Missing, match="cannot be read by this plait"):
        sliced(data, config())


def test_a_slice_with_what_this_plait_does_not_know_says_so() -> None:
    part = slice_of(config(), "predict")
    with pytest.raises(Missing, match="cannot be read by this plait"):
        sliced(part.data.replace(b'"parallel"', b'"quantum"'), config())
